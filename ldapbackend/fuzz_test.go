// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// FuzzLogin proves that what is typed can never widen a search: whatever it
// is, the filter is the same two comparisons, for exactly the octets typed.
func FuzzLogin(f *testing.F) {
	for _, s := range []string{
		"marta", "*", "marta*", ")(uid=*", "*)(|(uid=*", `\2a`, `\`, "(", "a)(!(b=c", "marta@example.org", "\x00", "à", "&(uid=*)", "a\x7f",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		packet, err := ldap.CompileFilter(loginFilter(typed))
		if err != nil {
			t.Fatalf("%q: %v", typed, err) // what does not compile is an error to a person who mistyped
		}
		if packet.Tag != ldap.FilterOr || len(packet.Children) != 2 {
			t.Fatalf("%q makes another filter", typed)
		}
		equals(t, packet.Children[0], "uid", typed)
		equals(t, packet.Children[1], "clauMailVerified", typed)
		if loginForm(typed) && strings.ContainsAny(typed, "\x00\r\n \t") {
			t.Fatalf("%q passes for a login name", typed)
		}
	})
}

func equals(t *testing.T, packet *ber.Packet, name, value string) {
	t.Helper()
	if packet.Tag != ldap.FilterEqualityMatch || len(packet.Children) != 2 {
		t.Fatalf("%q: not a comparison for equality", value)
	}
	if got := packet.Children[0].Data.String(); got != name {
		t.Fatalf("compares %q", got)
	}
	if got := packet.Children[1].Data.String(); got != value {
		t.Fatalf("compares with %q, want %q", got, value)
	}
}

// FuzzEntity: whatever stands in a request as its issuer, the search is for
// exactly that, and what is found is taken only if it is that.
func FuzzEntity(f *testing.F) {
	for _, s := range []string{"https://sp.example/metadata?a=b", "*", "urn:x *", ")(objectClass=*", `\2a`, "\x00", "à", "\xff", " https://sp.example ", "HTTPS://SP.EXAMPLE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		s := directory.Service{SAML: &directory.SAMLProvider{EntityID: id, Metadata: []byte("x")}}
		packet, err := ldap.CompileFilter(protocolClaims(s)[0])
		if err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		equals(t, packet, "clauEntityId", id)
		if checkProtocol(s) == nil && strings.Join(strings.Fields(id), " ") != id {
			t.Fatalf("%q can be registered, and the directory takes it for another", id)
		}
	})
}

// FuzzText: a search for a part of a name stays one, for exactly that part.
func FuzzText(f *testing.F) {
	for _, s := range []string{"mar", "*", "a*b", ")(uid=*)", `\`, "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		if typed == "" {
			return
		}
		packet, err := ldap.CompileFilter(peopleFilter(directory.PersonFilter{Text: typed}))
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		if packet.Tag != ldap.FilterAnd || len(packet.Children) != 2 || packet.Children[1].Tag != ldap.FilterOr {
			t.Fatalf("%q makes another filter", typed)
		}
		for _, each := range packet.Children[1].Children {
			if each.Tag != ldap.FilterSubstrings || len(each.Children[1].Children) != 1 {
				t.Fatalf("%q is more than one part", typed)
			}
			if got := each.Children[1].Children[0].Data.String(); got != typed {
				t.Fatalf("searches for %q, want %q", got, typed)
			}
		}
	})
}

// FuzzCases: whatever a case is looked for by, the search is the same
// comparisons, for exactly that.
func FuzzCases(f *testing.F) {
	for _, s := range []string{"register", "*", ")(uid=*", `\`, "\x00", "à", "\xff"} {
		f.Add(s, s)
	}
	b := &Backend{tree: newTree("dc=clau")}
	f.Fuzz(func(t *testing.T, person, kind string) {
		if person == "" || kind == "" {
			return
		}
		packet, err := ldap.CompileFilter(b.caseFilter(directory.CaseFilter{Person: directory.PersonID(person), Kind: directory.CaseKind(kind)}))
		if err != nil {
			t.Fatalf("%q, %q: %v", person, kind, err)
		}
		if packet.Tag != ldap.FilterAnd || len(packet.Children) != 3 || len(packet.Children[1].Children) != 2 {
			t.Fatalf("%q, %q make another filter", person, kind)
		}
		equals(t, packet.Children[1].Children[0], "clauPerson", b.tree.person(directory.PersonID(person)))
		equals(t, packet.Children[1].Children[1], "clauId", person)
		equals(t, packet.Children[2], "clauKind", kind)
	})
}

// FuzzMatter: what another program wrote into a case is read without harm; and
// settings that cannot be read let nobody in by one voice.
func FuzzMatter(f *testing.F) {
	for _, s := range []string{"", "{}", "null", "[]", `[{"by":"x","at":"2026-11-01T09:00:00Z","text":"Hola"}]`, `{"closed":true}`, "{", "\xff", `{"together":7}`} {
		f.Add(s)
	}
	tree := newTree("dc=clau")
	f.Fuzz(func(t *testing.T, raw string) {
		entry := ldap.NewEntry("cn=join.x,ou=requests,ou=a,ou=collectives,dc=clau", map[string][]string{
			"clauId": {"x"}, "clauDialogue": {raw}, "clauSettings": {raw},
		})
		c := tree.caseOf(entry)
		if again := tree.caseOf(ldap.NewEntry(entry.DN, map[string][]string{"clauDialogue": {formatDialogue(c.Dialogue)}})); len(again.Dialogue) != len(c.Dialogue) {
			t.Fatalf("%q became %q", c.Dialogue, again.Dialogue)
		}
		s := settingsOf(fields{entry})
		if !json.Valid([]byte(raw)) && raw != "" && (!s.Closed || len(s.Together) != 3) {
			t.Fatalf("%q opens: %+v", raw, s)
		}
	})
}

// FuzzName proves that no identifier leads out of its branch of the tree, and
// that every name is read back as what it was.
func FuzzName(f *testing.F) {
	for _, s := range []string{"a", "a,ou=system", "a+b=c", `a\`, `"`, " a ", "#a", "a\x00b", "à", "a=b", "<>;", "\xff"} {
		f.Add(s)
	}
	tree := newTree(`o=Clau\, SCCL,c=ES`)
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			return
		}
		name = string([]rune(name)) // what is no UTF-8 names nothing, and its spelling is lost
		for dn, want := range map[string]place{
			tree.person(directory.PersonID(name)):                                         {kind: person, name: name, person: directory.PersonID(name)},
			tree.collective(directory.CollectiveName(name)):                               {kind: collective, name: name, collective: directory.CollectiveName(name)},
			tree.service("ateneu", directory.ServiceName(name)):                           {kind: service, name: name, collective: "ateneu"},
			tree.access(directory.CollectiveName(name), "nuvol", name):                    {kind: access, name: "nuvol--" + name, collective: directory.CollectiveName(name)},
			tree.key(directory.KeyID(name)):                                               {kind: key, name: name},
			personRDN(directory.PersonID(name)) + "," + tree.registrations("ateneu"):      {kind: person, name: name, person: directory.PersonID(name), collective: "ateneu"},
			tree.consent(directory.PersonID(name), "x"):                                   {kind: consent, name: "x", person: directory.PersonID(name)},
			tree.consent("x", directory.ServiceID(name)):                                  {kind: consent, name: name, person: "x"},
			personRDN(directory.PersonID(name)) + "," + tree.retired():                    {kind: retired, name: name, person: directory.PersonID(name)},
			"clauId=x," + tree.person(directory.PersonID(name)):                           {kind: belowPerson, name: "x", person: directory.PersonID(name)},
			tree.members(directory.CollectiveName(name)):                                  {kind: members, name: "members", collective: directory.CollectiveName(name)},
			"clauId=x,ou=requests," + tree.collective(directory.CollectiveName("ateneu")): {kind: waiting, name: "x", collective: "ateneu"},
			tree.invitation(directory.CollectiveName(name), name):                         {kind: waiting, name: name, collective: directory.CollectiveName(name)},
			tree.request("ateneu", "join", directory.PersonID(name)):                      {kind: waiting, name: "join." + name, collective: "ateneu"},
		} {
			if got := tree.place(dn); got != want {
				t.Fatalf("%q leads to %+v, want %+v", dn, got, want)
			}
		}
	})
}

