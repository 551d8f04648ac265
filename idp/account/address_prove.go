// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// addressLink is where the letter's link leads. It changes nothing: programs
// that look after mail follow links. The letter may be read in another browser
// than the one where the person is logged in, so nobody need be.
func (a *Room) addressLink(w http.ResponseWriter, r *http.Request) error {
	p, err := a.addressOf(r.Context(), r.URL.Query().Get("t"))
	if errors.Is(err, ticket.ErrInvalid) {
		return a.oldAddressLink(w, r)
	}
	if err != nil {
		return err
	}
	return a.show(w, r, a.proofPage(p, r.URL.Query().Get("t")))
}

func (a *Room) proofPage(p directory.Person, ticket string) themes.ProveMyAddress {
	return themes.ProveMyAddress{Action: "/account/address/prove", Fields: a.ticketFields(ticket), Address: p.Pending}
}

func (a *Room) oldAddressLink(w http.ResponseWriter, r *http.Request) error {
	return a.draw(w, r, http.StatusGone, themes.ProveMyAddress{Error: "address.old-link"})
}

// addressOf reads whose address a ticket proves, from the directory itself.
func (a *Room) addressOf(ctx context.Context, text string) (directory.Person, error) {
	var person directory.Person
	_, err := a.Tickets.Read(newAddress, text, func(id directory.PersonID) (string, error) {
		p, err := a.Source.Person(ctx, id)
		if errors.Is(err, directory.ErrNotFound) || err == nil && (p.Pending == "" || !p.MayEnter(a.Now())) {
			return "", ticket.ErrInvalid
		}
		person = p
		return addressBound(p), err
	})
	return person, err
}

func (a *Room) proveByLink(w http.ResponseWriter, r *http.Request) error {
	form, err := a.ticketForm(r)
	if err != nil {
		return err
	}
	p, err := a.addressOf(r.Context(), form["t"])
	if err == nil {
		err = a.prove(r.Context(), p)
	}
	switch {
	case errors.Is(err, ticket.ErrInvalid), errors.Is(err, directory.ErrConflict):
		return a.oldAddressLink(w, r)
	case errors.Is(err, directory.ErrExists):
		return a.draw(w, r, http.StatusConflict, themes.ProveMyAddress{Error: "address.taken"})
	case err != nil:
		return err
	}
	return a.show(w, r, themes.ProveMyAddress{Address: p.Pending, Done: true})
}

// prove makes the address that waits the one that counts, and writes so to the
// one that counted before: somebody who took over an account must not change
// its address unseen.
func (a *Room) prove(ctx context.Context, p directory.Person) error {
	if err := a.People.ProveAddress(ctx, p.ID, p.Pending); err != nil {
		return err
	}
	a.record(ctx, audit.AddressChanged, p.ID, "")
	if p.Mail != "" {
		a.Letters.Write(ctx, letter.Letter{Kind: letter.AddressChanged, To: p, Address: p.Mail, Collective: p.Primary})
	}
	return nil
}

// proveByCode is the same by the code of the letter, for who reads mail on
// another device. Tries are counted before they are judged.
func (a *Room) proveByCode(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "code")
	if err != nil {
		return err
	}
	no, err := a.proved(r.Context(), v, form["code"])
	if err != nil {
		return err
	}
	if no != nil {
		page := a.addressPage(r, v)
		page.Error = no.key
		return a.draw(w, r, no.status, page)
	}
	return back(w, r, "/account/address", "proved")
}

func (a *Room) proved(ctx context.Context, v signon.Visitor, code string) (*refusal, error) {
	err := a.Limiter.Take(ctx, addressTries(), string(v.Session.Person))
	if tooMany(err) {
		return refused(http.StatusTooManyRequests, "address.slow"), nil
	}
	if err != nil {
		return nil, err
	}
	p, err := a.Source.Person(ctx, v.Session.Person)
	if err != nil {
		return nil, err
	}
	if p.Pending == "" || !a.isCode(p, code) {
		return refused(http.StatusUnprocessableEntity, "address.code"), nil
	}
	switch err := a.prove(ctx, p); {
	case errors.Is(err, directory.ErrExists):
		return refused(http.StatusConflict, "address.taken"), nil
	case errors.Is(err, directory.ErrConflict):
		return refused(http.StatusConflict, "address.code"), nil
	case err != nil:
		return nil, err
	}
	return nil, nil
}

// isCode looks at the codes of today and of yesterday.
func (a *Room) isCode(p directory.Person, typed string) bool {
	for _, made := range []int{0, -1} {
		until := addressUntil(a.Now().AddDate(0, 0, made))
		if a.Tickets.CheckCode(newAddress, p.ID, addressBound(p), until, typed) {
			return true
		}
	}
	return false
}

func notThere() error { return web.Fail(http.StatusNotFound, "not-found", nil) }
