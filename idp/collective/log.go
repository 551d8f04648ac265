// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

const (
	// logMonths is how far back the log of a collective goes.
	logMonths = 12

	// logMax is how many events are read at most; older ones are in the record
	// that the operators keep.
	logMax = 2000
)

// log shows what happened in the collective, newest first.
func (a *Room) log(w http.ResponseWriter, v visit) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	events, err := a.Activity.OfCollective(v.Context(), v.name, a.Now().AddDate(0, -logMonths, 0), logMax)
	if err != nil {
		return err
	}
	s := v.span(len(events))
	page := themes.CollectiveLog{Manage: a.manage(v, c, "activity"), Newer: s.previous, Older: s.next}
	page.Entries, err = a.entries(v, events[s.from:s.to])
	if err != nil {
		return err
	}
	return a.show(w, v, http.StatusOK, page)
}

// entries resolves the ids of events. Of somebody who is not there any more
// nothing is known but that they were.
func (a *Room) entries(v visit, events []audit.Event) ([]themes.LogView, error) {
	called, err := a.called(v.Context(), whoIsIn(events))
	if err != nil {
		return nil, err
	}
	members, err := a.roster(v.Context(), v.name)
	if err != nil {
		return nil, absent(err)
	}
	services, err := a.Directory.Services(v.Context())
	if err != nil {
		return nil, err
	}
	titles := map[directory.ServiceID]string{}
	for _, s := range services {
		titles[s.ID] = s.Title
	}
	out := make([]themes.LogView, len(events))
	for i, e := range events {
		view := themes.LogView{
			When: a.Pages.DateTime(v.lang, e.At.In(a.Now().Location()).Truncate(time.Minute)), Kind: string(e.Kind), Service: titles[e.Service],
			Actor: a.actor(v, e, called),
		}
		if e.Person != "" {
			view.Person = a.someone(v, e.Person, called)
			if members.has(e.Person) {
				view.Person.Path = path(v.name, "members", string(e.Person))
			}
		}
		view.Matter, view.Other = a.about(v, e)
		out[i] = view
	}
	return out, nil
}

// whoIsIn are the people that events name, each once.
func whoIsIn(events []audit.Event) []directory.PersonID {
	seen := map[directory.PersonID]bool{"": true, audit.Command: true, audit.System: true}
	var ids []directory.PersonID
	for _, e := range events {
		for _, id := range []directory.PersonID{e.Person, e.Actor} {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func (a *Room) someone(v visit, id directory.PersonID, called map[directory.PersonID]known) themes.Named {
	if k, there := called[id]; there {
		return themes.Named{Name: k.name, Handle: string(k.handle)}
	}
	return themes.Named{Name: a.Pages.Text(v.lang, "log.left")}
}

// actor is who did it, if it was not the person.
func (a *Room) actor(v visit, e audit.Event, called map[directory.PersonID]known) string {
	switch e.Actor {
	case "", e.Person:
		return ""
	case audit.Command:
		return a.Pages.Text(v.lang, "log.command")
	case audit.System:
		return a.Pages.Text(v.lang, "log.system")
	}
	return a.someone(v, e.Actor, called).Name
}

// about is the kind of case of an event, or the collective that it was passed to.
func (a *Room) about(v visit, e audit.Event) (matter, other string) {
	switch e.Kind {
	case audit.CasePassed:
		return "", a.titleOf(v.Context(), directory.CollectiveName(e.Reason))
	case audit.CaseOpened, audit.CaseAgreed, audit.CaseAsked, audit.CaseAnswered, audit.CaseAccepted,
		audit.CaseRefused, audit.CaseWithdrawn, audit.CaseLapsed:
		return e.Reason, ""
	}
	return "", ""
}
