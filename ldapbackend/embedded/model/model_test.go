// SPDX-License-Identifier: AGPL-3.0-or-later

package model_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/schema"
)

func load(t testing.TB) *model.Schema {
	t.Helper()
	var texts []string
	for _, name := range schema.Names() {
		text, err := fs.ReadFile(schema.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	s, err := model.NewSchema(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheSchemaIsUnderstood(t *testing.T) {
	s := load(t)
	for name, want := range map[string]model.Attribute{
		"clauManager":            {Name: "clauManager", Kind: model.Name},
		"CLAUSERVICE":            {Name: "clauService", Kind: model.Name, Single: true},
		"clauMetadata":           {Name: "clauMetadata", Kind: model.Opaque, Single: true},
		"clauClientId":           {Name: "clauClientId", Kind: model.IA5Exact, Single: true},
		"clauMailVerified":       {Name: "clauMailVerified", Kind: model.IA5},
		"clauCounter":            {Name: "clauCounter", Kind: model.Integer, Single: true},
		"clauExpires":            {Name: "clauExpires", Kind: model.Time, Single: true},
		"clauAnonymous":          {Name: "clauAnonymous", Kind: model.Boolean, Single: true},
		"clauPublicKey":          {Name: "clauPublicKey", Kind: model.Octets, Single: true},
		"surname":                {Name: "sn", Kind: model.Text},
		"2.5.4.3":                {Name: "cn", Kind: model.Text},
		"entryUUID":              {Name: "entryUUID", Kind: model.UUID, Single: true, Operational: true, ReadOnly: true},
		"userCertificate;binary": {Name: "userCertificate", Kind: model.Octets},
	} {
		if got := s.Attribute(name); got == nil || *got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := s.Superclasses("clauPasskey"); !slices.Equal(got, []string{"claupasskey", "claucredential"}) {
		t.Errorf("above clauPasskey: %q", got)
	}
	if s.Class("clauCredential").Type != model.Abstract || s.Class("clauAccount").Type != model.Auxiliary {
		t.Error("kinds of classes")
	}
}

func TestEqualValuesAreEqualBytes(t *testing.T) {
	s := load(t)
	for _, row := range []struct{ attribute, a, b string }{
		{"cn", "  Marta   SOLER ", "marta soler"},
		{"cn", "Ｍarta", "marta"},     // full width
		{"cn", "Jose\u0301", "JOSÉ"}, // combining accent
		{"mail", "Marta@Exemple.example", "marta@exemple.example"},
		{"telephoneNumber", "+34 93-123 45", "+349312345"},
		{"clauCounter", "007", "7"},
		{"clauCounter", "-0", "0"},
		{"clauExpires", "202611010900Z", "20261101090000Z"},
		{"clauExpires", "20261101100000+0100", "20261101090000Z"},
		{"clauExpires", "2026110109+00", "20261101090000.000Z"},
		{"pwdAccountLockedTime", "000001010000Z", "00000101000000Z"},
		{"member", "UID=Marta , OU=People,dc=clau", "uid=marta,ou=people,DC=Clau"},
		{"member", `cn=a\2Cb`, `cn=a\,b`},
		{"member", "cn=#040161", "cn=a"},
		{"member", "cn=a+uid=b", "uid=b + cn=a"},
		{"objectClass", "2.5.6.6", "PERSON"},
		{"entryUUID", "5B0C6E2E-6b0a-4a36-9f0e-2f1b8f2a0001", "5b0c6e2e-6b0a-4a36-9f0e-2f1b8f2a0001"},
	} {
		x, err1 := s.Normalize(s.Attribute(row.attribute), row.a)
		y, err2 := s.Normalize(s.Attribute(row.attribute), row.b)
		if x != y || err1 != nil || err2 != nil {
			t.Errorf("%s: %q (%v) and %q (%v)", row.attribute, x, err1, y, err2)
		}
	}
}

func TestValuesThatAreNone(t *testing.T) {
	s := load(t)
	for _, row := range []struct{ attribute, value string }{
		{"cn", ""}, {"cn", "\xff"}, {"mail", "josé@exemple.example"}, {"clauCounter", ""}, {"clauCounter", "+1"},
		{"clauCounter", "1.5"}, {"clauCounter", strings.Repeat("9", 101)}, {"clauExpires", "2026"}, {"clauExpires", "20261301000000Z"},
		{"clauExpires", "20261101090000"}, {"clauExpires", "20261101090000+1"}, {"clauAnonymous", "true"}, {"member", "marta"},
		{"member", "cn=a,"}, {"member", "cn=,dc=x"}, {"member", `cn=a\`}, {"member", `cn=a\zz`}, {"member", "cn=a;b"},
		{"member", "cn=#04ff"}, {"member", "nope=x"}, {"member", "cn=a+cn=b"}, {"member", "cn=" + strings.Repeat("x", 300)},
		{"member", strings.Repeat("cn=a,", 70) + "dc=x"}, {"member", "jpegPhoto=x"}, {"objectClass", "nope"}, {"entryUUID", "x"},
	} {
		if got, err := s.Normalize(s.Attribute(row.attribute), row.value); err == nil {
			t.Errorf("%s: %.40q is %.40q", row.attribute, row.value, got)
		}
	}
}

func TestOrder(t *testing.T) {
	s := load(t)
	for _, row := range []struct{ attribute, less, more string }{
		{"clauCounter", "9", "10"}, {"clauCounter", "-10", "9"}, {"clauCounter", "9", "99999999999999999999999"},
		{"clauExpires", "20261101090000Z", "20261101090000.5Z"}, {"clauExpires", "00000101000000Z", "20261101090000Z"},
	} {
		a := s.Attribute(row.attribute)
		x, err1 := s.Normalize(a, row.less)
		y, err2 := s.Normalize(a, row.more)
		if order, ok := a.Kind.Compare(x, y); order >= 0 || !ok || err1 != nil || err2 != nil {
			t.Errorf("%s is not before %s", row.less, row.more)
		}
	}
}

// FuzzDN: a DN that is understood is the same when it is written and read again.
func FuzzDN(f *testing.F) {
	s := load(f)
	for _, dn := range []string{"", "dc=clau,dc=example", `cn=a\2Cb\20+uid=x,ou=#040161`, `cn=\ \#x\ ,dc=é`, "clauId=5b0c,ou=people"} {
		f.Add(dn)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dn, err := s.ParseDN(text)
		if err != nil {
			return
		}
		again, err := s.ParseDN(dn.String())
		if err != nil || again.Norm() != dn.Norm() || again.String() != dn.String() {
			t.Errorf("%q is written %q and read %q (%v)", text, dn.String(), again.String(), err)
		}
		fixed, err := s.ParseDN(dn.Norm())
		if err != nil || fixed.Norm() != dn.Norm() {
			t.Errorf("%q normalized is %q, and again %q (%v)", text, dn.Norm(), fixed.Norm(), err)
		}
		if strings.ContainsRune(dn.Norm(), 0) || len(dn.Path()) != len(dn) {
			t.Errorf("%q cannot be a key", dn.Norm())
		}
	})
}

// FuzzNormalize: to normalize twice is to normalize once.
func FuzzNormalize(f *testing.F) {
	s := load(f)
	names := []string{"cn", "mail", "clauCounter", "clauExpires", "clauAnonymous", "member", "telephoneNumber", "clauClientId", "objectClass"}
	f.Add(0, " Marta  Soler ")
	f.Add(3, "20261101090000.5+0130")
	f.Add(5, "cn=a,dc=b")
	f.Fuzz(func(t *testing.T, n int, value string) {
		a := s.Attribute(names[uint(n)%uint(len(names))])
		once, err := s.Normalize(a, value)
		if err != nil {
			return
		}
		if twice, err := s.Normalize(a, once); once != "" && (err != nil || twice != once) {
			t.Errorf("%s %q: %q, then %q (%v)", a.Name, value, once, twice, err)
		}
	})
}
