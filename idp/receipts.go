// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"context"
	"errors"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/signon"
)

// receipts signs what people decided, in the name of the collective that is
// answerable for it.
type receipts struct {
	c     Config
	cache *directory.Cache
	ring  *keys.Ring
	names signon.Pseudonyms
}

// Receipt implements signon.Receipts.
func (r *receipts) Receipt(ctx context.Context, in consent.Input, c directory.Consent, lang string) (string, error) {
	through, err := r.cache.Collective(ctx, c.Collective)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", err
	}
	runner, err := r.cache.Collective(ctx, in.Service.Collective)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", err
	}
	receipt, err := consent.NewReceipt(in, c, consent.Event{
		Issuer: r.c.Issuer.String(), Language: lang, Rand: r.c.Rand, Runner: runner.Title,
		Subject:    r.subject(in.Service, in.Person, c),
		Controller: consent.Controller{Name: through.Title, Contact: through.Title, Email: through.Mail, URL: through.URL},
	})
	if err != nil {
		return "", err
	}
	return receipt.Sign(r.ring, keys.ES256)
}

func (r *receipts) subject(s directory.Service, p directory.Person, c directory.Consent) string {
	switch {
	case s.OIDC != nil && s.OIDC.Metadata.SubjectType == "public":
		return string(p.Handle)
	case c.Subject != "":
		return c.Subject
	}
	return r.names.SubjectOf(s, p, c.Identity)
}
