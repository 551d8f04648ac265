// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/web"
)

// errUnknownClient also stands for a service that is stopped, or that speaks
// another protocol.
var errUnknownClient = errors.New("bridge: unknown client")

// client is an active service of this bridge.
type client struct {
	service directory.Service
	directory.OIDCClient
}

// client finds the service that the path names, or [errUnknownClient].
func (b *Bridge) client(r *http.Request) (client, error) {
	name := directory.ServiceName(r.PathValue("service"))
	if !name.Valid() {
		return client{}, errUnknownClient
	}
	s, err := b.c.Directory.ServiceByName(r.Context(), name)
	if errors.Is(err, directory.ErrNotFound) {
		return client{}, errUnknownClient
	}
	if err != nil {
		return client{}, err
	}
	web.Note(r.Context(), "service", string(s.ID))
	return b.clientOf(s)
}

// clientOf is also asked when an answer is given: between request and answer a
// service may have been stopped, or registered as something else.
func (b *Bridge) clientOf(s directory.Service) (client, error) {
	if s.State != directory.Active || s.Protocol() != b.name() {
		return client{}, errUnknownClient
	}
	return client{s, *s.OIDC}, nil
}

// target is an address of the service's own, compared byte by byte: every
// answer that leads anywhere leads to one.
func (c client) target(uri string) (web.Vetted, error) {
	to, err := web.Vet(uri, c.RedirectURIs)
	if err == nil {
		return to, nil
	}
	cause := fmt.Errorf("service %q sent %s, and has registered %q", c.service.Name, bare(uri), c.RedirectURIs)
	return web.Vetted{}, web.FailDetail(http.StatusBadRequest, "redirect-unproven", c.service.Title, cause)
}

// bare is an address for the operator's log: without a query or a password,
// since nobody knows what a stranger put there.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > redirectMax {
		return "what is no address"
	}
	return fmt.Sprintf("%q", u.Scheme+"://"+u.Host+u.Path)
}

// need is what the application is told. It asks for nothing, since it knows no
// scopes; what its record calls the default stands for them. Roles and groups
// these applications would not understand.
func (c client) need() release.Need {
	scopes := c.Metadata.DefaultScopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
	}
	var need release.Need
	for _, scope := range scopes {
		switch scope {
		case "profile":
			need = append(need, release.Name, release.Handle)
		case "email":
			need = append(need, release.Mail, release.MailVerified)
		}
	}
	return need
}

// proves compares a secret with all that are in force: the time tells neither
// which of them it was nor how much of it was right.
func (c client) proves(secret string, now time.Time) bool {
	sum := sha256.Sum256([]byte(secret))
	digest := base64.RawURLEncoding.EncodeToString(sum[:])
	found := 0
	for _, s := range c.Secrets {
		if s.Expires.IsZero() || now.Before(s.Expires) {
			found |= subtle.ConstantTimeCompare([]byte(digest), []byte(s.SHA256))
		}
	}
	return secret != "" && found == 1
}

// admission asks once more whether what was granted still holds, by the one
// question that the sign-on asks too.
func (b *Bridge) admission(ctx context.Context, g grant) (identity, error) {
	a, err := b.c.SignOns.Admit(ctx, g.Person, g.Service, g.Epoch, g.Need)
	if err != nil {
		return identity{}, err
	}
	c, err := b.clientOf(a.Service)
	if err != nil || c.ID != g.Client || !g.means(a.Subject) {
		return identity{}, errOver
	}
	facts := release.Facts{Person: a.Person, Standing: a.Standing, Service: a.Service, Terms: a.Terms}
	return identity{subject: a.Subject, number: g.Number, told: release.Decide(g.Need, facts), page: b.c.Issuer + "/account"}, nil
}
