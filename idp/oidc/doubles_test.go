// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
)

// events is an audit log in memory.
type events struct {
	mu  sync.Mutex
	all []audit.Event
}

func (e *events) Write(_ context.Context, one audit.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, one)
}

func (e *events) last() audit.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.all) == 0 {
		return audit.Event{}
	}
	return e.all[len(e.all)-1]
}

// people is the directory.
type people struct {
	mu       sync.Mutex
	person   directory.Person
	standing directory.Standing
	services map[directory.ServiceID]directory.Service
	down     error
}

func sample() *people {
	return &people{
		person: directory.Person{
			ID: "person-1", Handle: "mireia", State: directory.Active, Name: "Mireia Ñandú", GivenName: "Mireia", FamilyName: "Ñandú",
			Mail: "mireia@coop.example", Verified: []string{"mireia@coop.example"}, Language: "ca", Seed: []byte("seed"),
		},
		standing: directory.Standing{Memberships: []directory.Membership{{Collective: "coop"}}},
		services: map[directory.ServiceID]directory.Service{},
	}
}

func (d *people) ServiceByClientID(_ context.Context, id directory.ClientID) (directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.services {
		if s.OIDC != nil && s.OIDC.ID == id {
			return s, d.down
		}
	}
	return directory.Service{}, cmp.Or(d.down, directory.ErrNotFound)
}

func (d *people) Service(_ context.Context, id directory.ServiceID) (directory.Service, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.services[id]
	if !ok {
		return s, cmp.Or(d.down, directory.ErrNotFound)
	}
	return s, d.down
}

func (d *people) Person(context.Context, directory.PersonID) (directory.Person, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.person, d.down
}

func (d *people) change(do func(*people)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	do(d)
}

// doorman stands for the pipeline: a session or none, open or not.
type doorman struct {
	w      *world
	last   signon.Request
	refuse signon.Reason
}

func (d *doorman) Begin(w http.ResponseWriter, r *http.Request, req signon.Request) error {
	d.last = req
	s, err := d.w.manager.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return d.w.p.Refuse(w, r, req, signon.Unavailable)
	}
	if d.refuse != "" {
		return d.w.p.Refuse(w, r, req, d.refuse)
	}
	if err != nil && req.Passive {
		return d.w.p.Refuse(w, r, req, signon.LoginRequired)
	}
	if err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return nil
	}
	a, err := d.Admit(r.Context(), s.Person, req.Service, s.Epoch, req.Need)
	if err != nil {
		return d.w.p.Refuse(w, r, req, signon.AccessDenied)
	}
	if req.SubjectHint != "" && req.SubjectHint != a.Subject {
		return d.w.p.Refuse(w, r, req, signon.LoginRequired)
	}
	sid := "sid-" + string(a.Service.Name) + "-" + s.Key
	return d.w.p.Answer(w, r, signon.Result{
		Request: req, Service: a.Service, Person: a.Person, Standing: a.Standing, Session: s, Subject: a.Subject, SID: sid,
		Release: release.Decide(req.Need, release.Facts{Person: a.Person, Standing: a.Standing, Service: a.Service, Terms: a.Terms}),
		Writes:  d.w.room.Enter(s, logout.Participant{Protocol: "oidc", Service: a.Service.ID, Subject: a.Subject, SID: sid}),
	})
}

func (d *doorman) Admit(ctx context.Context, _ directory.PersonID, service directory.ServiceID, epoch int64, _ release.Need) (signon.Admission, error) {
	s, err := d.w.people.Service(ctx, service)
	if err != nil {
		return signon.Admission{}, err
	}
	d.w.people.mu.Lock()
	defer d.w.people.mu.Unlock()
	who := d.w.people.person
	if !who.MayEnter(d.w.clock.Now()) || epoch < who.Epoch {
		return signon.Admission{}, signon.ErrStopped
	}
	if !s.Open(d.w.people.standing) {
		return signon.Admission{}, signon.ErrClosed
	}
	subject, err := d.SubjectOf(ctx, s, who)
	return signon.Admission{
		Person: who, Standing: d.w.people.standing, Service: s, Subject: subject, Terms: d.w.everything(),
	}, err
}

// everything is what somebody agreed to who unticked nothing.
func (w *world) everything() release.Terms {
	t := release.Terms{Allowed: release.Attributes()}
	for _, m := range w.people.standing.Memberships {
		t.Groups = append(t.Groups, m.Collective)
	}
	return t
}

func (d *doorman) SubjectOf(_ context.Context, s directory.Service, p directory.Person) (string, error) {
	sum := sha256.Sum256(append([]byte(s.ID), p.Seed...))
	return "s" + base64.RawURLEncoding.EncodeToString(sum[:20]), nil
}

// failing cannot decide.
type failing struct{ SignOns }

func (failing) Admit(context.Context, directory.PersonID, directory.ServiceID, int64, release.Need) (signon.Admission, error) {
	return signon.Admission{}, ldapDown()
}
