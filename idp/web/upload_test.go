// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// uploaded is a request with the fields, in pairs, and a file called logo.
func uploaded(t *testing.T, file string, fields ...string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("logo", "../../etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(file))
	w.Close()
	r := httptest.NewRequest("POST", "/x?title=other", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestAFileComesWithItsForm(t *testing.T) {
	form, file, err := ParseUpload(uploaded(t, "PNG", "title", "Ateneu", "empty", "", "unasked", "x"), "logo", "title", "empty")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "title", form["title"], "Ateneu")
	want(t, "file", string(file), "PNG")
	if len(form) != 1 {
		t.Errorf("more than was asked for: %v", form)
	}
	if _, file, err := ParseUpload(uploaded(t, ""), "logo", "title"); err != nil || file != nil {
		t.Errorf("no file: %q, %v", file, err)
	}
}

func TestWhatIsNoFormWithAFileIsRefused(t *testing.T) {
	many := make([]string, 0, 200)
	for range 100 {
		many = append(many, "unasked", "x")
	}
	for name, r := range map[string]*http.Request{
		"another kind":       formRequest("POST", "/x", "title=x"),
		"a field sent twice": uploaded(t, "x", "title", "a", "title", "b"),
		"not text":           uploaded(t, "x", "title", "a\x00b"),
		"too many fields":    uploaded(t, "x", many...),
	} {
		if _, _, err := ParseUpload(r, "logo", "title"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	r := uploaded(t, strings.Repeat("x", 2000))
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 1000)
	if _, _, err := ParseUpload(r, "logo"); err == nil {
		t.Error("a file that is too large: accepted")
	}
}
