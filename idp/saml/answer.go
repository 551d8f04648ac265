// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Answer implements [signon.Protocol]: it spends the request and hands out the
// assertion. What the service is registered as is asked again, since it may have
// changed while the person was logging in.
func (p *Provider) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	to, err := replyOf(result.Request)
	if err != nil {
		return err
	}
	from, err := p.partyOf(result.Service)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	if err := stillTakes(from, to); err != nil {
		return err
	}
	class, no := mayBeAnswered(from, to, result)
	if no != nil {
		return p.respondRefused(w, r, from, to, no)
	}
	err = p.claim(r.Context(), from, to, result.Writes)
	if errors.Is(err, store.ErrExists) {
		return over(err)
	}
	if err != nil {
		return p.respondRefused(w, r, from, to, refusalFor(signon.Unavailable, false).because(err))
	}
	return p.respond(w, r, from, to, grant{class: class, result: result})
}

// stillTakes proves once more that answers may go where this one would.
func stillTakes(from party, to reply) error {
	if _, ok := from.metadata.ACSByURL(to.ACS); !ok {
		return web.FailDetail(http.StatusBadRequest, "redirect-unproven", from.service.Title, errNoACS)
	}
	return nil
}

// mayBeAnswered returns the class that is told, or why there can be no assertion.
func mayBeAnswered(from party, to reply, result signon.Result) (string, *refusal) {
	class, ok := to.Context.answer(result.Session.ACR)
	if !ok {
		return "", refusalFor(signon.ACRUnmet, false)
	}
	if result.Name == "" || !formatStands(from, to.Format) {
		return "", refuse(statusResponder, statusInvalidNameIDPolicy, "no NameID of that kind for this person")
	}
	if from.settings().Encrypt == "required" && len(from.metadata.EncryptionKeys) == 0 {
		return "", refuse(statusResponder, "", "there is no key to encrypt to").because(errNoEncryptionKey)
	}
	return class, nil
}

// formatStands reports whether the record still allows a format that was decided on.
func formatStands(from party, format string) bool {
	settings := from.settings()
	switch format {
	case usualFormat(settings), metadata.NameIDTransient:
		return true
	case metadata.NameIDPersistent:
		return !settings.NoPersistentID
	}
	return false
}

// claimLife outlives every sign-on that the same request could begin: it is
// taken for as long as its IssueInstant stands, and then waits for the person.
const claimLife = retention.Answered

// claim spends the request before anything is made of it, in one round trip with
// all that the answer leaves in the store: of two answers to one request there is
// one (saml-core-2.0-os section 3.2.1). An ID is its issuer's own, so that
// services cannot spend each other's.
func (p *Provider) claim(ctx context.Context, from party, to reply, writes []store.Op) error {
	if to.InResponseTo == "" {
		return p.c.Store.Write(ctx, writes...)
	}
	sum := sha256.Sum256([]byte(from.entityID() + "\x00" + to.InResponseTo))
	key := "saml-seen:" + base64.RawURLEncoding.EncodeToString(sum[:])
	return p.c.Store.WriteNew(ctx, key, nil, claimLife, writes...)
}

// Refuse implements [signon.Protocol].
func (p *Provider) Refuse(w http.ResponseWriter, r *http.Request, request signon.Request, reason signon.Reason) error {
	to, err := replyOf(request)
	if err != nil {
		return err
	}
	s, err := p.c.Directory.Service(r.Context(), request.Service)
	if err != nil {
		return fmt.Errorf("saml: who is to be told %s: %w", reason, err)
	}
	from, err := p.partyOf(s)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	if err := stillTakes(from, to); err != nil {
		return err
	}
	return p.respondRefused(w, r, from, to, refusalFor(reason, request.Passive))
}
