// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/web"
)

// errUnknown also stands for a service that is stopped, or that speaks another
// protocol.
var errUnknown = errors.New("forwardauth: unknown application")

// application is an active service behind a proxy that asks Clau.
type application struct {
	service directory.Service
	directory.ForwardAuth
}

// named finds the application that the path names, or [errUnknown].
func (p *Provider) named(r *http.Request) (application, error) {
	name := directory.ServiceName(r.PathValue("service"))
	if !name.Valid() {
		return application{}, errUnknown
	}
	s, err := p.c.Directory.ServiceByName(r.Context(), name)
	if errors.Is(err, directory.ErrNotFound) {
		return application{}, errUnknown
	}
	if err != nil {
		return application{}, err
	}
	web.Note(r.Context(), "service", string(s.ID))
	return active(s)
}

// active is also asked when an answer is given: between request and answer a
// service may have been stopped, or registered as something else.
func active(s directory.Service) (application, error) {
	if s.State != directory.Active || s.Protocol() != directory.ProtocolForward {
		return application{}, errUnknown
	}
	return application{s, *s.Forward}, nil
}

// need is what the application is told: what its record allows, since no request
// asks for anything. Whether an address is proven is never said but decides
// whether it is.
func (a application) need() release.Need {
	var need release.Need
	for _, one := range release.Attributes() {
		if slices.Contains(a.Attributes, string(one)) && one.Decided() == one {
			need = append(need, one)
		}
	}
	if need.Has(release.Mail) {
		need = append(need, release.MailVerified)
	}
	return need
}

// has reports whether the origin is one of the application's, letter by letter.
func (a application) has(origin string) bool {
	return origin != "" && slices.Contains(a.Origins, origin)
}

// proves compares a secret with all that are in force: the time tells neither
// which of them it was nor how much of it was right.
func (a application) proves(secret string, now time.Time) bool {
	given, found := digest(secret), 0
	for _, s := range a.Secrets {
		if s.Expires.IsZero() || now.Before(s.Expires) {
			found |= subtle.ConstantTimeCompare([]byte(given), []byte(s.SHA256))
		}
	}
	return secret != "" && found == 1
}

// SecretHeader is how a proxy proves itself. It is no Authorization header: that
// one may be the application's own.
const SecretHeader = "X-Clau-Secret"

// asked is a question that the application's proxy has proven to be its own.
type asked struct {
	application
	seen seen
}

// proven is what stands before everything that a proxy asks. Whatever is wrong
// is one and the same refusal: nginx knows no other, and whoever guesses learns
// nothing.
func (p *Provider) proven(next func(http.ResponseWriter, *http.Request, asked) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := p.named(r)
		if err != nil {
			return refusal(err)
		}
		secrets := r.Header.Values(SecretHeader)
		if len(secrets) != 1 || !a.proves(secrets[0], p.c.Now()) {
			return refusal(errors.New("forwardauth: the proxy did not prove itself"))
		}
		seen, err := readSeen(r)
		if err != nil {
			return refusal(err)
		}
		if !a.has(seen.origin) {
			return refusal(errors.New("forwardauth: the proxy asks for an origin that is not registered"))
		}
		return next(w, r, asked{a, seen})
	}
}

// refusal is what cannot be decided, unless nobody can decide anything right now.
func refusal(err error) error {
	if web.ProblemOf(err).Status == http.StatusServiceUnavailable {
		return err
	}
	return web.Fail(http.StatusForbidden, "forbidden", err)
}

// digest is what is kept of a secret.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
