// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
)

// cookie says whose test runs in a browser.
const cookie = "clau_trace"

// mark is a test: whose, of which service, until when.
type mark struct {
	person  directory.PersonID
	service directory.ServiceID
	until   time.Time
}

func (m mark) key() string { return "trace:" + string(m.person) + ":" + string(m.service) }

// Start begins a test of a service in this browser. One that ran there is over.
func (d *Desk) Start(w http.ResponseWriter, person directory.PersonID, service directory.ServiceID) {
	until := d.c.Now().Add(retention.Trace)
	text := strings.Join([]string{string(person), string(service), strconv.FormatInt(until.Unix(), 10)}, " ")
	d.set(w, encode([]byte(text))+"."+encode(d.sum(text)), retention.Trace)
}

// Stop ends the test that runs in this browser.
func (d *Desk) Stop(w http.ResponseWriter) { d.set(w, "", -time.Second) }

// Until is when the test ends that a person runs of a service in this browser;
// zero: none runs.
func (d *Desk) Until(r *http.Request, person directory.PersonID, service directory.ServiceID) time.Time {
	m, ok := d.mark(r)
	if !ok || m.person != person || m.service != service {
		return time.Time{}
	}
	return m.until
}

// mark reads the cookie, if it is ours and its time is not over. Of two of one
// name a sibling host planted one: neither is believed.
func (d *Desk) mark(r *http.Request) (mark, bool) {
	found := r.CookiesNamed(d.name())
	if len(found) != 1 {
		return mark{}, false
	}
	text, sum, _ := strings.Cut(found[0].Value, ".")
	said, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return mark{}, false
	}
	proof, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || !hmac.Equal(proof, d.sum(string(said))) {
		return mark{}, false
	}
	parts := strings.Split(string(said), " ")
	if len(parts) != 3 {
		return mark{}, false
	}
	end, err := strconv.ParseInt(parts[2], 10, 64)
	until := time.Unix(end, 0)
	if err != nil || !d.c.Now().Before(until) {
		return mark{}, false
	}
	return mark{directory.PersonID(parts[0]), directory.ServiceID(parts[1]), until}, true
}

func (d *Desk) sum(text string) []byte {
	h := hmac.New(sha256.New, d.c.Key)
	h.Write([]byte("trace " + text))
	return h.Sum(nil)
}

func (d *Desk) name() string {
	if d.c.Secure {
		return "__Host-" + cookie
	}
	return cookie
}

func (d *Desk) set(w http.ResponseWriter, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: d.name(), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: d.c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