// FuzzPlace: whatever a server sends for a DN, reading it does not panic.
func FuzzPlace(f *testing.F) {
	for _, s := range []string{
		"", ",", "clauId=a,ou=people,dc=clau", "a=b+c=d,ou=people,dc=clau", "ou=people,dc=clau", "dc=clau", "x,dc=clau",
		"clauId=a,ou=registrations,ou=b,ou=collectives,dc=clau", `clauId=\2c,ou=people,dc=clau`, "clauId=#04,ou=people,dc=clau",
	} {
		f.Add(s)
	}
	tree := newTree("dc=clau")
	f.Fuzz(func(t *testing.T, dn string) {
		p := tree.place(dn)
		if p.kind == person && p.person == "" && !strings.Contains(strings.ToLower(dn), "clauid=") {
			t.Logf("%q is a person without a name", dn)
		}
		if id, ok := tree.spelled(dn); ok && (p.kind != person || p.person != id || p.collective != "") {
			t.Fatalf("%q is taken for %q, and is %+v", dn, id, p)
		}
	})
}

// FuzzSecrets: the digests of client secrets are read back in their order, and
// what is no digest is refused rather than taken for one.
func FuzzSecrets(f *testing.F) {
	for _, s := range []string{"0:abc:", "1:abc:20270101000000Z", "x:abc:", "0:abc", "0:abc:soon", "0:a:b:c", "-1::", "99999999999999999999:a:"} {
		f.Add(s, "0:def:")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		secrets, err := parseSecrets([]string{one, two})
		if err != nil {
			return
		}
		again, err := parseSecrets(formatSecrets(secrets))
		if err != nil {
			t.Fatal(err)
		}
		for i := range secrets {
			if again[i].SHA256 != secrets[i].SHA256 || !again[i].Expires.Equal(secrets[i].Expires) {
				t.Fatalf("%+v became %+v", secrets[i], again[i])
			}
		}
	})
}

