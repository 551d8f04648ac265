// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend/schema"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// older starts a server that an older Clau prepared.
func older(t *testing.T) *slapdtest.Server {
	t.Helper()
	var texts []string
	for _, name := range []string{"schema", "access"} {
		text, err := os.ReadFile("testdata/older/" + name + ".ldif")
		is(t, err, nil)
		texts = append(texts, string(text))
	}
	return slapdtest.StartPrepared(t, slapdtest.DefaultBase, texts[0], texts[1])
}

// TestAnOlderOpenLDAPIsNoticedAndUpgraded: with the people in it, and twice over.
func TestAnOlderOpenLDAPIsNoticedAndUpgraded(t *testing.T) {
	server := older(t)
	admin := server.Admin()
	add := ldap.NewAddRequest("clauId=before,ou=people,"+server.Base, nil)
	for name, values := range map[string][]string{
		"objectClass": {"inetOrgPerson", "clauAccount"}, "clauId": {"before"}, "clauState": {"active"},
		"cn": {"Before"}, "sn": {"Before"}, "uid": {"before"}, "clauSubject": {"handle|sector|xot"},
	} {
		add.Attribute(name, values)
	}
	is(t, admin.Add(add), nil)
	findings := open(t, server.Config()).CheckSetup(t.Context())
	if got := wrong(t, findings); got != "schema" {
		t.Fatal(got)
	}
	if do := findings[len(findings)-1].Do; !strings.Contains(do, "clau directory upgrade") {
		t.Error(do)
	}
	ldif, err := schema.Upgrade(server.Base, "{1}mdb", "{5}clau")
	is(t, err, nil)
	server.Configure("ldapmodify", ldif)
	server.Configure("ldapmodify", ldif)
	server.Restart()
	b := open(t, server.Config())
	if got := wrong(t, b.CheckSetup(t.Context())); got != "" {
		t.Fatal(got)
	}
	// It holds what older ones did not know of.
	is(t, b.AddCollective(t.Context(), directory.System(), directory.Collective{
		ID: "ateneu", Name: "ateneu", State: directory.Active, Title: "Ateneu",
		Settings: directory.Settings{Registrars: []directory.Registrar{{ID: "r"}}},
	}), nil)
	is(t, b.AddService(t.Context(), directory.System(), directory.Service{
		ID: "grafana", Name: "grafana", Collective: "ateneu", State: directory.Active, Title: "Grafana", Logo: []byte("PNG"),
		Forward: &directory.ForwardAuth{Origins: []string{"https://grafana.example.org"}},
	}), nil)
	// Who came before loses nothing by it, and leaves as others do.
	is(t, b.AddPerson(t.Context(), directory.System(), somebody("before")), directory.ErrExists)
	is(t, b.RemovePerson(t.Context(), directory.System(), "before"), nil)
	for _, handle := range []string{"before", "xot"} {
		is(t, b.AddPerson(t.Context(), directory.System(), somebody(handle)), directory.ErrExists)
	}
}

// TestPartsOfAnUpgradeAreMissed, each by the check that is about it.
func TestPartsOfAnUpgradeAreMissed(t *testing.T) {
	const database = "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\n"
	for name, change := range map[string]string{
		"a manager can agree": database + "replace: olcAddContentAcl\nolcAddContentAcl: FALSE\n",
		"order of its coming": "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\ndelete: olcSortVals\n",
		"somebody's again": "dn: olcOverlay={2}unique,olcDatabase={1}mdb,cn=config\nchangetype: modify\n" +
			"delete: olcUniqueURI\nolcUniqueURI: serialize ldap:///dc=clau%2Cdc=example?clauReserved?sub\n",
	} {
		server := slapdtest.Start(t)
		server.Configure("ldapmodify", change)
		if strings.Contains(change, "olcSortVals") {
			server.Restart()
		}
		findings := open(t, server.Config()).CheckSetup(t.Context())
		if got := wrong(t, findings); got != "access rules" {
			t.Errorf("%s: %q", name, got)
		}
		last := findings[len(findings)-1]
		if !strings.Contains(last.Seen, name) || !strings.Contains(last.Do, "clau directory upgrade") {
			t.Errorf("%s: %s: %s", name, last.Seen, last.Do)
		}
		if left := count(t, server, "(|(ou=check-*)(cn=check-*))"); left != 0 {
			t.Errorf("%s: %d entries are left behind", name, left)
		}
	}
}

func count(t *testing.T, server *slapdtest.Server, filter string) int {
	t.Helper()
	r, err := server.Admin().Search(ldap.NewSearchRequest(server.Base, ldap.ScopeWholeSubtree, 0, 0, 0, false, filter, []string{"1.1"}, nil))
	is(t, err, nil)
	return len(r.Entries)
}
