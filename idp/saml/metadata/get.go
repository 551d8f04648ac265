// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// seen are the validators of the last document (RFC 9110 section 8.8).
type seen struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

// errUnchanged: what was seen is still what there is.
var errUnchanged = errors.New("metadata: not modified")

// get reads a source. What it does not know is [ErrEntity], and what has not
// changed errUnchanged.
func (f *Fetcher) get(ctx context.Context, s Source, last seen) (string, seen, error) {
	r, err := f.request(ctx, s, last)
	if err != nil {
		return "", seen{}, err
	}
	answer, err := f.c.Client.Do(r)
	if err != nil {
		return "", seen{}, fmt.Errorf("%w: %w", ErrSource, err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && last != seen{}:
		return "", seen{}, errUnchanged
	case answer.StatusCode == http.StatusNotFound:
		return "", seen{}, fmt.Errorf("%w: the source does not know it", ErrEntity)
	case answer.StatusCode/100 == 3:
		return "", seen{}, fmt.Errorf("%w: it sends on to another address; name that one", ErrSource)
	case answer.StatusCode != http.StatusOK:
		return "", seen{}, fmt.Errorf("%w: status %d", ErrSource, answer.StatusCode)
	}
	text, err := f.read(answer, s)
	return text, seen{ETag: answer.Header.Get("ETag"), Modified: answer.Header.Get("Last-Modified")}, err
}

// read makes the text in place: of an aggregate, a second copy is tens of
// megabytes.
func (f *Fetcher) read(answer *http.Response, s Source) (string, error) {
	limit := int64(maxUnsigned)
	if len(s.Keys) > 0 {
		limit = f.c.Max
	}
	var text strings.Builder
	if answer.ContentLength > 0 {
		text.Grow(int(min(answer.ContentLength, limit) + 1))
	}
	n, err := io.Copy(&text, io.LimitReader(answer.Body, limit+1))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSource, err)
	}
	if n > limit {
		return "", fmt.Errorf("%w: more than %d bytes", ErrSource, limit)
	}
	return text.String(), nil
}

func (f *Fetcher) request(ctx context.Context, s Source, last seen) (*http.Request, error) {
	check := reader{loopback: f.c.Loopback}
	check.address(s.URL)
	if script(s.URL) {
		check.fault("address-script", s.URL)
	}
	if len(check.faults) > 0 {
		return nil, Faults(check.faults)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, Faults{{Code: "address", Value: clip(s.URL)}}
	}
	// draft-young-md-query section 2.3.1 asks for the type by name.
	r.Header.Set("Accept", MediaType+", application/xml;q=0.9, text/xml;q=0.9")
	if last.ETag != "" {
		r.Header.Set("If-None-Match", last.ETag)
	}
	if last.Modified != "" {
		r.Header.Set("If-Modified-Since", last.Modified)
	}
	return r, nil
}
