// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"errors"
	"reflect"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// entryOf is a service as a server holds it.
func entryOf(attributes map[string][]string) *ldap.Entry {
	return ldap.NewEntry("cn=nuvol,ou=services,ou=a,ou=collectives,dc=clau", attributes)
}

// TestServicesOfBefore: what an older Clau wrote reads as it did then.
func TestServicesOfBefore(t *testing.T) {
	for name, c := range map[string]struct {
		metadata []string
		want     directory.Service
	}{
		"with a preset": {
			[]string{`{"token_endpoint_auth_method":"none","clau_preset":"nextcloud"}`},
			directory.Service{Preset: "nextcloud", OIDC: &directory.OIDCClient{Metadata: directory.ClientMetadata{AuthMethod: "none"}}},
		},
		"with nothing":        {[]string{`{}`}, directory.Service{OIDC: &directory.OIDCClient{}}},
		"without metadata":    {nil, directory.Service{OIDC: &directory.OIDCClient{}}},
		"with unknown things": {[]string{`{"clau_later":[1],"grant_types":null}`}, directory.Service{OIDC: &directory.OIDCClient{}}},
	} {
		got, err := newTree("dc=clau").serviceOf(entryOf(map[string][]string{
			"objectClass": {"clauServiceEntry", "CLAUOIDCCLIENT"}, "clauClientId": {"nuvol"}, "clauMetadata": c.metadata,
		}))
		c.want.Name, c.want.Collective, c.want.OIDC.ID = "nuvol", "a", "nuvol"
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestAServiceOfTwoProtocolsIsNone: it would be guarded by the rules of one and
// answered by the other.
func TestAServiceOfTwoProtocolsIsNone(t *testing.T) {
	for i, one := range protocolClasses() {
		for _, other := range protocolClasses()[i+1:] {
			_, err := newTree("dc=clau").serviceOf(entryOf(map[string][]string{
				"objectClass": {"clauServiceEntry", one, other}, "clauClientId": {"x"}, "clauEntityId": {"x"},
			}))
			if !errors.Is(err, directory.ErrInvalid) {
				t.Errorf("%s and %s: %v", one, other, err)
			}
		}
	}
}

// FuzzRegistration: whatever stands in clauMetadata, of whatever protocol, is
// refused or is what is written back.
func FuzzRegistration(f *testing.F) {
	for _, s := range []string{
		"", "{}", "null", "[]", `"x"`, "{", "\xff", `{"clau_preset":"moodle"}`, `{"clau_preset":7}`, `{"jwks":{"keys":[]}}`,
		`{"fetched":"2026-11-01T09:00:00.5+01:00","attributes":["mail"],"group_names":{"a":""}}`, `{"connectors":[1],"full_groups":true}`,
		`{"rules":[{"prefix":"/","open":true,"collectives":["a"]}],"attributes":[]}`, `{"CLAU_PRESET":"x"}`, `{"grant_types":["a"],"grant_types":["b"]}`,
	} {
		for i := range protocolClasses() {
			f.Add(s, uint(i))
		}
	}
	tree := newTree("dc=clau")
	f.Fuzz(func(t *testing.T, raw string, class uint) {
		held := map[string][]string{
			"objectClass": {"clauServiceEntry", protocolClasses()[class%4]}, "clauMetadata": {raw}, "clauClientId": {"x"}, "clauEntityId": {"x"},
		}
		s, err := tree.serviceOf(entryOf(held))
		if err != nil {
			return
		}
		entry, err := protocolEntry(s)
		if err != nil {
			return // longer than it was, by the escapes of JSON
		}
		for _, a := range entry {
			held[a.name] = present(a.values)
		}
		again, err := tree.serviceOf(entryOf(held))
		if err != nil {
			t.Fatal(err)
		}
		if one, other := text(t, s), text(t, again); one != other {
			t.Fatalf("%s became %s", one, other)
		}
	})
}

// text is what is written of a service's protocol.
func text(t *testing.T, s directory.Service) string {
	t.Helper()
	entry, err := protocolEntry(s)
	if err != nil {
		t.Fatal(err)
	}
	return formatJSON(map[string]any{"class": protocolClass(s), "metadata": entry[len(entry)-1].values[0]})
}
