// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrDatabase is returned for a database name that is not of the form "{1}mdb".
var ErrDatabase = errors.New("schema: not the name of a database")

var databaseForm = regexp.MustCompile(`^\{[0-9]{1,3}\}[a-z]{2,16}$`)

// Access returns LDIF for cn=config that prepares an existing database of
// OpenLDAP, such as "{1}mdb", to hold the tree below base: modules, overlays,
// access rules, limits and indexes. It replaces the access rules, limits and
// indexes that the database had. Load it with "ldapmodify -Y EXTERNAL -H
// ldapi:///", after [OpenLDAP] and before [BaseEntries].
func Access(base, database string) (string, error) {
	s, err := parseBase(base)
	if err != nil {
		return "", err
	}
	if !databaseForm.MatchString(database) {
		return "", fmt.Errorf("%w: %q", ErrDatabase, database)
	}
	db := "olcDatabase=" + database + ",cn=config"
	var w writer
	w.comment("Hashing: the parameters of argon2 cost some 40 ms and 19 MiB for each login.")
	w.entry("cn=module,cn=config", append([]string{"changetype: add", "objectClass: olcModuleList", "cn: module"}, modules()...)...)
	global(&w)
	w.entry(db, append([]string{"changetype: modify"}, tuning(s)...)...)
	overlays(&w, s, db)
	return w.text.String(), nil
}

func modules() []string {
	return []string{
		"olcModuleLoad: unique",
		"olcModuleLoad: ppolicy",
		"olcModuleLoad: constraint",
		"olcModuleLoad: syncprov",
		"olcModuleLoad: argon2.so m=19456 t=3 p=1",
	}
}

// global sets what slapd knows only for the whole server. Proxied
// authorization is off by default; a Unix socket counts as private as TLS.
func global(w *writer) {
	w.entry("cn=config", "changetype: modify",
		"replace: olcAuthzPolicy", "olcAuthzPolicy: to", "-",
		"replace: olcLocalSSF", "olcLocalSSF: 128")
	w.entry("olcDatabase={-1}frontend,cn=config", append([]string{"changetype: modify",
		"replace: olcPasswordHash", "olcPasswordHash: {ARGON2}", "-"}, sorting()...)...)
}

// sorting: what is kept of the erased stands in the order of its values. In
// that of its coming it would show what was one person's.
func sorting() []string { return []string{"replace: olcSortVals", "olcSortVals: clauReserved"} }

// tuning is what belongs to the database itself. No password is taken over a
// line in clear, and a search by anybody but Clau ends after 500 entries.
func tuning(s suffix) []string {
	lines := []string{
		"replace: olcSecurity", "olcSecurity: simple_bind=128", "-",
		"replace: olcAddContentAcl", "olcAddContentAcl: TRUE", "-",
		"replace: olcSizeLimit", "olcSizeLimit: size.soft=200 size.hard=500", "-",
		"replace: olcLimits",
		`olcLimits: {0}dn.exact="cn=idp,ou=system,` + s.dn + `" size=unlimited time=unlimited`,
		`olcLimits: {1}dn.exact="cn=replica,ou=system,` + s.dn + `" size=unlimited time=unlimited`,
		"-", "replace: olcDbIndex",
	}
	for _, index := range indexes() {
		lines = append(lines, "olcDbIndex: "+index)
	}
	lines = append(lines, "-", "replace: olcAccess")
	expand := strings.NewReplacer("@B@", s.dn, "@R@", s.regex)
	for i, rule := range rules() {
		lines = append(lines, fmt.Sprintf("olcAccess: {%d}%s", i, expand.Replace(rule)))
	}
	return lines
}

func indexes() []string {
	return []string{
		"objectClass eq",
		"uid,mail,clauMailVerified eq,sub",
		"clauMailPending eq",
		"cn,sn,displayName eq,sub",
		"ou eq",
		"member,clauManager,clauService,clauCollective,clauPrimaryCollective,clauPerson,clauValidatedBy eq",
		"clauOpenedBy,clauAgreedBy,clauKind eq",
		"clauId,clauServiceId,clauState,clauClientId,clauEntityId eq",
		"clauCredentialId,clauSubject,clauReserved,clauExternalId,clauIssuer eq",
		"clauExpires,clauUntil,clauCreated eq",
		"entryUUID,entryCSN,modifiersName eq",
	}
}

