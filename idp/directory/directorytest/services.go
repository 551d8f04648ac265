// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// readService reads a service, checks that it has a version, and takes it off
// for comparison.
func (w *world) readService(id directory.ServiceID) (directory.Service, string) {
	w.Helper()
	s, err := w.Service(w.ctx, id)
	w.ok(err)
	version := s.Version
	if version == "" {
		w.Fatal("no version")
	}
	s.Version = ""
	if s.OIDC != nil {
		slices.Sort(s.OIDC.RedirectURIs)
	}
	return s, version
}

func serviceLife(w *world) {
	host, guest := w.collective("amfitrio"), w.collective("convidat")
	p := w.person("marta")
	s := w.aService("nuvol", host.Name)
	s.Guests, s.Managers = []directory.CollectiveName{guest.Name}, []directory.PersonID{p.ID}
	s.OIDC.RedirectURIs = []string{"app:/callback", "https://nuvol.example.org/a?b=c&d=%20", "https://nuvol.example.org/callback"}
	w.ok(w.AddService(w.ctx, directory.System(), s))
	got, _ := w.readService(s.ID)
	same(w, got, s)
	byName, err := w.ServiceByName(w.ctx, s.Name)
	w.ok(err)
	byClient, err := w.ServiceByClientID(w.ctx, s.OIDC.ID)
	w.ok(err)
	same(w, []directory.ServiceID{byName.ID, byClient.ID}, []directory.ServiceID{s.ID, s.ID})
	same(w, len(collect(w, w.ListServices(w.ctx, directory.ServiceFilter{Collective: host.Name}))), 1)
	same(w, len(collect(w, w.ListServices(w.ctx, directory.ServiceFilter{Collective: guest.Name}))), 0)
	same(w, len(collect(w, w.ListServices(w.ctx, directory.ServiceFilter{Collective: "no-such-unit"}))), 0)
	all := collect(w, w.ListServices(w.ctx, directory.ServiceFilter{}))
	same(w, slices.ContainsFunc(all, func(each directory.Service) bool { return each.ID == s.ID }), true)

	plain := directory.Service{ID: directory.ServiceID(uuid.NewString()), Name: directory.ServiceName("agora-" + w.mark), Collective: host.Name, State: directory.Active, Title: "Àgora"}
	w.ok(w.AddService(w.ctx, directory.System(), plain))
	got, _ = w.readService(plain.ID)
	same(w, got, plain)

	w.ok(w.RemoveService(w.ctx, directory.System(), s.ID))
	_, err = w.Service(w.ctx, s.ID)
	w.is(err, directory.ErrNotFound)
	_, err = w.ServiceByName(w.ctx, s.Name)
	w.is(err, directory.ErrNotFound)
	w.is(w.RemoveService(w.ctx, directory.System(), s.ID), directory.ErrNotFound)
}

func serviceInvalid(w *world) {
	c := w.collective("ateneu")
	for name, spoil := range map[string]func(*directory.Service){
		"no id":               func(s *directory.Service) { s.ID = "" },
		"no title":            func(s *directory.Service) { s.Title = "" },
		"no state":            func(s *directory.Service) { s.State = "" },
		"no name":             func(s *directory.Service) { s.Name = "" },
		"name with a comma":   func(s *directory.Service) { s.Name = "a,b" },
		"name with two dash":  func(s *directory.Service) { s.Name = "a--b" },
		"client without id":   func(s *directory.Service) { s.OIDC.ID = "" },
		"client with a space": func(s *directory.Service) { s.OIDC.ID += " " },
		"unknown bridge":      func(s *directory.Service) { s.OIDC.Metadata.Bridge = directory.ProtocolSAML },
	} {
		s := w.aService("nuvol", c.Name)
		spoil(&s)
		if err := w.AddService(w.ctx, directory.System(), s); err == nil {
			w.Errorf("%s: accepted", name)
		} else {
			w.is(err, directory.ErrInvalid)
		}
	}
	w.is(w.AddService(w.ctx, directory.System(), w.aService("nuvol", "no-such-unit")), directory.ErrNotFound)
}

func serviceUnique(w *world) {
	a, b := w.collective("alella"), w.collective("bcn")
	s := w.service("nuvol", a.Name)
	for _, twin := range []func(*directory.Service){
		func(t *directory.Service) { t.ID = s.ID },
		func(t *directory.Service) { t.Name = s.Name },
		func(t *directory.Service) { t.OIDC.ID = s.OIDC.ID },
	} {
		t := w.aService("agora", b.Name)
		twin(&t)
		w.is(w.AddService(w.ctx, directory.System(), t), directory.ErrExists)
	}
	t := w.service("agora", b.Name)
	t.OIDC.ID = s.OIDC.ID
	w.is(w.ReplaceService(w.ctx, directory.System(), t), directory.ErrExists)
	_, err := w.ServiceByClientID(w.ctx, directory.ClientID(strings.ToUpper(string(s.OIDC.ID))))
	w.is(err, directory.ErrNotFound) // client ids are exact
}

