// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// aConsent is a decision with all that a decision can have, not written yet.
func (w *world) aConsent(p directory.PersonID, s directory.ServiceID) directory.Consent {
	tag := string(s[:8]) + "." + w.mark
	return directory.Consent{
		Person: p, Service: s, Collective: "ateneu", State: directory.Active,
		Appearance: directory.AppearPseudonym, Pseudonym: "Òliba \u202e <b>\"'\\, (*)",
		Allowed: []string{"email", "name"}, Declined: []string{"groups", "phone"},
		Groups: []directory.CollectiveName{"ateneu", "forn"},
		Shown:  "3q2-7w", Values: map[string]string{"email": "x", "na|me=*": "y\x00z"},
		Decided: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), Expires: time.Date(2027, 11, 1, 9, 0, 0, 0, time.UTC),
		LastUsed: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), Asked: true, Identity: 2,
		Subject: "vell 42 " + tag, Handle: "oliba-" + tag, Alias: "oliba-" + tag + "@relay.example",
		Receipts: []string{"e30.e30.c2Vnb25h", "e30.e30.cHJpbWVyYQ"},
	}
}

func (w *world) serviceID() directory.ServiceID { return directory.ServiceID(uuid.NewString()) }

// put writes a consent and reads it back, with its version.
func (w *world) put(sector string, c directory.Consent) directory.Consent {
	w.Helper()
	w.ok(w.PutConsent(w.ctx, sector, c))
	return w.consent(c.Person, c.Service)
}

func (w *world) consent(p directory.PersonID, s directory.ServiceID) directory.Consent {
	w.Helper()
	c, err := w.Consent(w.ctx, p, s)
	w.ok(err)
	return c
}

// unversioned is what was written of what was read.
func unversioned(c directory.Consent) directory.Consent {
	c.Version = ""
	return c
}

func consentLife(w *world) {
	p, s := w.person("marta"), w.serviceID()
	_, err := w.Consent(w.ctx, p.ID, s)
	w.is(err, directory.ErrNotFound)
	w.is(w.StopConsent(w.ctx, directory.As(p.ID), p.ID, s), directory.ErrNotFound)

	want := w.aConsent(p.ID, s)
	got := w.put("sector", want)
	same(w, unversioned(got), want)
	if got.Version == "" {
		w.Fatal("no version")
	}
	least := directory.Consent{Person: p.ID, Service: s, State: directory.Active, Decided: want.Decided}
	same(w, unversioned(w.put("sector", least)), least) // nothing of the earlier one is left

	w.ok(w.StopConsent(w.ctx, directory.As(p.ID), p.ID, s))
	w.ok(w.StopConsent(w.ctx, directory.As(p.ID), p.ID, s)) // repeating does no harm
	least.State = directory.Suspended
	same(w, unversioned(w.consent(p.ID, s)), least)
	is, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, is, p) // the person is as before
}

