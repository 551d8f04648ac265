// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/account"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
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
		Controller: consent.Controller{Name: through.Title, Contact: cmp.Or(through.Mail, through.Title), Email: through.Mail, URL: through.URL},
		Purpose: func(a release.Attribute) string {
			return r.c.Themes.Text(lang, "purpose."+string(a))
		},
	})
	if err != nil {
		return "", err
	}
	return receipt.Sign(r.ring, receiptAlg)
}

// receiptAlg signs receipts. The public halves of its keys stay for ever.
const receiptAlg = keys.ES256

// Routes implements [web.Area]: whoever holds a receipt can check it.
func (r *receipts) Routes() []web.Route {
	return []web.Route{{Pattern: "GET " + account.ReceiptKeys, Needs: web.Anyone, Handle: r.keys}}
}

func (r *receipts) keys(w http.ResponseWriter, _ *http.Request) error {
	body, err := r.ring.Archive()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jwk-set+json") // RFC 7517 section 8.5.2
	w.Header().Set("Content-Disposition", `attachment; filename="clau-keys.json"`)
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(body)
	return nil
}

func (r *receipts) subject(s directory.Service, p directory.Person, c directory.Consent) string {
	switch {
	case s.PublicSubject():
		return string(p.Handle)
	case c.Subject != "":
		return c.Subject
	}
	return r.names.SubjectOf(s, p, c.Identity)
}
