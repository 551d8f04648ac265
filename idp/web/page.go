// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/themes"
)

// Pages draws what people see.
type Pages interface {
	Render(w io.Writer, f themes.Frame, p themes.Page) error

	// Match returns the language to answer in, of those asked for.
	Match(prefs ...string) string
}

// WritePage draws a page and sends it. Nothing is sent unless all of it could
// be drawn, so that an error may still be returned by the handler.
func WritePage(w http.ResponseWriter, pages Pages, status int, f themes.Frame, p themes.Page) error {
	var drawn bytes.Buffer
	err := pages.Render(&drawn, f, p)
	if err != nil {
		return fmt.Errorf("draw %T: %w", p, err)
	}
	send(w, status, "text/html; charset=utf-8", drawn.Bytes())
	return nil
}

// WriteJSON sends v as JSON. Nothing is sent unless all of it could be encoded.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	send(w, status, "application/json", encoded)
	return nil
}

// send ignores that a client went away: there is nobody left to tell.
func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// statusClientGone is for the log and the metrics: nobody is there to read it,
// and it is no fault of ours.
const statusClientGone = 499

// fail renders an error. When part of an answer has gone out already, the
// connection is cut: half a page must not look like a whole one.
func (rt *router) fail(w http.ResponseWriter, r *http.Request, err error) {
	ev := eventOf(r.Context())
	ev.failed(err)
	if wroteHeader(w) {
		panic(http.ErrAbortHandler)
	}
	if errors.Is(r.Context().Err(), context.Canceled) {
		w.WriteHeader(statusClientGone)
		return
	}
	problem := ProblemOf(err)
	forget(w.Header())
	if problem.RetryAfter > 0 {
		w.Header().Set("Retry-After", seconds(problem.RetryAfter))
	}
	if rt.forProgram(ev, r) {
		rt.failJSON(w, ev, problem)
		return
	}
	rt.failPage(w, r, ev, problem)
}

func (rt *router) failPage(w http.ResponseWriter, r *http.Request, ev *event, p Problem) {
	frame := themes.Frame{Lang: rt.Pages.Match(rt.languages(r)...), Reference: ev.reference}
	page := themes.Error{Status: p.Status, Code: p.Code, Detail: p.Detail, Back: p.Back}
	err := WritePage(w, rt.Pages, p.Status, frame, page)
	if err != nil {
		ev.failed(err)
		send(w, p.Status, "text/plain; charset=utf-8", []byte(p.Code+"\n"+ev.reference+"\n"))
	}
}

func (rt *router) failJSON(w http.ResponseWriter, ev *event, p Problem) {
	// Strings only: encoding cannot fail.
	_ = WriteJSON(w, p.Status, map[string]string{
		"error":     p.protocolError(),
		"code":      p.Code,
		"reference": ev.reference,
	})
}

// forget takes back what a handler said of an answer that it did not give.
// Cookies stay: what was done is done.
func forget(h http.Header) {
	for _, name := range []string{"Content-Encoding", "Content-Disposition", "Etag", "Last-Modified", "Location"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
}

func seconds(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}

func (rt *router) languages(r *http.Request) []string {
	if rt.Languages != nil {
		return rt.Languages(r)
	}
	return []string{r.Header.Get("Accept-Language")}
}

// forProgram reports whether a program reads the answer, not a person.
func (rt *router) forProgram(ev *event, r *http.Request) bool {
	return ev.needs == Service || rt.programs[r.URL.Path] ||
		strings.HasPrefix(r.URL.Path, "/.well-known/") || prefersJSON(r.Header.Get("Accept"))
}

// prefersJSON reads an Accept header (RFC 9110 section 12.5.1). At a draw
// people win.
func prefersJSON(accept string) bool {
	var html, structured float64
	for part := range strings.SplitSeq(accept, ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		switch kind {
		case "text/html", "application/xhtml+xml":
			html = max(html, quality)
		case "application/json", "application/problem+json":
			structured = max(structured, quality)
		}
	}
	return structured > html
}
