// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

func serviceAttributes() []string {
	return []string{
		"objectClass", "cn", "clauId", "clauState", "clauAccessPolicy", "clauCollective", "clauManager",
		"displayName", "description", "labeledURI", "clauSector", "clauCreated",
		"clauClientId", "clauSecretHash", "clauRedirectURI", "clauMetadata", "entryCSN",
	}
}

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
		Version:     f.text("entryCSN"),
	}
	if s.Access == closedPolicy {
		s.Access = ""
	}
	slices.Sort(s.Guests)
	slices.Sort(s.Managers)
	if !f.is("clauOIDCClient") {
		return s, nil
	}
	client, err := clientOf(f)
	s.OIDC = client
	return s, err
}

func clientOf(f fields) (*directory.OIDCClient, error) {
	c := &directory.OIDCClient{
		ID:           directory.ClientID(f.text("clauClientId")),
		RedirectURIs: slices.Clone(f.texts("clauRedirectURI")),
	}
	var err error
	if c.Secrets, err = parseSecrets(f.texts("clauSecretHash")); err != nil {
		return nil, err
	}
	if raw := f.bytes("clauMetadata"); len(raw) > 0 {
		if err := json.Unmarshal(raw, &c.Metadata); err != nil {
			return nil, refuse(directory.ErrInvalid, "clauMetadata: %w", err)
		}
	}
	return c, nil
}

// serviceEntry holds every attribute that Clau writes of a service; those
// without a value are empty, so that a replacement removes them.
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
	if s.OIDC == nil {
		return a, nil
	}
	metadata, err := json.Marshal(s.OIDC.Metadata)
	if err != nil {
		return nil, refuse(directory.ErrInvalid, "metadata: %w", err)
	}
	return append(a,
		attribute{"clauClientId", []string{string(s.OIDC.ID)}},
		attribute{"clauSecretHash", formatSecrets(s.OIDC.Secrets)},
		attribute{"clauRedirectURI", s.OIDC.RedirectURIs},
		attribute{"clauMetadata", []string{string(metadata)}},
	), nil
}

// clientAttributes are removed when a service ceases to be a client.
func clientAttributes() []string {
	return []string{"clauClientId", "clauSecretHash", "clauRedirectURI", "clauMetadata"}
}

// The values of an attribute have no order (RFC 4512 section 2.2), so each
// digest carries its rank: "0:<sha256>:<expiry>", the newest first.
func formatSecrets(secrets []directory.ClientSecret) []string {
	var values []string
	for i, s := range secrets {
		values = append(values, fmt.Sprintf("%d:%s:%s", i, s.SHA256, formatTime(s.Expires)))
	}
	return values
}

func parseSecrets(values []string) ([]directory.ClientSecret, error) {
	type ranked struct {
		rank   int
		secret directory.ClientSecret
	}
	var list []ranked
	for _, v := range values {
		parts := strings.Split(v, ":")
		if len(parts) != 3 {
			return nil, refuse(directory.ErrInvalid, "clauSecretHash is not rank, digest and expiry")
		}
		rank, err := strconv.Atoi(parts[0])
		if err != nil {
			return nil, refuse(directory.ErrInvalid, "clauSecretHash has no rank")
		}
		expires := parseTime(parts[2])
		if parts[2] != "" && expires.IsZero() {
			return nil, refuse(directory.ErrInvalid, "clauSecretHash has an expiry that is no time")
		}
		list = append(list, ranked{rank, directory.ClientSecret{SHA256: parts[1], Expires: expires}})
	}
	slices.SortFunc(list, func(x, y ranked) int { return x.rank - y.rank })
	var secrets []directory.ClientSecret
	for _, r := range list {
		secrets = append(secrets, r.secret)
	}
	return secrets, nil
}
