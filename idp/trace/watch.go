// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"commonscloud.coop/clau/idp/web"
)

// area is a room behind the desk.
type area struct {
	web.Area
	desk *Desk
	own  bool // pages of ours: what people type there is not looked at
}

// Watch puts the door of a protocol behind the desk.
func (d *Desk) Watch(of web.Area) web.Area { return area{Area: of, desk: d} }

// WatchPages puts the pages of a sign-on behind it, on which a sign-on goes on
// and is answered. What is typed there is looked at by nobody.
func (d *Desk) WatchPages(of web.Area) web.Area { return area{of, d, true} }

// Routes implements [web.Area].
func (a area) Routes() []web.Route {
	routes := a.Area.Routes()
	for i, route := range routes {
		if route.Needs == web.Service {
			routes[i].Handle = a.desk.program(route.Handle)
			continue
		}
		routes[i].Handle = a.desk.browser(route.Handle, a.own)
	}
	return routes
}

// browser watches what comes through somebody's browser. Without a test it
// costs a look at the cookies.
func (d *Desk) browser(next web.Handler, own bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		m, ok := d.mark(r)
		if !ok {
			return next(w, r)
		}
		l := &Line{now: d.c.Now(), mark: m, on: true}
		seen := &witness{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), lineKey{}, l))
		err := next(seen, r)
		d.conclude(r, l, seen, err, own)
		return err
	}
}

// conclude decides whether what was seen is the test's. A request that failed
// before anybody knew which service it is from is what tests are made for.
func (d *Desk) conclude(r *http.Request, l *Line, seen *witness, err error, own bool) {
	e := Entry{At: d.c.Now(), Asked: r.Method + " " + clip(r.URL.Path), Within: l.said}
	code := e.outcome(seen, err)
	switch {
	case l.person != "" && l.person != l.mark.person, l.service != "" && l.service != l.mark.service:
		return
	case l.service == "" && (own || e.Status < 400):
		return
	}
	if !own {
		e.Sent = sent(r.URL.Query(), r.PostForm)
	}
	if l.Running() == 0 {
		code = ""
	}
	d.keep(r.Context(), l.mark, e, code)
}

func sent(all ...url.Values) []Said {
	l := &Line{}
	for _, of := range all {
		l.parameters(of)
	}
	return l.said
}

// outcome notes what the browser was answered, and returns the code in it.
func (e *Entry) outcome(seen *witness, err error) (code string) {
	e.Status = seen.status
	if err != nil {
		problem := web.ProblemOf(err)
		e.Status, e.Error = problem.Status, problem.Code
		return ""
	}
	location := seen.Header().Get("Location")
	if location == "" {
		return ""
	}
	e.To = address(location)
	u, err := url.Parse(location)
	if err != nil || !u.IsAbs() {
		return ""
	}
	answer := u.Query()
	if fragment, err := url.ParseQuery(u.Fragment); err == nil && len(answer) == 0 {
		answer = fragment
	}
	e.Answer = sent(answer)
	return answer.Get("code")
}

// program watches what a service asks by itself. It has no cookie: what it uses
// says whose it is, and of what it uses in vain, the code does.
func (d *Desk) program(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		l := &Line{now: d.c.Now()}
		seen := &witness{ResponseWriter: w}
		heard := &ear{from: r.Body, proof: r.Header.Get("Authorization")} // some doors take it out
		r = r.WithContext(context.WithValue(r.Context(), lineKey{}, l))
		if r.Method == http.MethodPost {
			r.Body = heard
		}
		err := next(seen, r)
		if l.on || err != nil || seen.status >= http.StatusBadRequest {
			d.tell(r, l, seen, heard, err)
		}
		return err
	}
}

func (d *Desk) tell(r *http.Request, l *Line, seen *witness, heard *ear, err error) {
	form, _ := url.ParseQuery(heard.text.String())
	if code := form.Get("code"); !l.on && code != "" {
		l.mark, l.on = d.whose(r.Context(), code)
	}
	if !l.on {
		return
	}
	e := Entry{At: d.c.Now(), Direct: true, Asked: r.Method + " " + clip(r.URL.Path), Within: l.said, Status: seen.status}
	e.Sent = append(sent(r.URL.Query(), form), proof(heard.proof)...)
	if err != nil {
		problem := web.ProblemOf(err)
		e.Status, e.Error = problem.Status, problem.Code
	}
	e.Answer = members(seen.head.Bytes())
	d.keep(r.Context(), l.mark, e, "")
}

// proof is how a service proves itself in a header, without the proof.
func proof(header string) []Said {
	scheme, rest, _ := strings.Cut(header, " ")
	if scheme == "" {
		return nil
	}
	return []Said{{Name: "Authorization", Value: clip(scheme), Hidden: len(rest)}}
}

// earMax is how much of a body is remembered, in bytes.
const earMax = 16 << 10

// ear remembers the beginning of what is read through it, and what came along.
type ear struct {
	from  io.ReadCloser
	text  bytes.Buffer
	proof string // the Authorization header
}

func (e *ear) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.text.Write(p[:min(n, max(0, earMax-e.text.Len()))])
	return n, err
}

func (e *ear) Close() error { return e.from.Close() }

// witness sees what is answered.
type witness struct {
	http.ResponseWriter
	status int
	head   bytes.Buffer // beginning of the body of a program's answer
}

func (w *witness) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *witness) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		w.head.Write(b[:min(len(b), max(0, earMax-w.head.Len()))])
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] through.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }
