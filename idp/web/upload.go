// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
)

// uploadParts is how many fields a form with a file may have.
const uploadParts = 50

// ParseUpload reads a form with a file (multipart/form-data): the named
// parameters by the rules of [ParseForm], and the file under the name file, nil
// if none was chosen. What the file is, and how it is called, is nothing to
// believe. The route's Body bounds all of it; nothing is written to disk.
func ParseUpload(r *http.Request, file string, names ...string) (Form, []byte, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, Fail(http.StatusUnsupportedMediaType, "bad-request", errors.New("not a form with a file"))
	}
	wanted := map[string]bool{file: true}
	for _, name := range names {
		wanted[name] = true
	}
	found := map[string][]byte{}
	for range uploadParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return split(found, file)
		}
		if err == nil {
			err = keepPart(found, wanted, part)
		}
		if err != nil {
			return nil, nil, uploadFault(err)
		}
	}
	return nil, nil, uploadFault(errors.New("too many fields"))
}

func keepPart(found map[string][]byte, wanted map[string]bool, part *multipart.Part) error {
	name := part.FormName()
	content, err := io.ReadAll(part)
	if err != nil || !wanted[name] {
		return err
	}
	if _, twice := found[name]; twice {
		return errors.New("sent more than once")
	}
	found[name] = content
	return nil
}

func split(found map[string][]byte, file string) (Form, []byte, error) {
	content := found[file]
	delete(found, file)
	form := Form{}
	for name, value := range found {
		if err := checkValues([]string{string(value)}); err != nil {
			return nil, nil, uploadFault(err)
		}
		if len(value) > 0 {
			form[name] = string(value)
		}
	}
	if len(content) == 0 {
		content = nil
	}
	return form, content, nil
}

func uploadFault(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return Fail(http.StatusBadRequest, "bad-request", errors.New("malformed form"))
}
