// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// outboxLength is how many mails are kept; older ones go.
const outboxLength = 200

// Outbox keeps mails in memory instead of sending them, and shows them on a
// page. It is for demonstrations on one's own machine: who sees the page can
// open every one-time link.
type Outbox struct {
	now func() time.Time

	mu    sync.Mutex
	taken int // mails so far: the number of the last one
	kept  []Kept
}

var _ Sender = (*Outbox)(nil)

// Kept is a mail in an outbox.
type Kept struct {
	Message
	Number int
	At     time.Time
}

// NewOutbox makes an empty one.
func NewOutbox(now func() time.Time) *Outbox { return &Outbox{now: now} }

// Send keeps the mail.
func (o *Outbox) Send(_ context.Context, m Message) error {
	err := m.check()
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken++
	o.kept = append(o.kept, Kept{Message: m, Number: o.taken, At: o.now()})
	o.kept = o.kept[max(0, len(o.kept)-outboxLength):]
	return nil
}

// Mails returns what is kept, newest first.
func (o *Outbox) Mails() []Kept {
	o.mu.Lock()
	defer o.mu.Unlock()
	mails := slices.Clone(o.kept)
	slices.Reverse(mails)
	return mails
}

// Handler shows the mails: a list at "/", one at "/{number}", and its HTML,
// without any rights, at "/{number}/html". Give it a listener of its own on
// loopback; it answers under no other name, or a page elsewhere could read it
// by letting its own name point here.
func (o *Outbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", o.list)
	mux.HandleFunc("GET /{number}", o.show)
	mux.HandleFunc("GET /{number}/html", o.showHTML)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !isLoopback(host) {
			http.Error(w, "This page is for the machine it runs on.", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func (o *Outbox) list(w http.ResponseWriter, _ *http.Request) { draw(w, listPage, o.Mails()) }

func (o *Outbox) show(w http.ResponseWriter, r *http.Request) {
	m, ok := o.find(r.PathValue("number"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	draw(w, mailPage, m)
}

// showHTML lets the browser draw what a mail program would, in a sandbox:
// nothing runs, and nothing is fetched.
func (o *Outbox) showHTML(w http.ResponseWriter, r *http.Request) {
	m, ok := o.find(r.PathValue("number"))
	if !ok || m.HTML == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(m.HTML))
}

func (o *Outbox) find(number string) (Kept, bool) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return Kept{}, false
	}
	mails := o.Mails()
	i := slices.IndexFunc(mails, func(k Kept) bool { return k.Number == n })
	if i < 0 {
		return Kept{}, false
	}
	return mails[i], true
}

func draw(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = template.Must(template.New("page").Parse(page)).Execute(w, data)
}

const listPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Mails</title>
<h1>Mails that were not sent</h1>
{{range .}}<p><a href="/{{.Number}}">{{.Subject}}</a><br>to {{.To}}, {{.At.Format "15:04:05"}}</p>
{{else}}<p>None yet.</p>
{{end}}</html>
`

const mailPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{.Subject}}</title>
<p><a href="/">All mails</a></p>
<h1 id="subject">{{.Subject}}</h1>
<p>to <span id="to">{{.To}}</span>, {{.At.Format "15:04:05"}}</p>
<pre id="text" lang="{{.Lang}}">{{.Text}}</pre>
{{if .HTML}}<p><a href="/{{.Number}}/html">As HTML</a></p>
{{end}}</html>
`
