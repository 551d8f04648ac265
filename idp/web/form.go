// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxValue is the longest value of a parameter, in bytes. Request objects
// (RFC 9101) are the longest that anybody sends.
const maxValue = 16 << 10

// Form is what a request said under the names that were asked for. A parameter
// without a value is one that was not sent (RFC 6749 section 3.1).
type Form map[string]string

// ParseForm reads the named parameters of a request: of the body when it has
// one to read (POST, PUT, PATCH), of the query otherwise, never of both, so
// that a link cannot fill in what a form left out. A parameter sent twice is
// refused (RFC 6749 section 3.1): two readers might each take another one.
// Parameters that were not asked for are ignored.
func ParseForm(r *http.Request, names ...string) (Form, error) {
	sent, err := parametersOf(r)
	if err != nil {
		return nil, err
	}
	form := Form{}
	for _, name := range names {
		values := sent[name]
		if len(values) == 0 {
			continue
		}
		err := checkValues(values)
		if err != nil {
			return nil, Fail(http.StatusBadRequest, "bad-request", fmt.Errorf("parameter %q: %w", name, err))
		}
		form[name] = values[0]
	}
	return form, nil
}

func parametersOf(r *http.Request) (url.Values, error) {
	if !hasBody(r.Method) {
		sent, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, Fail(http.StatusBadRequest, "bad-request", errors.New("malformed query"))
		}
		return sent, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, Fail(http.StatusUnsupportedMediaType, "bad-request", errors.New("not a form"))
	}
	err = r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, err
	}
	if err != nil {
		// The error would quote what was sent, and passwords are sent in forms.
		return nil, Fail(http.StatusBadRequest, "bad-request", errors.New("malformed form"))
	}
	return r.PostForm, nil
}

func hasBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

func checkValues(values []string) error {
	if len(values) > 1 {
		return errors.New("sent more than once")
	}
	if len(values[0]) > maxValue {
		return errors.New("too long")
	}
	if !utf8.ValidString(values[0]) || strings.ContainsRune(values[0], 0) {
		return errors.New("not text")
	}
	return nil
}

// FormToken proves that a form was drawn for whoever holds binding, such as the
// id of a session or of a sign-on. It is the second wall against cross-site
// requests: the first is that browsers tell where a request comes from.
func FormToken(key []byte, binding string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("clau form\x00" + binding))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CheckFormToken refuses a form that [FormToken] did not mark for the same
// binding. Without a key or a binding every form is refused.
func CheckFormToken(key []byte, binding, token string) error {
	if len(key) == 0 || binding == "" || !hmac.Equal([]byte(token), []byte(FormToken(key, binding))) {
		return Fail(http.StatusForbidden, "stale-form", nil)
	}
	return nil
}
