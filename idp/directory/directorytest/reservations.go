// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"fmt"
	"strings"
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// consentReserves: what a sector knows somebody by is never anybody else's,
// not even after they took another name, stopped the service or left.
func consentReserves(w *world) {
	marta, pau := w.person("marta"), w.person("pau")
	ours := w.put("sector", w.aConsent(marta.ID, w.serviceID()))
	taken := func(what string) {
		w.Helper()
		for name, c := range map[string]directory.Consent{
			"subject":             {Subject: ours.Subject},
			"handle":              {Handle: ours.Handle},
			"handle in capitals":  {Handle: strings.ToUpper(ours.Handle)},
			"alias":               {Alias: ours.Alias},
			"alias in capitals":   {Alias: strings.ToUpper(ours.Alias)},
			"alias among new":     {Alias: ours.Alias, Subject: "new", Handle: "new-" + w.mark},
			"somebody's login":    {Handle: string(marta.Handle)},
			"that in capitals":    {Handle: strings.ToUpper(string(marta.Handle))},
			"own reservation too": {Handle: ours.Handle, Pseudonym: what},
		} {
			c.Person, c.Service, c.State, c.Decided = pau.ID, w.serviceID(), directory.Active, ours.Decided
			if err := w.PutConsent(w.ctx, "sector", c); err == nil {
				w.Errorf("%s: the %s is given again", what, name)
			} else {
				w.is(err, directory.ErrExists)
			}
			_, err := w.Consent(w.ctx, pau.ID, c.Service)
			w.is(err, directory.ErrNotFound)
		}
	}
	taken("in use")

	// Another service of the same sector knows the person by the same.
	twin := ours
	twin.Service, twin.Version = w.serviceID(), ""
	w.put("sector", twin)
	w.put("sector", twin)

	renamed := w.consent(marta.ID, ours.Service)
	renamed.Subject, renamed.Handle, renamed.Alias, renamed.Identity = "", "nova-"+w.mark, "", 3
	w.put("sector", renamed)
	taken("given up")
	w.ok(w.StopConsent(w.ctx, directory.As(marta.ID), marta.ID, ours.Service))
	taken("stopped")
	w.ok(w.RemovePerson(w.ctx, directory.System(), marta.ID))
	taken("of somebody who left")
}

// consentAddresses: an alias is nobody's address; sectors do not share handles.
func consentAddresses(w *world) {
	marta, pau := w.person("marta"), w.person("pau")
	c := w.aConsent(marta.ID, w.serviceID())
	c.Alias = strings.ToUpper(pau.Mail)
	w.is(w.PutConsent(w.ctx, "sector", c), directory.ErrExists)
	c.Alias, c.Handle = "", string(marta.Handle) // her own
	w.put("sector", c)

	c = w.aConsent(marta.ID, w.serviceID())
	w.put("one", c)
	theirs := directory.Consent{
		Person: pau.ID, Service: c.Service, State: directory.Active, Decided: c.Decided, Subject: c.Subject, Handle: c.Handle,
	}
	w.put("another", theirs)
}

func personBySubject(w *world) {
	marta, pau := w.person("marta"), w.person("pau")
	odd := []string{"a|b", "a%7Cb", "Josep  Maria", "Josep Maria", "josé", "*", "(x)", `\2a`, "x\x00y", "X\x00y", " "}
	for i, subject := range odd {
		who := []directory.PersonID{marta.ID, pau.ID}[i%2]
		c := directory.Consent{Person: who, Service: w.serviceID(), State: directory.Active, Decided: marta.Created, Subject: subject}
		w.put("s|"+w.mark, c)
	}
	for i, subject := range odd {
		who, err := w.PersonBySubject(w.ctx, "s|"+w.mark, subject)
		w.ok(err)
		same(w, who, []directory.PersonID{marta.ID, pau.ID}[i%2])
	}
	for _, q := range [][2]string{
		{"s|" + w.mark, "b"}, {"s|" + w.mark, "A|b"}, {"s|" + w.mark, ""}, {"", "a|b"}, {"s", w.mark + "|a|b"}, {"*", "*"},
		{"s|" + w.mark + "|a", "b"}, {"s|" + w.mark, "a*"}, {"s|" + w.mark, "Josep   Maria"},
	} {
		_, err := w.PersonBySubject(w.ctx, q[0], q[1])
		w.absent("subject", q[1], err)
	}
	w.ok(w.RemovePerson(w.ctx, directory.System(), marta.ID))
	_, err := w.PersonBySubject(w.ctx, "s|"+w.mark, odd[0])
	w.is(err, directory.ErrNotFound)
}

// consentRaces: of two people who want one handle at once, one gets it; of two
// nodes that write one decision at once, none fails.
func consentRaces(w *world) {
	marta, pau := w.person("marta"), w.person("pau")
	s := w.serviceID()
	for i := range 10 {
		handle := fmt.Sprintf("garsa-%d-%s", i, w.mark)
		errs := together(2, func(n int) error {
			c := directory.Consent{Service: s, State: directory.Active, Decided: marta.Created, Handle: handle}
			c.Person = []directory.PersonID{marta.ID, pau.ID}[n]
			return w.PutConsent(w.ctx, "sector", c)
		})
		for _, err := range errs {
			if err != nil {
				w.is(err, directory.ErrExists)
			}
		}
		if (errs[0] == nil) == (errs[1] == nil) {
			w.Fatalf("%s: %v, %v", handle, errs[0], errs[1])
		}
		c := w.aConsent(marta.ID, w.serviceID())
		for _, err := range together(4, func(int) error { return w.PutConsent(w.ctx, "sector", c) }) {
			w.ok(err)
		}
	}
}

// together calls f n times at once and returns what each call did.
func together(n int, f func(int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	return errs
}