// FuzzReserved: what is reserved in one sector is nothing in another, and no
// two strings reserve the same, whatever the server's matching rule ignores.
func FuzzReserved(f *testing.F) {
	for _, s := range [][4]string{
		{"a", "b", "a|b", ""}, {"a|b", "c", "a", "b|c"}, {"a", "x  y", "a", "x y"}, {"a", "x", "a", " x"},
		{"a", "à", "a", "a\u0300"}, {"a", "%7C", "a", "|"}, {"a", "\x00", "a", ""}, {"a", "\xff", "a", "\xfe"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, sector, subject, other, another string) {
		one, two := subjectOf(sector, subject), subjectOf(other, another)
		if (one == two) != (sector == other && subject == another) {
			t.Fatalf("%q and %q reserve %q", sector+" "+subject, other+" "+another, one)
		}
		if strings.ContainsFunc(one, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Fatalf("%q is not kept as it is", one)
		}
	})
}

// FuzzReceipts: receipts are read back in their order, and what is none is
// refused.
func FuzzReceipts(f *testing.F) {
	for _, s := range []string{"0:a.b.c", "1:", "x:a.b.c", "a.b.c", ":", "-1:a", "99999999999999999999:a", "0:a:b"} {
		f.Add(s, "0:d.e.f")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		receipts, err := parseReceipts([]string{one, two})
		if err != nil {
			return
		}
		again, err := parseReceipts(formatReceipts(receipts))
		if err != nil || !slices.Equal(again, receipts) {
			t.Fatalf("%q became %q, %v", receipts, again, err)
		}
	})
}
