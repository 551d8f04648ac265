// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"context"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// Ear hears from the record what forums should know, and hands the record on.
// The record is where every way of changing something leaves a line, whichever
// page or command it came from.
type Ear struct {
	Next audit.Log

	provider *Provider
}

var _ audit.Log = (*Ear)(nil)

// Employ lets the ear tell a provider. It is the wiring's last step, before the
// first request: the provider needs what writes to the record.
func (e *Ear) Employ(p *Provider) { e.provider = p }

// Write implements [audit.Log]. That a forum could not be told later costs the
// event nothing.
func (e *Ear) Write(ctx context.Context, ev audit.Event) {
	e.Next.Write(ctx, ev)
	if e.provider == nil || ev.Person == "" || !tells(ev.Kind) {
		return
	}
	ctx = context.WithoutCancel(ctx) // who closes the page has changed it all the same
	if err := e.provider.Push(ctx, ev.Person, ev.Service); err != nil {
		e.provider.c.Logger.Warn("forums not told", "kind", ev.Kind, "cause", err)
	}
}

// tells reports whether a forum may know otherwise after an event. What changes
// of a forum itself, such as the attributes that it may be given, it learns at
// each person's next sign-on: nothing lists who entered a service, and one event
// must not queue everybody there is.
func tells(kind audit.Kind) bool {
	switch kind {
	case audit.ProfileChanged, audit.AddressChanged, audit.PersonChanged,
		audit.MemberAdded, audit.MemberRemoved, audit.MemberLeft,
		audit.AccessGranted, audit.AccessRevoked,
		audit.PersonSuspended, audit.PersonRestored, audit.EraseAsked, audit.EraseCancelled,
		audit.ConsentStopped:
		return true
	}
	return false
}

// Push lets the forums know what is so now of a person: all of them, or the one
// that is named. It is done a little later, so that changes made together are
// told together, and every node has heard of them.
func (p *Provider) Push(ctx context.Context, person directory.PersonID, only directory.ServiceID) error {
	services, err := p.c.Directory.Services(ctx)
	if err != nil {
		return err
	}
	var waiting []errand
	for _, s := range services {
		if s.Protocol() == directory.ProtocolDiscourse && (only == "" || only == s.ID) {
			waiting = append(waiting, errand{Service: s.ID, Person: person})
		}
	}
	return p.queue(ctx, waiting)
}