// consentSets: lists that have no order are read back sorted, without repetition.
func consentSets(w *world) {
	p, s := w.person("marta"), w.serviceID()
	c := w.aConsent(p.ID, s)
	c.Allowed, c.Declined = []string{"name", "email", "name"}, []string{"b", "a", "b"}
	c.Groups = []directory.CollectiveName{"forn", "ateneu", "forn"}
	c.Decided = c.Decided.Add(300 * time.Millisecond).In(time.FixedZone("", 3600))
	c.Receipts = nil
	for i := range directory.ReceiptsMax + 5 {
		c.Receipts = append(c.Receipts, fmt.Sprintf("a.%02d.c", i))
	}
	got := w.put("sector", c)
	same(w, got.Allowed, []string{"email", "name"})
	same(w, got.Declined, []string{"a", "b"})
	same(w, got.Groups, []directory.CollectiveName{"ateneu", "forn"})
	same(w, got.Decided, time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	same(w, got.Receipts, c.Receipts[:directory.ReceiptsMax])
}

func consentInvalid(w *world) {
	p, s := w.person("marta"), w.serviceID()
	for name, spoil := range map[string]func(*directory.Consent){
		"no state":                func(c *directory.Consent) { c.State = "" },
		"a state of other things": func(c *directory.Consent) { c.State = directory.Denied },
		"no time":                 func(c *directory.Consent) { c.Decided = time.Time{} },
		"unknown appearance":      func(c *directory.Consent) { c.Appearance = "disguised" },
		"no identifier":           func(c *directory.Consent) { c.Service = "a,ou=system" },
		"too long":                func(c *directory.Consent) { c.Pseudonym = strings.Repeat("x", 70_000) },
		"too long a subject":      func(c *directory.Consent) { c.Subject = strings.Repeat("x", 2100) },
	} {
		c := w.aConsent(p.ID, s)
		spoil(&c)
		if err := w.PutConsent(w.ctx, "sector", c); err == nil {
			w.Errorf("%s: accepted", name)
		} else {
			w.is(err, directory.ErrInvalid)
		}
	}
	w.is(w.PutConsent(w.ctx, "", w.aConsent(p.ID, s)), directory.ErrInvalid)
	for _, c := range []directory.Consent{w.aConsent("", s), w.aConsent(directory.PersonID(uuid.NewString()), s)} {
		w.is(w.PutConsent(w.ctx, "sector", c), directory.ErrNotFound)
	}
	same(w, len(collect(w, w.ListConsents(w.ctx, p.ID))), 0)
}

// consentVersions: what was read a moment ago does not undo a stop.
func consentVersions(w *world) {
	p, s := w.person("marta"), w.serviceID()
	old := w.put("sector", w.aConsent(p.ID, s))
	w.ok(w.StopConsent(w.ctx, directory.As(p.ID), p.ID, s))
	used := old
	used.LastUsed = old.LastUsed.Add(24 * time.Hour)
	w.is(w.PutConsent(w.ctx, "sector", used), directory.ErrConflict)
	now := w.consent(p.ID, s)
	same(w, now.State, directory.Suspended)
	same(w, now.LastUsed, old.LastUsed)
	now.State = directory.Active
	same(w, w.put("sector", now).State, directory.Active)
	same(w, w.put("sector", unversioned(old)).State, directory.Active) // who names none overwrites
	elsewhere := old
	elsewhere.Service = w.serviceID()
	w.is(w.PutConsent(w.ctx, "sector", elsewhere), directory.ErrNotFound)
}

func consentList(w *world) {
	p, other := w.person("marta"), w.person("pau")
	var want []directory.Consent
	for range 5 {
		want = append(want, w.put("sector", w.aConsent(p.ID, w.serviceID())))
	}
	w.put("sector", w.aConsent(other.ID, w.serviceID()))
	got := collect(w, w.ListConsents(w.ctx, p.ID))
	byService := func(x, y directory.Consent) int { return strings.Compare(string(x.Service), string(y.Service)) }
	slices.SortFunc(got, byService)
	slices.SortFunc(want, byService)
	same(w, got, want)
	for range w.ListConsents(w.ctx, p.ID) {
		break
	}
	for _, nobody := range []directory.PersonID{"", directory.PersonID(uuid.NewString())} {
		same(w, len(collect(w, w.ListConsents(w.ctx, nobody))), 0)
	}
}

// consentIsPersonal: the person stops it, and nobody else.
func consentIsPersonal(w *world) {
	unit := w.collective("ateneu")
	p, manager, other := w.person("marta"), w.person("laia"), w.person("pau")
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{Primary: &unit.Name}))
	w.ok(w.AddMember(w.ctx, directory.System(), unit.Name, p.ID))
	w.ok(w.AddManager(w.ctx, directory.System(), unit.Name, manager.ID))
	c := w.put("sector", w.aConsent(p.ID, w.serviceID()))
	for _, by := range []directory.Actor{{}, directory.As(""), directory.As(manager.ID), directory.As(other.ID)} {
		w.is(w.StopConsent(w.ctx, by, p.ID, c.Service), directory.ErrRefused)
	}
	same(w, w.consent(p.ID, c.Service), c)
	w.ok(w.StopConsent(w.ctx, directory.System(), p.ID, c.Service))
	same(w, w.consent(p.ID, c.Service).State, directory.Suspended)
}