func serviceReplaced(w *world) {
	c, guest := w.collective("ateneu"), w.collective("convidat")
	s := w.service("nuvol", c.Name)
	_, version := w.readService(s.ID)
	s.Title, s.Description, s.URL, s.Sector, s.Access = "Nou", "", "", "", ""
	s.Guests = []directory.CollectiveName{guest.Name}
	s.OIDC.RedirectURIs, s.OIDC.Metadata = []string{"https://nou.example.org/"}, directory.ClientMetadata{AuthMethod: "none"}
	s.OIDC.Secrets = nil
	s.Version = version
	w.ok(w.ReplaceService(w.ctx, directory.System(), s))
	w.is(w.ReplaceService(w.ctx, directory.System(), s), directory.ErrConflict)
	s.Version = ""
	got, next := w.readService(s.ID)
	same(w, got, s)
	if next == version {
		w.Fatal("the version did not change")
	}
	without := s
	without.OIDC = nil
	w.ok(w.ReplaceService(w.ctx, directory.System(), without)) // no version: whatever is there
	got, _ = w.readService(s.ID)
	same(w, got, without)
	_, err := w.ServiceByClientID(w.ctx, s.OIDC.ID)
	w.is(err, directory.ErrNotFound)
	w.ok(w.ReplaceService(w.ctx, directory.System(), s))
	got, _ = w.readService(s.ID)
	same(w, got, s)

	renamed := s
	renamed.Name += "2"
	w.is(w.ReplaceService(w.ctx, directory.System(), renamed), directory.ErrInvalid)
	moved := s
	moved.Collective = guest.Name
	w.is(w.ReplaceService(w.ctx, directory.System(), moved), directory.ErrInvalid)
	w.is(w.ReplaceService(w.ctx, directory.System(), w.aService("mai", c.Name)), directory.ErrNotFound)
}

func clientSecrets(w *world) {
	c := w.collective("ateneu")
	s := w.aService("nuvol", c.Name)
	s.OIDC.Secrets = nil
	for i := range 12 {
		s.OIDC.Secrets = append(s.OIDC.Secrets, directory.ClientSecret{
			SHA256:  strings.Repeat(string(rune('z'-i)), 43),
			Expires: time.Date(2027, 1, 1+i, 0, 0, 0, 0, time.UTC),
		})
	}
	w.ok(w.AddService(w.ctx, directory.System(), s))
	got, _ := w.readService(s.ID)
	same(w, got.OIDC.Secrets, s.OIDC.Secrets)
}

func keys(w *world) {
	id := directory.KeyID("k" + w.mark)
	k := directory.Key{
		ID: id, Algorithm: "ES256", State: directory.Active, Public: []byte(`{"kty":"EC"}`), Sealed: []byte{0, 1, 0xff, '\n'},
		Created: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), Activates: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
	}
	find := func() (directory.Key, bool) {
		w.Helper()
		list, err := w.ListKeys(w.ctx)
		w.ok(err)
		i := slices.IndexFunc(list, func(each directory.Key) bool { return each.ID == id })
		if i < 0 {
			return directory.Key{}, false
		}
		return list[i], true
	}
	w.is(w.ReplaceKey(w.ctx, k), directory.ErrNotFound)
	w.ok(w.AddKey(w.ctx, k))
	w.is(w.AddKey(w.ctx, k), directory.ErrExists)
	got, _ := find()
	same(w, got, k)
	k.State, k.Retires, k.Expires = directory.Retired, k.Activates.AddDate(0, 3, 0), k.Activates.AddDate(0, 4, 0)
	w.ok(w.ReplaceKey(w.ctx, k))
	got, _ = find()
	same(w, got, k)

	// A certificate that waits, and is withdrawn: its key is gone for good.
	k.Algorithm, k.State, k.Public, k.Activates, k.Retires, k.Expires = "saml", directory.Active, []byte{0x30, 0x82, 0, 0xff}, time.Time{}, time.Time{}, time.Time{}
	w.ok(w.ReplaceKey(w.ctx, k))
	got, _ = find()
	same(w, got, k)
	k.State, k.Sealed = directory.Retired, nil
	w.ok(w.ReplaceKey(w.ctx, k))
	got, _ = find()
	same(w, got, k)

	w.ok(w.RemoveKey(w.ctx, id))
	w.is(w.RemoveKey(w.ctx, id), directory.ErrNotFound)
	_, there := find()
	same(w, there, false)
	w.is(w.AddKey(w.ctx, directory.Key{Algorithm: "ES256", State: directory.Active}), directory.ErrInvalid)
}