func overlays(w *writer, s suffix, db string) {
	w.entry("olcOverlay=syncprov,"+db, "changetype: add", "objectClass: olcSyncProvConfig", "olcOverlay: syncprov",
		"olcSpCheckpoint: 500 5", "olcSpSessionlog: 10000")
	w.entry("olcOverlay=ppolicy,"+db, "changetype: add", "objectClass: olcPPolicyConfig", "olcOverlay: ppolicy",
		"olcPPolicyDefault: cn=default,ou=policies,"+s.dn, "olcPPolicyHashCleartext: TRUE", "olcPPolicyUseLockout: TRUE")
	w.entry("olcOverlay=unique,"+db, append([]string{"changetype: add", "objectClass: olcUniqueConfig", "olcOverlay: unique"}, unique(s)...)...)
	w.entry("olcOverlay=constraint,"+db, append([]string{"changetype: add", "objectClass: olcConstraintConfig", "olcOverlay: constraint"}, constraints()...)...)
}

// unique closes the races that a check before the write leaves open: two nodes
// may register the same handle, or the same service, at the same moment. By
// default the overlay leaves the same race open itself; "serialize" makes it
// look and write in one step, one write after the other as the database does.
func unique(s suffix) []string {
	var uris []string
	for _, query := range []string{
		"?uid?sub", "?clauMailVerified?sub", "?clauCredentialId?sub", "?clauEntityId?sub", "?clauExternalId?sub",
		"?clauSubject?sub", "?clauReserved?sub",
		"?clauClientId?sub?(objectClass=clauOIDCClient)",
		"?clauId?sub?(objectClass=clauAccount)",
		"?clauId,cn?sub?(objectClass=clauServiceEntry)",
	} {
		uris = append(uris, "olcUniqueURI: serialize ldap:///"+s.url+query)
	}
	return uris
}

// constraints repeats what the code checks, for those who write to the
// directory by other ways.
func constraints() []string {
	return []string{
		`olcConstraintAttribute: uid regex "^[a-z0-9][a-z0-9._-]{0,28}[a-z0-9]$"`,
		`olcConstraintAttribute: clauId regex "^[A-Za-z0-9._-]{1,64}$"`,
		`olcConstraintAttribute: clauServiceId regex "^[A-Za-z0-9._-]{1,64}$"`,
		`olcConstraintAttribute: jpegPhoto size 262144`,
		`olcConstraintAttribute: clauPolicy size 65536`,
		`olcConstraintAttribute: clauSettings size 65536`,
		`olcConstraintAttribute: clauRegistrars size 65536`,
		`olcConstraintAttribute: clauDialogue size 65536`,
		`olcConstraintAttribute: clauLogo size 262144`,
		`olcConstraintAttribute: clauState regex "^(pendingConfirmation|pendingApproval|active|suspended|locked|expired|denied|deleted|retired)$"`,
	}
}

// MapIdentity returns LDIF for cn=config that lets the SASL identity from be
// cn=idp below base. For a client certificate from is its subject, the last
// RDN of the certificate first, for the Unix socket
// "gidNumber=1001+uidNumber=1001,cn=peercred,cn=external,cn=auth".
func MapIdentity(base, from string) (string, error) {
	s, err := parseBase(base)
	if err != nil {
		return "", err
	}
	subject, err := parseBase(from)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(s.dn, "$%") {
		return "", fmt.Errorf("%w: slapd cannot map to %q, which holds $ or %%", ErrBase, base)
	}
	var w writer
	w.entry("cn=config", "changetype: modify", "add: olcAuthzRegexp",
		fmt.Sprintf(`olcAuthzRegexp: "^%s$" "cn=idp,ou=system,%s"`, subject.regex, s.dn))
	return w.text.String(), nil
}
