// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func formRequest(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func TestAFormIsReadFromWhereItWasSent(t *testing.T) {
	form, err := ParseForm(formRequest("POST", "/login?username=mallory&password=x", "username=n%C3%BAria&password=a+b"), "username", "password", "otp")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "username", form["username"], "núria")
	want(t, "password", form["password"], "a b")
	want(t, "otp", form["otp"], "")

	form, err = ParseForm(formRequest("GET", "/login?username=pau", "username=mallory"), "username")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "username of a GET", form["username"], "pau")
}

// The query of a POST fills nothing in that the form left out.
func TestALinkCannotFillInAForm(t *testing.T) {
	form, err := ParseForm(formRequest("POST", "/x?confirm=yes", "a=b"), "confirm")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "confirm", form["confirm"], "")
}

func TestOddFormsAreRefused(t *testing.T) {
	for _, test := range []struct {
		name, method, target, body string
		status                     int
	}{
		{"twice in the body", "POST", "/x", "a=1&a=2", 400},
		{"twice the same", "POST", "/x", "a=1&a=1", 400},
		{"twice in the query", "GET", "/x?a=1&a=2", "", 400},
		{"too long", "POST", "/x", "a=" + strings.Repeat("x", maxValue+1), 400},
		{"not UTF-8", "POST", "/x", "a=%ff", 400},
		{"a NUL", "POST", "/x", "a=%00", 400},
		{"broken escapes", "POST", "/x", "a=%zz", 400},
		{"broken escapes in the query", "GET", "/x?a=%zz", "", 400},
		{"semicolons", "GET", "/x?a=1;b=2", "", 400},
		{"another one twice", "POST", "/x", "a=1&b=2&b=3", 0},
		{"just long enough", "POST", "/x", "a=" + strings.Repeat("x", maxValue), 0},
		{"nothing", "POST", "/x", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseForm(formRequest(test.method, test.target, test.body), "a")
			if test.status == 0 {
				want(t, "error", err, nil)
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			want(t, "status", ProblemOf(err).Status, test.status)
			want(t, "code", ProblemOf(err).Code, "bad-request")
		})
	}
}

func TestOnlyFormsAreForms(t *testing.T) {
	for _, kind := range []string{"", "application/json", "text/plain", "multipart/form-data; boundary=x"} {
		r := formRequest("POST", "/x", "a=1")
		r.Header.Set("Content-Type", kind)
		_, err := ParseForm(r, "a")
		if err == nil || ProblemOf(err).Status != 415 {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// Libraries below read r.PostForm: what was parsed must still be there.
func TestAParsedFormCanBeParsedAgain(t *testing.T) {
	r := formRequest("POST", "/x", "a=1")
	for range 2 {
		form, err := ParseForm(r, "a")
		if err != nil || form["a"] != "1" {
			t.Fatalf("form %v, error %v", form, err)
		}
	}
	want(t, "PostForm", r.PostForm.Get("a"), "1")
}

func TestFormTokensAreForOneHolder(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	token := FormToken(key, "session-1")
	want(t, "its own", CheckFormToken(key, "session-1", token), nil)
	for name, err := range map[string]error{
		"another session": CheckFormToken(key, "session-2", token),
		"another key":     CheckFormToken([]byte("other"), "session-1", token),
		"no token":        CheckFormToken(key, "session-1", ""),
		"cut":             CheckFormToken(key, "session-1", token[:len(token)-1]),
		"no binding":      CheckFormToken(key, "", FormToken(key, "")),
		"no key":          CheckFormToken(nil, "session-1", FormToken(nil, "session-1")),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		want(t, name, ProblemOf(err).Code, "expired")
	}
}

// FuzzParseForm: what comes out was sent once, is text, and is bounded; and the
// same bytes mean the same in a query and in a body.
func FuzzParseForm(f *testing.F) {
	f.Add("username=pau&password=x")
	f.Add("username=1&username=2")
	f.Add("%75sername=1&username=%ff")
	f.Add("username;password&=&&")
	f.Fuzz(func(t *testing.T, sent string) {
		post, postErr := ParseForm(formRequest("POST", "/", sent), "username", "password")
		get := formRequest("GET", "/", "")
		get.URL.RawQuery = sent
		query, queryErr := ParseForm(get, "username", "password")
		if (postErr == nil) != (queryErr == nil) {
			t.Fatalf("%q: body says %v, query says %v", sent, postErr, queryErr)
		}
		for name, value := range post {
			if query[name] != value || checkValues([]string{value}) != nil {
				t.Errorf("%q: %s is %q and %q", sent, name, value, query[name])
			}
		}
	})
}
