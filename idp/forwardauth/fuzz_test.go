// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// FuzzStart: wherever a start is told to lead, it leads to the application.
func FuzzStart(f *testing.F) {
	for _, rd := range []string{"https://wiki.example/a?b", "https://wiki.example//evil.example", "https://evil.example/", "//wiki.example", "https://wiki.example@evil.example/"} {
		f.Add(rd)
	}
	a := application{ForwardAuth: directory.ForwardAuth{Origins: []string{"https://wiki.example"}}}
	f.Fuzz(func(t *testing.T, rd string) {
		g, err := a.reply(rd, "")
		if err != nil {
			return
		}
		u, err := url.Parse(g.Origin + g.URI)
		if err != nil || u.Scheme+"://"+u.Host != "https://wiki.example" || u.User != nil || strings.HasPrefix(g.URI, "//") || strings.HasPrefix(g.URI, own) {
			t.Errorf("%q leads to %q at %q", rd, g.URI, g.Origin)
		}
	})
}

// FuzzSeen: whatever a proxy says, the path and the origin hold nothing that
// would end a header or a line of a log.
func FuzzSeen(f *testing.F) {
	f.Add("/a?b", "https", "wiki.example", "")
	f.Add("/a\r\nb", "wss", "WIKI.example:443", "https://wiki.example")
	f.Fuzz(func(t *testing.T, uri, proto, host, origin string) {
		r := &http.Request{Header: http.Header{uriHeader: {uri}, protoHeader: {proto}, hostHeader: {host}, methodHeader: {"GET"}}}
		if origin != "" {
			r.Header[OriginHeader] = []string{origin}
		}
		s, err := readSeen(r)
		if err != nil {
			return
		}
		if strings.ContainsFunc(s.uri, unprintable) || !strings.HasPrefix(s.path(), "/") || strings.Contains(s.path(), "?") {
			t.Errorf("%q is %q", uri, s.path())
		}
		if at := local(s.query("rd")); !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") {
			t.Errorf("%q leads to %q", uri, at)
		}
	})
}
