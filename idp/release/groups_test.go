// SPDX-License-Identifier: AGPL-3.0-or-later

package release_test

import (
	"encoding/json"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// standing is that of somebody in three collectives, who was entrusted with
// something at two services of ateneu, also by its guest bressola.
func standing() directory.Standing {
	return directory.Standing{
		Memberships: []directory.Membership{{Collective: "ateneu"}, {Collective: "bressola"}, {Collective: "sindicat"}},
		Access: []directory.Access{
			{Collective: "ateneu", Service: "cloud", Role: "editor"},
			{Collective: "ateneu", Service: "forum", Role: "moderator"},
			{Collective: "bressola", Service: "cloud", Role: "reader"},
			{Collective: "sindicat", Service: "cloud", Role: "spy"},
		},
	}
}

func cloud(metadata directory.ClientMetadata) directory.Service {
	return directory.Service{
		ID: "cloud", Collective: "ateneu", Guests: []directory.CollectiveName{"bressola"}, Access: directory.AccessCollective,
		OIDC: &directory.OIDCClient{Metadata: metadata},
	}
}

func decided(s directory.Service, need release.Need, told ...directory.CollectiveName) release.Release {
	return release.Decide(need, release.Facts{
		Person: directory.Person{Language: "pt-BR"}, Standing: standing(), Service: s,
		Terms: release.Terms{Allowed: release.Attributes(), Groups: told},
	})
}

func written(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestGroupsInEveryFormat(t *testing.T) {
	r := decided(cloud(directory.ClientMetadata{}), release.Need{release.Groups}, "ateneu", "bressola", "sindicat")
	for format, want := range map[directory.GroupFormat]string{
		"":                    `["ateneu","ateneu.editor","bressola","bressola.reader"]`,
		directory.GroupsArray: `["ateneu","ateneu.editor","bressola","bressola.reader"]`,
		directory.GroupsCSV:   `"ateneu,ateneu.editor,bressola,bressola.reader"`,
		directory.GroupsSpace: `"ateneu ateneu.editor bressola bressola.reader"`,
		directory.GroupsNone:  `null`,
		"of a later version":  `["ateneu","ateneu.editor","bressola","bressola.reader"]`,
		directory.GroupsObjects: `[{"gid":"ateneu","displayName":"ateneu"},{"gid":"ateneu.editor","displayName":"ateneu.editor"},` +
			`{"gid":"bressola","displayName":"bressola"},{"gid":"bressola.reader","displayName":"bressola.reader"}]`,
	} {
		if got := written(t, release.GroupValues(r, format)); got != want {
			t.Errorf("%q: %s", format, got)
		}
	}
}

// Services that synchronise read a missing list as "no change", and an empty one
// as "out of all groups": both must be said as they are meant.
func TestNoGroupsAreAnEmptyList(t *testing.T) {
	r := decided(cloud(directory.ClientMetadata{}), release.Need{release.Groups, release.Collectives, release.Roles})
	for format, want := range map[directory.GroupFormat]string{"": "[]", directory.GroupsCSV: `""`, directory.GroupsObjects: "[]"} {
		// The role of a guest that is told nothing of would name it.
		if got := written(t, release.GroupValues(r, format)); got != want {
			t.Errorf("%q: %s", format, got)
		}
	}
	nothing := release.Decide(release.Need{release.Groups, release.Collectives, release.Roles}, release.Facts{Standing: standing(), Service: cloud(directory.ClientMetadata{})})
	if got := written(t, nothing); got != `{"collectives":[],"groups":[],"roles":[]}` {
		t.Errorf("nothing is allowed: %s", got)
	}
	if release.GroupValues(release.Release{}, "") != nil {
		t.Error("groups that nobody asked for")
	}
}

// What the service calls a group stands in its place, and what is kept from it
// is nowhere.
func TestGroupsInTheServicesNames(t *testing.T) {
	s := cloud(directory.ClientMetadata{GroupNames: map[string]string{
		"ateneu": "Staff", "ateneu.editor": "Staff", "bressola": "", "bressola.reader": "Readers", "sindicat": "Union",
	}})
	r := decided(s, release.Need{release.Groups, release.Collectives}, "ateneu", "bressola")
	if got := written(t, r); got != `{"collectives":[{"name":"ateneu","role":"editor"},{"name":"bressola","role":"reader"}],"groups":["Readers","Staff"]}` {
		t.Error(got)
	}
	for name, s := range map[string]directory.Service{
		"saml":      {SAML: &directory.SAMLProvider{Settings: directory.SAMLSettings{GroupNames: s.OIDC.Metadata.GroupNames}}},
		"discourse": {Discourse: &directory.DiscourseConnect{Settings: directory.DiscourseSettings{GroupNames: s.OIDC.Metadata.GroupNames}}},
	} {
		s.ID, s.Collective = "cloud", "ateneu"
		if got := written(t, decided(s, release.Need{release.Groups}, "ateneu")); got != `{"groups":["Staff"]}` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A role says what somebody may do here: not elsewhere, not by whom who has no
// say here, and not where they belong.
func TestRolesOfThisServiceAlone(t *testing.T) {
	if got := written(t, decided(cloud(directory.ClientMetadata{}), release.Need{release.Roles})); got != `{"roles":["editor"]}` {
		t.Error(got)
	}
}

// A service that is open to everybody is told where people belong, and not what
// the managers of some collective say they are at it.
func TestNobodyIsMadeAdminFromOutside(t *testing.T) {
	s := cloud(directory.ClientMetadata{})
	s.Access = directory.AccessPublic
	got := written(t, decided(s, release.Need{release.Groups, release.Collectives, release.Roles}, "ateneu", "bressola", "sindicat"))
	if want := `{"collectives":[{"name":"ateneu","role":"editor"},{"name":"bressola","role":"reader"},{"name":"sindicat"}],` +
		`"groups":["ateneu","ateneu.editor","bressola","bressola.reader","sindicat"],"roles":["editor"]}`; got != want {
		t.Error(got)
	}
}

// What a directory of before holds, or what somebody wrote past every page.
func TestRolesThatAreNoneAreNotTold(t *testing.T) {
	f := release.Facts{Service: cloud(directory.ClientMetadata{}), Terms: release.Terms{
		Allowed: release.Attributes(), Groups: []directory.CollectiveName{"ateneu"},
	}}
	for _, role := range []string{"", "a.b", "x,ateneu.admin", "x ateneu.admin", "Admin", "à", "x\n", strings.Repeat("x", 33)} {
		f.Standing.Access = append(f.Standing.Access, directory.Access{Collective: "ateneu", Service: "cloud", Role: role})
	}
	if got := written(t, release.Decide(release.Need{release.Groups, release.Roles}, f)); got != `{"groups":[],"roles":[]}` {
		t.Error(got)
	}
}

// Names of collectives may have dots: whose group "ateneu.admin" is depends on
// who has a say at the service, never on who founds a collective.
func TestTwoThingsOfOneName(t *testing.T) {
	person := directory.Standing{
		Memberships: []directory.Membership{{Collective: "ateneu.admin"}, {Collective: "poble.sec"}},
		Access:      []directory.Access{{Collective: "ateneu", Service: "cloud", Role: "board"}},
	}
	groups := func(access directory.AccessPolicy, guests ...directory.CollectiveName) string {
		s := cloud(directory.ClientMetadata{})
		s.Access, s.Guests = access, guests
		return written(t, release.GroupList(release.Decide(release.Need{release.Groups}, release.Facts{
			Service: s, Standing: person,
			Terms: release.Terms{Allowed: release.Attributes(), Groups: []directory.CollectiveName{"ateneu", "ateneu.admin", "ateneu.board", "poble.sec"}},
		})))
	}
	if got := groups(directory.AccessPublic); got != `["ateneu.board","poble.sec"]` {
		t.Errorf("whoever founds ateneu.admin: %s", got)
	}
	if got := groups(directory.AccessCollective, "ateneu.admin", "ateneu.board"); got != `["ateneu.admin"]` {
		t.Errorf("a guest with a dot: %s", got)
	}
}

// What the service calls a group may be read as two.
func TestAListIsReadAsItWasWritten(t *testing.T) {
	s := cloud(directory.ClientMetadata{GroupNames: map[string]string{"ateneu": "x,admin", "ateneu.editor": "x admin"}})
	r := decided(s, release.Need{release.Groups}, "ateneu")
	for format, want := range map[directory.GroupFormat]string{
		directory.GroupsCSV: `"x admin"`, directory.GroupsSpace: `"x,admin"`, directory.GroupsArray: `["x admin","x,admin"]`,
	} {
		if got := written(t, release.GroupValues(r, format)); got != want {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func TestACollectiveIsToldOnce(t *testing.T) {
	s := cloud(directory.ClientMetadata{})
	s.Guests = nil
	if got := written(t, decided(s, release.Need{release.Collectives}, "ateneu")); got != `{"collectives":[{"name":"ateneu","role":"editor"}]}` {
		t.Error(got)
	}
	s.ID = "wiki"
	if got := written(t, decided(s, release.Need{release.Collectives}, "ateneu")); got != `{"collectives":[{"name":"ateneu"}]}` {
		t.Error(got)
	}
}

// Under another name somebody has another name, and the same groups and language.
func TestWhoAppearsByAnotherName(t *testing.T) {
	p := directory.Person{Name: "Núria", GivenName: "Núria", Handle: "nuria", Mail: "n@x.example", Verified: []string{"n@x.example"}, Language: "pt-BR"}
	got := written(t, release.Decide(release.Attributes(), release.Facts{
		Person: p, Standing: standing(), Service: cloud(directory.ClientMetadata{}),
		Terms: release.Terms{Allowed: release.Attributes(), As: &release.Appearance{Name: "Lluna", Mail: "k@alias.example"}, Groups: []directory.CollectiveName{"bressola"}},
	}))
	if want := `{"collectives":[{"name":"bressola","role":"reader"}],"email":"k@alias.example","email_verified":false,` +
		`"groups":["bressola","bressola.reader"],"language":"pt_BR","locale":"pt-BR","name":"Lluna","roles":["editor"]}`; got != want {
		t.Error(got)
	}
}

// Each attribute is decided on by one that decides on itself.
func TestEveryDecisionIsSomebodys(t *testing.T) {
	for _, a := range release.Attributes() {
		if d := a.Decided(); d.Decided() != d {
			t.Errorf("%s is decided with %s, and that with %s", a, d, d.Decided())
		}
	}
}
