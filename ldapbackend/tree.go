// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// tree knows the places of entries. Every name goes through the escapes of
// RFC 4514, whoever made it up.
type tree struct {
	base   string
	parsed *ldap.DN
}

func newTree(base string) tree {
	parsed, err := ldap.ParseDN(base)
	if err != nil {
		parsed = &ldap.DN{} // Config.resolved has parsed it before
	}
	return tree{base: base, parsed: parsed}
}

func (t tree) people() string      { return "ou=people," + t.base }
func (t tree) collectives() string { return "ou=collectives," + t.base }
func (t tree) keys() string        { return "ou=keys," + t.base }
func (t tree) retired() string     { return "ou=retired," + t.base }
func (t tree) idp() string         { return "cn=idp,ou=system," + t.base }
func (t tree) nobody() string      { return "cn=nobody,ou=system," + t.base }

func (t tree) person(id directory.PersonID) string { return personRDN(id) + "," + t.people() }

func personRDN(id directory.PersonID) string { return "clauId=" + ldap.EscapeDN(string(id)) }

func (t tree) collective(name directory.CollectiveName) string {
	return "ou=" + ldap.EscapeDN(string(name)) + "," + t.collectives()
}

func (t tree) members(name directory.CollectiveName) string {
	return "cn=members," + t.collective(name)
}

func (t tree) registrations(name directory.CollectiveName) string {
	return "ou=registrations," + t.collective(name)
}

func (t tree) requests(name directory.CollectiveName) string {
	return "ou=requests," + t.collective(name)
}

// request names a case about somebody with an account by what it is about, so
// that nobody can open the same one twice.
func (t tree) request(name directory.CollectiveName, kind directory.CaseKind, id directory.PersonID) string {
	return "cn=" + ldap.EscapeDN(requestName(kind, id)) + "," + t.requests(name)
}

func requestName(kind directory.CaseKind, id directory.PersonID) string {
	return string(kind) + "." + string(id)
}

func (t tree) invitation(name directory.CollectiveName, id string) string {
	return "clauId=" + ldap.EscapeDN(id) + "," + t.requests(name)
}

func (t tree) service(collective directory.CollectiveName, name directory.ServiceName) string {
	return "cn=" + ldap.EscapeDN(string(name)) + ",ou=services," + t.collective(collective)
}

// access names the group of those to whom a collective opens a service. The
// name of a service never holds two dashes in a row, so that no service and
// role together look like another service.
func (t tree) access(collective directory.CollectiveName, service directory.ServiceName, role string) string {
	return "cn=" + ldap.EscapeDN(accessName(service, role)) + ",ou=access," + t.collective(collective)
}

func (t tree) accesses(collective directory.CollectiveName) string {
	return "ou=access," + t.collective(collective)
}

func accessName(service directory.ServiceName, role string) string {
	if role == "" {
		return string(service)
	}
	return string(service) + "--" + role
}

func (t tree) consent(id directory.PersonID, service directory.ServiceID) string {
	return "clauServiceId=" + ldap.EscapeDN(string(service)) + "," + t.person(id)
}

func (t tree) key(id directory.KeyID) string {
	return "clauId=" + ldap.EscapeDN(string(id)) + "," + t.keys()
}

// kind is what an entry is, by its place.
type kind int

const (
	other kind = iota
	person
	belowPerson // credentials
	consent
	retired // what is left of a person
	collective
	members
	access
	service
	waiting // a case about somebody with an account, or an invitation
	key
)

// place is where in the tree a DN leads.
type place struct {
	kind       kind
	name       string // value of the first RDN
	person     directory.PersonID
	collective directory.CollectiveName
}

// place reads a DN that the server returned.
func (t tree) place(dn string) place {
	path, ok := t.path(dn)
	if !ok || len(path) < 2 {
		return place{}
	}
	p := place{name: path[0].value}
	n := len(path)
	switch path[n-1] {
	case rdn{"ou", "people"}:
		p.person, p.kind = directory.PersonID(path[n-2].value), belowPeople(path)
	case rdn{"ou", "retired"}:
		p.person, p.kind = directory.PersonID(path[n-2].value), retired
	case rdn{"ou", "collectives"}:
		p.collective = directory.CollectiveName(path[n-2].value)
		p.kind, p.person = inCollective(path)
	case rdn{"ou", "keys"}:
		p.kind = key
	}
	return p
}

func belowPeople(path []rdn) kind {
	switch n := len(path); {
	case n == 2:
		return person
	case n == 3 && path[0].name == "clauserviceid":
		return consent
	}
	return belowPerson
}

func inCollective(path []rdn) (kind, directory.PersonID) {
	switch n := len(path); {
	case n == 2:
		return collective, ""
	case n == 3 && path[0] == rdn{"cn", "members"}:
		return members, ""
	case n == 4 && path[1] == rdn{"ou", "access"}:
		return access, ""
	case n == 4 && path[1] == rdn{"ou", "services"}:
		return service, ""
	case n == 4 && path[1] == rdn{"ou", "requests"}:
		return waiting, ""
	case n >= 4 && path[n-3] == rdn{"ou", "registrations"}:
		return person, directory.PersonID(path[n-4].value)
	}
	return other, ""
}

type rdn struct{ name, value string }

// path returns the RDNs of dn below the base, the entry's own first.
func (t tree) path(dn string) ([]rdn, bool) {
	parsed, err := ldap.ParseDN(dn)
	if err != nil || !t.parsed.AncestorOfFold(parsed) {
		return nil, false
	}
	var path []rdn
	for _, r := range parsed.RDNs[:len(parsed.RDNs)-len(t.parsed.RDNs)] {
		if len(r.Attributes) != 1 {
			return nil, false
		}
		path = append(path, rdn{strings.ToLower(r.Attributes[0].Type), r.Attributes[0].Value})
	}
	return path, true
}

// personIDs are the people among the DNs, whatever else is among them.
func (t tree) personIDs(dns []string) []directory.PersonID {
	var ids []directory.PersonID
	for _, dn := range dns {
		if id, ok := t.spelled(dn); ok {
			ids = append(ids, id)
		} else if p := t.place(dn); p.kind == person {
			ids = append(ids, p.person)
		}
	}
	return ids
}

// spelled reads the DN of a person as Clau itself spells it, without taking it
// apart: a list of 4,000 members is read in half the time.
func (t tree) spelled(dn string) (directory.PersonID, bool) {
	id, among := strings.CutSuffix(dn, ","+t.people())
	id, named := strings.CutPrefix(id, "clauId=")
	return directory.PersonID(id), among && named && id != "" && !strings.ContainsFunc(id, notPlain)
}

func notPlain(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
}

func (t tree) personDNs(ids []directory.PersonID) []string {
	var dns []string
	for _, id := range ids {
		dns = append(dns, t.person(id))
	}
	return dns
}

func (t tree) collectiveNames(dns []string) []directory.CollectiveName {
	var names []directory.CollectiveName
	for _, dn := range dns {
		if p := t.place(dn); p.kind == collective {
			names = append(names, p.collective)
		}
	}
	return names
}

func (t tree) collectiveDNs(names []directory.CollectiveName) []string {
	var dns []string
	for _, name := range names {
		if name != "" {
			dns = append(dns, t.collective(name))
		}
	}
	return dns
}
