// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// TestCasesOnlyByTheHandOfClau: who talks to the directory without Clau neither
// opens a case nor takes one away, and moves none to where others decide: an
// invitation of c would let people into d.
func TestCasesOnlyByTheHandOfClau(t *testing.T) {
	overBoth(t, func(t *testing.T, s server) {
		m := matrix{server: s, deeds: deeds()}
		m.begin(t)
		for _, role := range []string{"manager", "self"} {
			if _, err := m.conns[idp].PasswordModify(ldap.NewPasswordModifyRequest(who(role), "", password)); err != nil {
				t.Fatal(err)
			}
			alone := visit{conn: s.as(t, who(role)), who: who(role)}
			for _, deed := range []string{"wish: add", "wish: delete", "proposal: add", "proposal: delete", "invitation: add", "invitation: delete"} {
				if code := codeOf(m.deeds[deed].try(alone)); code != ldap.LDAPResultInsufficientAccessRights {
					t.Errorf("%s: %s: %d", role, deed, code)
				}
			}
			for _, rdn := range []string{"cn=join.self", "cn=suspend.self", "clauId=invitation"} {
				if code := codeOf(movesTo(alone, rdn)); code != ldap.LDAPResultInsufficientAccessRights {
					t.Errorf("%s: moves %s: %d", role, rdn, code)
				}
			}
		}
		if s.name != "embedded" {
			return // OpenLDAP has no rule about what an entry is when it is moved
		}
		for _, rdn := range []string{"cn=suspend.self", "clauId=invitation"} {
			if code := codeOf(movesTo(m.visit(who("manager")), rdn)); code != ldap.LDAPResultInsufficientAccessRights {
				t.Errorf("by the hand of Clau a manager moves %s: %d", rdn, code)
			}
		}
	})
}

func movesTo(v visit, rdn string) error {
	return v.conn.ModifyDN(ldap.NewModifyDNWithControlsRequest(rdn+",ou=requests"+inC, rdn, true, "ou=requests"+inD, v.controls))
}

// TestOfTheTwoStatesOnly: whoever suspends compares and sets, whatever is
// written beside it, and an epoch is raised by nothing else.
func TestOfTheTwoStatesOnly(t *testing.T) {
	overBoth(t, func(t *testing.T, s server) {
		m := matrix{server: s}
		m.begin(t)
		by := m.visit(who("manager"))
		change := func(id string, f func(*ldap.ModifyRequest)) int {
			return codeOf(by.conn.Modify(modify(who(id), f, by.controls...)))
		}
		for name, f := range map[string]func(*ldap.ModifyRequest){
			"to nothing":        func(m *ldap.ModifyRequest) { m.Delete("clauState", nil) },
			"a third":           func(m *ldap.ModifyRequest) { m.Replace("clauState", []string{"deleted"}) },
			"beside an address": func(m *ldap.ModifyRequest) { m.Replace("clauState", []string{"suspended"}); m.Replace("mail", nil) },
			"in capitals of it": func(m *ldap.ModifyRequest) { m.Replace("clauState", []string{"RETIRED"}) },
			"epoch backwards":   func(m *ldap.ModifyRequest) { m.Increment("clauTokenEpoch", "-1") },
		} {
			if code := change("self", f); code == 0 {
				t.Errorf("%s: done", name)
			}
		}
		if code := change("self", func(m *ldap.ModifyRequest) {
			m.Replace("clauState", []string{"suspended"})
			m.Replace("clauReason", []string{"x"})
			m.Replace("clauUntil", []string{"20261201090000Z"})
			m.Increment("clauTokenEpoch", "1")
		}); code != 0 {
			t.Errorf("a whole suspension: %d", code)
		}
		if got := m.look(t, []string{who("self")})[who("self")]["clauTokenEpoch"]; len(got) != 1 || got[0] != "4" {
			t.Error(got)
		}
	})
}
