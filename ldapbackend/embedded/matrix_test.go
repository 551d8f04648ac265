// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// accessTable says who may do what; see there.
//
//go:embed testdata/access.table
var accessTable string

// TestWhoMayDoWhat tries every deed in every role, over both servers: what the
// table allows must work, all else must be refused and change nothing.
func TestWhoMayDoWhat(t *testing.T) {
	rows := tableRows(t)
	overBoth(t, func(t *testing.T, s server) {
		m := matrix{server: s, deeds: deeds()}
		m.begin(t)
		for _, row := range rows {
			for _, role := range cast {
				m.cell(t, row, role.role, role.dn)
			}
		}
		if n := len(rows) * len(cast); n < 900 {
			t.Errorf("only %d cells", n)
		}
	})
}

type tableRow struct {
	kind, deed string
	allowed    []string
}

// tableRows reads the table. Every deed that there is must be in it once.
func tableRows(t *testing.T) []tableRow {
	t.Helper()
	known := deeds()
	roles := regexp.MustCompile(`  +`)
	var rows []tableRow
	for line := range strings.Lines(accessTable) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := roles.Split(line, 3)
		row := tableRow{kind: parts[0], deed: parts[1]}
		if len(parts) == 3 {
			row.allowed = strings.Fields(strings.Replace(parts[2], "people", "stranger member manager foreign admin self", 1))
		}
		if _, ok := known[row.kind+": "+row.deed]; !ok {
			t.Fatalf("nobody knows how to %s: %s", row.kind, row.deed)
		}
		delete(known, row.kind+": "+row.deed)
		rows = append(rows, row)
	}
	for name := range known {
		t.Errorf("the table does not say who may: %s", name)
	}
	return rows
}

// matrix is one walk through the table on one server.
type matrix struct {
	server
	deeds map[string]attempt
	undo  *ldap.Conn
	conns map[string]*ldap.Conn
}

// attempt is one operation of the matrix. touched are the entries that it
// would change, or add.
type attempt struct {
	try     func(v visit) error
	touched func(v visit) []string
}

// visit is one actor at the door.
type visit struct {
	conn     *ldap.Conn
	who      string // DN
	controls []ldap.Control
}

func (m *matrix) begin(t *testing.T) {
	t.Helper()
	m.undo = m.admin()
	for _, add := range parseLDIF(world()) {
		if err := m.undo.Add(add); err != nil {
			t.Fatal(add.DN, err)
		}
	}
	m.conns = map[string]*ldap.Conn{"": m.anyone(), reader: m.as(t, reader), idp: m.clau()}
}

// visit is by the hand of Clau when it is a person's.
func (m *matrix) visit(dn string) visit {
	if c := m.conns[dn]; c != nil {
		return visit{c, dn, nil}
	}
	return visit{m.conns[idp], dn, []ldap.Control{onBehalf(dn)}}
}

func (m *matrix) cell(t *testing.T, row tableRow, role, dn string) {
	t.Helper()
	a, v := m.deeds[row.kind+": "+row.deed], m.visit(dn)
	name := fmt.Sprintf("%s: %s: %s", row.kind, row.deed, role)
	var touched []string
	if a.touched != nil {
		touched = a.touched(v)
	}
	before := m.look(t, touched)
	err := a.try(v)
	allowed := slices.Contains(row.allowed, role)
	switch code := codeOf(err); {
	case allowed && code != 0:
		t.Errorf("%s: %v", name, err)
	case !allowed && code == 0:
		t.Errorf("%s: done", name)
	case !allowed && !refusal(code, role):
		t.Errorf("%s: refused with %v", name, err)
	}
	after := m.look(t, touched)
	if !allowed && fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("%s: left something behind", name)
	}
	m.restore(t, before, after)
}

// refusal: insufficientAccessRights or noSuchObject; who has not said who they
// are is told to (strongerAuthRequired).
func refusal(code int, role string) bool {
	return code == ldap.LDAPResultInsufficientAccessRights || code == ldap.LDAPResultNoSuchObject ||
		role == "nobody" && code == ldap.LDAPResultStrongAuthRequired
}

// look reads entries with all that is in them; nil is one that is not there.
func (m *matrix) look(t *testing.T, dns []string) map[string]map[string][]string {
	t.Helper()
	all := map[string]map[string][]string{}
	for _, dn := range dns {
		r, err := m.undo.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"*"}, nil))
		if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
			all[dn] = nil
			continue
		}
		if err != nil || len(r.Entries) != 1 {
			t.Fatal(dn, err)
		}
		all[dn] = map[string][]string{}
		for _, a := range r.Entries[0].Attributes {
			if a.Name != "userPassword" {
				all[dn][a.Name] = a.Values
			}
		}
	}
	return all
}

func (m *matrix) restore(t *testing.T, before, after map[string]map[string][]string) {
	t.Helper()
	for dn, was := range before {
		var err error
		switch is := after[dn]; {
		case was == nil && is != nil:
			err = m.undo.Del(ldap.NewDelRequest(dn, nil))
		case was != nil && is == nil:
			add := ldap.NewAddRequest(dn, nil)
			for name, values := range was {
				add.Attribute(name, values)
			}
			err = m.undo.Add(add)
		case was != nil:
			err = m.rewrite(dn, was, is)
		}
		if err != nil {
			t.Fatal("cannot undo: ", dn, err)
		}
	}
}

func (m *matrix) rewrite(dn string, was, is map[string][]string) error {
	change := ldap.NewModifyRequest(dn, nil)
	for name, values := range was {
		if !slices.Equal(values, is[name]) {
			change.Replace(name, values)
		}
	}
	for name := range is {
		if was[name] == nil {
			change.Replace(name, nil)
		}
	}
	if len(change.Changes) == 0 {
		return nil
	}
	return m.undo.Modify(change)
}
