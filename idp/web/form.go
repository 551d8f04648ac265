// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
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
