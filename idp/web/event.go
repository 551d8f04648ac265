// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// event is what one request leaves in the log: one line, written at its end.
type event struct {
	start     time.Time
	reference string
	client    netip.Addr
	method    string
	path      string
	route     string
	needs     Permission
	dropped   http.Header // what was said of the request by somebody who is not trusted to

	mu     sync.Mutex // handlers may note from goroutines of their own
	notes  []slog.Attr
	causes []error
	stack  []byte
}

type eventKey struct{}

// eventOf returns the event of a request; of a context without one, an event
// that nobody will read.
func eventOf(ctx context.Context) *event {
	ev, ok := ctx.Value(eventKey{}).(*event)
	if !ok {
		return &event{}
	}
	return ev
}

// Note adds a fact to the event of the request. Keys are snake_case. Values
// are ids and kinds: never a secret, a token, a code, the handle of a sign-on,
// a name or an address.
func Note(ctx context.Context, key string, value any) {
	if text, ok := value.(string); ok {
		value = scrub(text)
	}
	ev := eventOf(ctx)
	ev.mu.Lock()
	defer ev.mu.Unlock()
	ev.notes = append(ev.notes, slog.Any(key, value))
}

// NoteError adds a cause to the event of a request that is answered all the
// same, such as one that ends in a protocol's own error.
func NoteError(ctx context.Context, err error) {
	if err != nil {
		eventOf(ctx).failed(err)
	}
}

// Reference is the short random name of the request: it stands in the log and
// on error pages, so that a person can quote it. Empty outside of a request.
func Reference(ctx context.Context) string { return eventOf(ctx).reference }

// ClientAddr is where the request comes from, as far as the trusted proxies
// can tell. It is invalid outside of a request.
func ClientAddr(ctx context.Context) netip.Addr { return eventOf(ctx).client }

func (rt *router) begin(r *http.Request) *event {
	client := clientAddr(r, rt.TrustedProxies)
	dropped := dropForwarded(r, rt.TrustedProxies)
	return &event{
		dropped:   dropped,
		start:     rt.Now(),
		reference: newReference(rt.Rand),
		client:    client,
		method:    r.Method,
		path:      r.URL.Path,
	}
}

// newReference returns 50 random bits in ten characters that are easily read
// out over a telephone.
func newReference(random io.Reader) string {
	bits := make([]byte, 7)
	_, err := io.ReadFull(random, bits)
	if err != nil {
		return "none"
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(bits)[:10])
}

// matched remembers which route took the request. Of a path with variable
// parts only the pattern is kept, because such a part may be a one-time link.
func (ev *event) matched(route Route) {
	_, path, _ := strings.Cut(route.Pattern, " ")
	ev.route = route.Pattern
	ev.needs = route.Needs
	if strings.Contains(path, "{") {
		ev.path = path
	}
}

// restore gives a [Relay] back what it said.
func (ev *event) restore(h http.Header) {
	maps.Copy(h, ev.dropped)
	ev.dropped = nil
}

func (ev *event) failed(cause error) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	ev.causes = append(ev.causes, cause)
}

// end closes a request, whatever became of it: no panic takes the process down.
func (rt *router) end(ev *event, rec *recorder, r *http.Request) {
	v := recover()
	aborted := v == http.ErrAbortHandler
	if v != nil && !aborted {
		ev.stack = debug.Stack()
		aborted = rt.explain(rec, r, fmt.Errorf("panic: %v", v))
	}
	if aborted {
		Note(r.Context(), "cut", true)
	}
	rt.write(r.Context(), ev, rec)
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// explain renders an error after a panic, and reports whether the answer has
// to be cut off instead.
func (rt *router) explain(rec *recorder, r *http.Request, err error) (cut bool) {
	defer func() { cut = recover() != nil }()
	rt.fail(rec, r, err)
	return false
}

func (rt *router) write(ctx context.Context, ev *event, rec *recorder) {
	took := rt.Now().Sub(ev.start)
	rt.Metrics.request(ev.route, rec.code(), took)
	level := levelOf(rec.code())
	if !rt.Logger.Enabled(ctx, level) {
		return
	}

	ev.mu.Lock()
	defer ev.mu.Unlock()
	attrs := append([]slog.Attr{
		slog.String("ref", ev.reference),
		slog.String("method", shorten(ev.method, 16)),
		slog.String("path", shorten(ev.path, 200)),
		slog.String("route", ev.route),
		slog.Int("status", rec.code()),
		slog.Int64("bytes", rec.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("client", ev.client.String()),
	}, ev.notes...)
	if len(ev.causes) > 0 {
		attrs = append(attrs, slog.String("error", scrub(errors.Join(ev.causes...).Error())))
	}
	if ev.stack != nil {
		attrs = append(attrs, slog.String("stack", string(ev.stack)))
	}
	rt.Logger.LogAttrs(ctx, level, "request", attrs...)
}

func levelOf(status int) slog.Level {
	if status >= 500 {
		return slog.LevelError
	}
	return slog.LevelInfo
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "…"
}

// scrub takes queries, fragments and passwords out of addresses in the text of
// an error: net/http quotes whole URLs, and codes and tokens travel in them.
func scrub(text string) string {
	if !strings.Contains(text, "://") {
		return shorten(text, 2000)
	}
	address := regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)([^\s"'/?#]*@)?([^\s"'?#]*)([?#][^\s"']*)?`)
	return shorten(address.ReplaceAllString(text, "$1$3"), 2000)
}
