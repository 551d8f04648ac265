// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
)

// deed is something that managers do to a member.
type deed struct {
	name string
	do   func(f *federation, by membership.By, id directory.PersonID) error
}

func deeds() []deed {
	return []deed{
		{"suspend", func(f *federation, by membership.By, id directory.PersonID) error {
			_, err := f.room.Suspend(f.Context(), by, id, "a reason", time.Time{})
			return err
		}},
		{"restore", func(f *federation, by membership.By, id directory.PersonID) error {
			return f.room.Restore(f.Context(), by, id)
		}},
		{"expel", func(f *federation, by membership.By, id directory.PersonID) error {
			_, err := f.room.Expel(f.Context(), by, id, "a reason")
			return err
		}},
		{"appoint", func(f *federation, by membership.By, id directory.PersonID) error {
			_, err := f.room.Appoint(f.Context(), by, id)
			return err
		}},
		{"dismiss", func(f *federation, by membership.By, id directory.PersonID) error {
			_, err := f.room.Dismiss(f.Context(), by, id)
			return err
		}},
		{"reset", func(f *federation, by membership.By, id directory.PersonID) error {
			return f.room.SendReset(f.Context(), by, id)
		}},
		{"entrust", func(f *federation, by membership.By, id directory.PersonID) error {
			return f.room.Entrust(f.Context(), by, "nuvol", id, true)
		}},
	}
}

// relations are what somebody can be to the managers of the Ateneu.
func relations() map[string]func(f *federation) directory.PersonID {
	member := func(f *federation) directory.PersonID { return f.somebody("member", ateneu) }
	return map[string]func(f *federation) directory.PersonID{
		"oneself":     func(f *federation) directory.PersonID { return f.anna },
		"a member":    member,
		"a colleague": func(f *federation) directory.PersonID { return f.managerOf("colleague", ateneu) },
		"a member who is suspended": func(f *federation) directory.PersonID {
			id := member(f)
			f.state(id, directory.Suspended)
			return id
		},
		"a member who is to be erased": func(f *federation) directory.PersonID {
			id := member(f)
			f.state(id, directory.Retired)
			return id
		},
		"a member who manages another": func(f *federation) directory.PersonID {
			id := member(f)
			f.must(f.dir.AddManager(f.Context(), directory.System(), horta, id))
			return id
		},
		"a member who keeps a service here": func(f *federation) directory.PersonID {
			id := member(f)
			f.keeps("nuvol", id)
			return id
		},
		"a member who keeps a service elsewhere": func(f *federation) directory.PersonID {
			id := member(f)
			f.keeps("hort", id)
			return id
		},
		"a member whose primary is another": func(f *federation) directory.PersonID { return f.somebody("guest", horta, ateneu) },
		"a member without address": func(f *federation) directory.PersonID {
			id := member(f)
			empty, none := "", []string{}
			f.must(f.dir.ChangePerson(f.Context(), directory.System(), id, directory.PersonChange{Mail: &empty, Verified: &none}))
			return id
		},
		"another's member": func(f *federation) directory.PersonID { return f.somebody("stranger", horta) },
		"nobody's member":  func(f *federation) directory.PersonID { return f.somebody("hermit") },
		"nobody":           func(*federation) directory.PersonID { return directory.PersonID(uuid.NewString()) },
		"a hostile name":   func(*federation) directory.PersonID { return "x,ou=people)(clauId=*" },
		"no name at all":   func(*federation) directory.PersonID { return "" },
	}
}

func (f *federation) state(id directory.PersonID, s directory.State) {
	f.Helper()
	f.must(f.dir.ChangePerson(f.Context(), directory.System(), id, directory.PersonChange{State: &s}))
}

func (f *federation) keeps(name directory.ServiceName, id directory.PersonID) {
	f.Helper()
	s, err := f.dir.ServiceByName(f.Context(), name)
	f.must(err)
	s.Managers = append(s.Managers, id)
	f.must(f.dir.ReplaceService(f.Context(), directory.System(), s))
}

