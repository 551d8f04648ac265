// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// newAddress is the purpose of tickets that prove a person's new address.
const newAddress ticket.Purpose = "new-address"

// addressPath is where the link of the letter leads, before its ticket.
const addressPath = "/account/address/prove?t="

// addressLetters is how many letters one person can have written to addresses
// that nobody has proven are theirs, and addressTries how many codes they may type.
func addressLetters() web.Limit {
	return web.Limit{Name: "address-letters", Max: 5, Window: time.Hour}
}
func addressTries() web.Limit {
	return web.Limit{Name: "address-tries", Max: 10, Window: 24 * time.Hour}
}

// addressBound is what such a ticket is bound to: the address that waits, and
// whatever voids the person's sessions.
func addressBound(p directory.Person) string {
	return strconv.FormatInt(p.Epoch, 10) + " " + p.Pending
}

// day is how exactly the end of a code is known, since nothing of it is kept.
const day = 24 * time.Hour

// addressUntil is how long a code made at a moment is good: a day or two.
func addressUntil(at time.Time) time.Time { return at.UTC().Truncate(day).Add(2 * day) }

func (a *Room) address(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if v.Admission.Person.Anonymous {
		return notThere()
	}
	if a.Mailless {
		return web.Fail(http.StatusServiceUnavailable, "no-mail", nil)
	}
	page := a.addressPage(r, v)
	switch r.URL.Query().Get("done") {
	case "sent":
		page.Notice = "address.sent"
	case "proved":
		page.Notice = "address.proved"
	case "forgotten":
		page.Notice = "address.forgotten"
	}
	return a.show(w, r, page)
}

func (a *Room) addressPage(r *http.Request, v signon.Visitor) themes.MyAddress {
	p := v.Admission.Person
	page := themes.MyAddress{Action: "/account/address", Fields: a.fields(v), Mail: p.Mail, Pending: p.Pending}
	if p.Pending != "" {
		page.Until = a.Pages.DateTime(a.lang(r, p.Language), addressUntil(a.Now()))
		page.Prove = themes.Post{Action: "/account/address/code", Fields: page.Fields}
		page.Again = themes.Post{Action: "/account/address/again", Fields: page.Fields}
		page.Forget = themes.Post{Action: "/account/address/forget", Fields: page.Fields}
	}
	return page
}

// saveAddress lets an address wait for proof. Whether somebody else has it the
// page does not tell: whoever can read its mail learns that by the proof.
func (a *Room) saveAddress(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "mail", "current")
	if err != nil {
		return err
	}
	if v.Admission.Person.Anonymous {
		return notThere()
	}
	address, no := a.mayHave(r, v, form["mail"], form["current"])
	if no != nil {
		page := a.addressPage(r, v)
		page.Typed, page.Error = form["mail"], no.key
		return a.draw(w, r, no.status, page)
	}
	change := directory.PersonChange{Pending: &address}
	if err := a.People.ChangePerson(r.Context(), directory.System(), v.Session.Person, change); err != nil {
		return err
	}
	a.record(r.Context(), audit.ProfileChanged, v.Session.Person, "address")
	p := v.Admission.Person
	p.Pending = address
	a.writeTo(r.Context(), p)
	return back(w, r, "/account/address", "sent")
}

// mayHave checks what was typed, then who typed it, then how often: an address
// is what brings people back to their account.
func (a *Room) mayHave(r *http.Request, v signon.Visitor, typed, password string) (string, *refusal) {
	address, ok := readAddress(typed)
	if !ok {
		return "", refused(http.StatusUnprocessableEntity, "address.malformed")
	}
	if strings.EqualFold(address, v.Admission.Person.Mail) {
		return "", refused(http.StatusUnprocessableEntity, "address.same")
	}
	if no := a.proves(r, v, password); no != nil {
		return "", no
	}
	return address, a.mayWrite(r.Context(), v.Session.Person)
}

func (a *Room) mayWrite(ctx context.Context, id directory.PersonID) *refusal {
	err := a.Limiter.Take(ctx, addressLetters(), string(id))
	if err == nil {
		return nil
	}
	if tooMany(err) {
		return refused(http.StatusTooManyRequests, "address.slow")
	}
	return refused(http.StatusServiceUnavailable, "account.unavailable")
}

// readAddress takes an address as people type it, by the same rule as whoever
// joins with one.
func readAddress(typed string) (string, bool) {
	typed = strings.TrimSpace(typed)
	local, domain, _ := strings.Cut(typed, "@")
	return local + "@" + strings.ToLower(domain), membership.PlainAddress(typed)
}

// writeTo sends link and code to the address that waits for proof.
func (a *Room) writeTo(ctx context.Context, p directory.Person) {
	until := addressUntil(a.Now())
	a.Letters.Write(ctx, letter.Letter{
		Kind: letter.NewAddress, To: p, Address: p.Pending, Collective: p.Primary, Until: until,
		Path: addressPath + a.Tickets.Issue(newAddress, p.ID, addressBound(p), until),
		Code: a.Tickets.Code(newAddress, p.ID, addressBound(p), until),
	})
}

func (a *Room) sendAddressAgain(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	if v.Admission.Person.Pending == "" {
		return back(w, r, "/account/address", "forgotten")
	}
	if no := a.mayWrite(r.Context(), v.Session.Person); no != nil {
		page := a.addressPage(r, v)
		page.Error = no.key
		return a.draw(w, r, no.status, page)
	}
	a.writeTo(r.Context(), v.Admission.Person)
	return back(w, r, "/account/address", "sent")
}

// forgetAddress keeps the address there is.
func (a *Room) forgetAddress(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	none := ""
	if err := a.People.ChangePerson(r.Context(), directory.System(), v.Session.Person, directory.PersonChange{Pending: &none}); err != nil {
		return err
	}
	return back(w, r, "/account/address", "forgotten")
}
