// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// serviceAttributes are those that lists read.
func serviceAttributes() []string {
	return []string{
		"objectClass", "cn", "clauId", "clauState", "clauAccessPolicy", "clauCollective", "clauManager",
		"displayName", "description", "labeledURI", "clauSector", "clauCreated",
		"clauClientId", "clauSecretHash", "clauRedirectURI", "clauMetadata", "clauEntityId", "clauSAMLMetadata", "clauSealedSecret", "entryCSN",
	}
}

// wholeService are those of one service.
func wholeService() []string { return append(serviceAttributes(), "clauLogo") }

// closedPolicy stands for the empty access policy, since LDAP has no empty value.
const closedPolicy = "none"

func (t tree) serviceOf(entry *ldap.Entry) (directory.Service, error) {
	f := fields{entry}
	p := t.place(entry.DN)
	s := directory.Service{
		ID:          directory.ServiceID(f.text("clauId")),
		Name:        directory.ServiceName(p.name),
		Collective:  p.collective,
		State:       directory.State(f.text("clauState")),
		Access:      directory.AccessPolicy(f.text("clauAccessPolicy")),
		Guests:      t.collectiveNames(f.texts("clauCollective")),
		Managers:    t.personIDs(f.texts("clauManager")),
		Title:       f.text("displayName"),
		Description: f.text("description"),
		URL:         f.text("labeledURI"),
		Sector:      f.text("clauSector"),
		Created:     f.time("clauCreated"),
		Logo:        f.bytes("clauLogo"),
		Version:     f.text("entryCSN"),
	}
	if s.Access == closedPolicy {
		s.Access = ""
	}
	slices.Sort(s.Guests)
	slices.Sort(s.Managers)
	return s, readProtocol(&s, f)
}

// serviceEntry holds every attribute that Clau writes of a service, of all
// protocols; those without a value are empty, so that a replacement removes
// them. Of a logo that was not read it says nothing.
func (t tree) serviceEntry(s directory.Service) (attributes, error) {
	policy := string(s.Access)
	if policy == "" {
		policy = closedPolicy
	}
	a := attributes{
		{"clauId", []string{string(s.ID)}},
		{"clauState", []string{string(s.State)}},
		{"clauAccessPolicy", []string{policy}},
		{"clauCollective", t.collectiveDNs(s.Guests)},
		{"clauManager", t.personDNs(s.Managers)},
		{"displayName", []string{s.Title}},
		{"description", []string{s.Description}},
		{"labeledURI", []string{s.URL}},
		{"clauSector", []string{s.Sector}},
		{"clauCreated", []string{formatTime(s.Created)}},
	}
	if s.Logo != nil || !s.Listed {
		a = append(a, attribute{"clauLogo", []string{string(s.Logo)}})
	}
	protocol, err := protocolEntry(s)
	return append(a, protocol...), err
}