// Who may do what to whom: each cell is tried. Where nothing is written a
// manager may.
func TestWhatManagersMayDoToWhom(t *testing.T) {
	self, done, exceeds, gone, mute := membership.ErrSelf, membership.ErrDone, membership.ErrExceeds, membership.ErrNotThere, membership.ErrNoAddress
	none := map[string]error{"suspend": gone, "restore": gone, "expel": gone, "appoint": gone, "dismiss": gone, "reset": gone, "entrust": gone}
	table := map[string]map[string]error{
		"oneself":                                {"suspend": self, "restore": self, "expel": self, "appoint": done, "reset": self, "entrust": self},
		"a member":                               {"restore": done, "dismiss": done},
		"a colleague":                            {"suspend": exceeds, "restore": done, "expel": exceeds, "appoint": done},
		"a member who is suspended":              {"suspend": done, "appoint": gone, "dismiss": done, "entrust": gone},
		"a member who is to be erased":           {"suspend": done, "restore": done, "appoint": gone, "dismiss": done, "reset": done, "entrust": gone},
		"a member who manages another":           {"suspend": exceeds, "restore": done, "dismiss": done, "reset": exceeds},
		"a member who keeps a service here":      {"restore": done, "dismiss": done},
		"a member who keeps a service elsewhere": {"suspend": exceeds, "restore": done, "dismiss": done, "reset": exceeds},
		"a member whose primary is another":      {"suspend": exceeds, "restore": exceeds, "dismiss": done, "reset": exceeds},
		"a member without address":               {"restore": done, "dismiss": done, "reset": mute},
		"another's member":                       none, "nobody's member": none, "nobody": none, "a hostile name": none, "no name at all": none,
	}
	f := newFederation(t)
	f.service("nuvol", ateneu)
	f.service("hort", horta)
	for relation, make := range relations() {
		want, known := table[relation]
		if !known {
			t.Errorf("the table has no %s", relation)
		}
		for _, d := range deeds() {
			err := d.do(f, manager(f.anna, ateneu), make(f))
			if !errors.Is(err, want[d.name]) {
				t.Errorf("%s %s: %v, want %v", d.name, relation, err, want[d.name])
			}
			if relation == "oneself" && d.name == "dismiss" { // she may; she is back for what follows
				f.must(f.dir.AddManager(t.Context(), directory.System(), ateneu, f.anna))
			}
		}
	}
}

// Nobody but a manager of the collective does anything to anybody: not its
// members, not those who keep its services, not another's managers, nobody who
// was one a moment ago, and nobody who says so of themselves.
func TestNobodyElseMayDoAnything(t *testing.T) {
	f := newFederation(t)
	f.service("nuvol", ateneu)
	f.service("hort", horta)
	former := f.managerOf("former", ateneu)
	f.must(f.dir.RemoveManager(t.Context(), directory.System(), ateneu, former))
	keeper := f.somebody("keeper", ateneu)
	f.keeps("nuvol", keeper)
	actors := map[string]directory.PersonID{
		"a member": f.somebody("plain", ateneu), "a service's admin": keeper, "a manager of another": f.dolors,
		"who was one": former, "a stranger": f.somebody("stranger", horta), "nobody": "", "who is not there": directory.PersonID(uuid.NewString()),
	}
	for who, actor := range actors {
		claims := manager(actor, ateneu)
		claims.Standing = directory.Standing{Memberships: []directory.Membership{{Collective: ateneu, Manager: true}}}
		for relation, make := range relations() {
			for _, d := range deeds() {
				if err := d.do(f, claims, make(f)); !errors.Is(err, membership.ErrNotThere) {
					t.Errorf("%s: %s %s: %v", who, d.name, relation, err)
				}
			}
		}
	}
	if len(f.mails.all()) != 0 || len(f.audit.Events()) != 0 {
		t.Errorf("something happened: %v", f.audit.Events())
	}
}

// A collective's path does not lead to one's own members, nor one's own path
// to another's.
func TestAManagerActsWhereTheyManageOnly(t *testing.T) {
	f := newFederation(t)
	f.service("nuvol", ateneu)
	own, foreign := f.somebody("own", ateneu), f.somebody("foreign", horta)
	for _, d := range deeds() {
		f.is(d.do(f, manager(f.anna, horta), own), membership.ErrNotThere)
		f.is(d.do(f, manager(f.anna, horta), foreign), membership.ErrNotThere)
		f.is(d.do(f, manager(f.anna, ateneu), foreign), membership.ErrNotThere)
		f.is(d.do(f, manager(f.anna, "no-such"), own), membership.ErrNotThere)
	}
}
