// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// TestEntriesThatOthersMade: a directory that was there before Clau lacks what
// Clau writes, and holds what Clau does not know.
func TestEntriesThatOthersMade(t *testing.T) {
	server := slapdtest.Start(t)
	admin := server.Admin()
	b := open(t, server.Config())
	ctx, system := t.Context(), directory.System()
	is(t, admin.Del(ldap.NewDelRequest("cn=nobody,ou=system,"+server.Base, nil)), nil)
	is(t, b.AuthenticateNobody(ctx, password), directory.ErrPassword)
	is(t, b.AuthenticateNobody(ctx, password), directory.ErrPassword)

	old := ldap.NewAddRequest("clauId=old,ou=people,"+server.Base, nil)
	for name, value := range map[string]string{
		"uid": "vella", "cn": "Vella", "sn": "Soler", "clauId": "old", "clauState": "active",
		"clauCreated": "20200101120000.123Z", "userPassword": "en clar des de sempre", "clauMailVerified": "vella@example.org",
	} {
		old.Attribute(name, []string{value})
	}
	old.Attribute("objectClass", []string{"inetOrgPerson", "clauAccount"})
	is(t, admin.Add(old), nil)
	p, err := b.PersonByLogin(ctx, "vella@example.org")
	is(t, err, nil)
	if p.Name != "Vella" || p.Epoch != 0 || p.Created.Year() != 2020 {
		t.Fatalf("%+v", p)
	}
	_, err = b.Authenticate(ctx, p.ID, "en clar des de sempre")
	is(t, err, nil)
	is(t, b.ChangePerson(ctx, system, p.ID, directory.PersonChange{RaiseEpoch: true}), nil)
	is(t, b.ChangePerson(ctx, system, p.ID, directory.PersonChange{RaiseEpoch: true}), nil)
	if p, err = b.Person(ctx, p.ID); err != nil || p.Epoch != 2 {
		t.Fatalf("epoch %d, %v", p.Epoch, err)
	}

	// An entry of another application with a login name is nobody here.
	other := ldap.NewAddRequest("uid=robot,ou=people,"+server.Base, nil)
	other.Attribute("objectClass", []string{"inetOrgPerson"})
	for _, name := range []string{"uid", "cn", "sn"} {
		other.Attribute(name, []string{"robot"})
	}
	is(t, admin.Add(other), nil)
	_, err = b.PersonByLogin(ctx, "robot")
	is(t, err, directory.ErrNotFound)

	// A service that cannot be read does not take the others with it.
	unit := directory.Collective{ID: "unit", Name: "ateneu", State: directory.Active, Title: "Ateneu"}
	is(t, b.AddCollective(ctx, system, unit), nil)
	for _, name := range []directory.ServiceName{"nuvol", "agora"} {
		is(t, b.AddService(ctx, system, directory.Service{
			ID: directory.ServiceID(name), Name: name, Collective: "ateneu", State: directory.Active, Title: "x",
			OIDC: &directory.OIDCClient{ID: directory.ClientID(name)},
		}), nil)
	}
	is(t, admin.Modify(set("cn=agora,ou=services,ou=ateneu,ou=collectives,"+server.Base, "clauMetadata", "{broken")), nil)
	var names []directory.ServiceName
	for s, err := range b.ListServices(ctx, directory.ServiceFilter{}) {
		is(t, err, nil)
		names = append(names, s.Name)
	}
	if len(names) != 1 || names[0] != "nuvol" {
		t.Fatal(names)
	}
	_, err = b.ServiceByName(ctx, "agora")
	is(t, err, directory.ErrInvalid)
}
