// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
)

// all that a record can allow.
var everything = []string{"name", "given_name", "family_name", "preferred_username", "email", "locale", "groups", "subject-id"}

func TestP10WhatIsReleased(t *testing.T) {
	const oid = "urn:oid:"
	for name, c := range map[string]struct {
		settings directory.SAMLSettings
		look     func(*look)
		asked    func(*ask)
		want     map[string]string // values joined by |; * is any
	}{
		"nothing allowed": {},
		"what the record allows": {
			settings: directory.SAMLSettings{Attributes: []string{"name", "email", "groups"}},
			want:     map[string]string{"displayName": "Anna Vilà", "mail": "anna@example.coop", "groups": "ateneu"},
		},
		"all of it, in basic names": {
			settings: directory.SAMLSettings{Attributes: everything[:7]},
			want: map[string]string{"displayName": "Anna Vilà", "givenName": "Anna", "sn": "Vilà", "uid": "anna.vila",
				"mail": "anna@example.coop", "preferredLanguage": "ca", "groups": "ateneu"},
		},
		"all of it, in those of federations": {
			settings: directory.SAMLSettings{Attributes: everything, Names: "oid", SubjectType: "public"},
			want: map[string]string{
				oid + "2.16.840.1.113730.3.1.241": "Anna Vilà", oid + "2.5.4.42": "Anna", oid + "2.5.4.4": "Vilà",
				oid + "0.9.2342.19200300.100.1.1": "anna.vila", oid + "0.9.2342.19200300.100.1.3": "anna@example.coop",
				oid + "2.16.840.1.113730.3.1.39": "ca", oid + "1.3.6.1.4.1.5923.1.5.1.1": "ateneu",
				principalName.name: "anna.vila@id.example", scopedAffiliation.name: "member@id.example",
				subjectID.name: "anna=2Evila@id.example",
			},
		},
		"what the metadata asks for, and no more": {
			settings: directory.SAMLSettings{Attributes: everything[:7]},
			look:     func(l *look) { l.sets = requestedSet(1, "", "mail", "urn:oid:2.5.4.4", "shoeSize") },
			want:     map[string]string{"mail": "anna@example.coop"},
		},
		"never more than the record allows": {
			settings: directory.SAMLSettings{Attributes: []string{"name"}},
			look:     func(l *look) { l.sets = requestedSet(1, "", "mail", "uid") },
		},
		"the set of the request": {
			settings: directory.SAMLSettings{Attributes: everything[:7]},
			look:     func(l *look) { l.sets = requestedSet(1, `isDefault="true"`, "mail") + requestedSet(2, "", "uid") },
			asked:    with(`AttributeConsumingServiceIndex="2"`),
			want:     map[string]string{"uid": "anna.vila"},
		},
		"research and scholarship": {
			settings: directory.SAMLSettings{Attributes: everything[:7], Names: "oid"},
			look:     func(l *look) { l.entity = entityAttribute(metadata.EntityCategory, research) },
			want: map[string]string{
				oid + "2.16.840.1.113730.3.1.241": "Anna Vilà", oid + "2.5.4.42": "Anna", oid + "2.5.4.4": "Vilà",
				oid + "0.9.2342.19200300.100.1.1": "anna.vila", oid + "0.9.2342.19200300.100.1.3": "anna@example.coop",
				principalName.name: "anna.vila@id.example", scopedAffiliation.name: "member@id.example",
			},
		},
		"the principal name alone": {
			settings: directory.SAMLSettings{Attributes: everything[:7], Names: "oid"},
			look:     func(l *look) { l.sets = requestedSet(1, "", principalName.name) },
			want:     map[string]string{principalName.name: "anna.vila@id.example"},
		},
		"an identifier that the metadata needs": {
			look: func(l *look) { l.entity = entityAttribute(metadata.SubjectIDRequirement, "subject-id") },
			want: map[string]string{pairwiseID.name: "*"},
		},
		"an identifier that the metadata does not need": {
			look: func(l *look) { l.entity = entityAttribute(metadata.SubjectIDRequirement, "none") },
		},
		"groups in one value": {
			settings: directory.SAMLSettings{Attributes: []string{"groups"}, GroupFormat: directory.GroupsCSV, GroupNames: map[string]string{"ateneu": "members"}},
			want:     map[string]string{"groups": "members"},
		},
		"groups of another name, and none told": {
			settings: directory.SAMLSettings{Attributes: []string{"groups"}, GroupNames: map[string]string{"ateneu": ""}},
			want:     map[string]string{"groups": ""},
		},
		"no groups at all": {
			settings: directory.SAMLSettings{Attributes: []string{"groups"}, GroupFormat: directory.GroupsNone},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			if c.look == nil {
				c.look = func(*look) {}
			}
			if c.asked == nil {
				c.asked = func(*ask) {}
			}
			nuvol := w.provider("nuvol", c.settings, c.look)
			a := w.browser().asks(nuvol, c.asked).through("anna.vila").granted().valid()
			for name, value := range c.want {
				if value == "*" {
					c.want[name] = strings.Join(a.attributes()[name], "|")
					if subject, _, _ := strings.Cut(c.want[name], "@"); subject != a.nameID().Value {
						t.Errorf("%s is %q", name, c.want[name])
					}
				}
			}
			a.has(c.want)
		})
	}
	t.Run("a set that there is not", func(t *testing.T) {
		w := start(t)
		nuvol := w.provider("nuvol", directory.SAMLSettings{}, func(l *look) { l.sets = requestedSet(1, "", "mail") })
		w.browser().asks(nuvol, with(`AttributeConsumingServiceIndex="7"`)).refused(statusRequester, statusRequestUnsupported)
		forum := w.provider("forum", directory.SAMLSettings{})
		w.browser().asks(forum, with(`AttributeConsumingServiceIndex="7"`)).through("anna.vila").granted()
	})
}

func TestP11WithoutAnyAttributeThereIsNoStatement(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{Attributes: []string{"email", "given_name"}})
	a := w.browser().asks(nuvol).through("bernat").granted().valid("Response", "Assertion")
	if strings.Contains(string(a.raw), "AttributeStatement") {
		t.Errorf("an empty statement in %s", a.raw)
	}
}

func TestP12ManyAndOddValues(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{Attributes: []string{"name", "given_name", "family_name", "groups"}})
	var groups []string
	for i := range 1500 {
		groups = append(groups, fmt.Sprintf("collective-%04d", i))
	}
	odd, long := `Ànna & <b>"l·la"</b> ’`+"\U0001F511", strings.Repeat("à", 256)
	released := release.Release{release.Name: odd, release.GivenName: long, release.FamilyName: long + "à", release.Groups: groups}
	a := w.answers(nuvol, released).granted().valid("Response", "Assertion")
	got := a.attributes()
	if len(got["groups"]) != 1500 || got["groups"][1499] != "collective-1499" {
		t.Errorf("%d groups", len(got["groups"]))
	}
	if got["displayName"][0] != odd || got["givenName"][0] != long {
		t.Errorf("%q, %q", got["displayName"], got["givenName"])
	}
	if _, there := got["sn"]; there {
		t.Error("257 characters were sent")
	}
	t.Run("what XML cannot say", func(t *testing.T) {
		a := w.answers(nuvol, release.Release{release.Name: "An\x00na\x0b"}).granted().valid("Response", "Assertion")
		if name := a.attributes()["displayName"][0]; name != "An\uFFFDna\uFFFD" {
			t.Errorf("%q", name)
		}
	})
}

// answers lets the provider answer with a release that no one person has.
func (w *world) answers(s *sp, released release.Release) *page {
	w.t.Helper()
	reply, err := json.Marshal(reply{ACS: s.acs, InResponseTo: w.nextID(), Format: metadata.NameIDPersistent})
	w.must(err)
	result := signon.Result{
		Request: signon.Request{Reply: reply}, Service: s.service, Subject: "subject", SID: "sid", Release: released,
		Session: session.Session{ACR: session.ACRPassword, AuthTime: w.clock.Now(), Created: w.clock.Now()},
	}
	result.Name, result.Detail, err = w.p.Name(result)
	w.must(err)
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, ssoAddress, nil)
	w.must(w.p.Answer(rec, r, result))
	res := rec.Result()
	res.Request = r
	return w.browser().read(res)
}

func TestA26AnAddressThatIsNotProvenIsNobodys(t *testing.T) {
	w := start(t)
	record := directory.SAMLSettings{Attributes: []string{"email", "preferred_username"}, Names: "oid"}
	nuvol := w.provider("nuvol", record)
	byMail := w.provider("bymail", directory.SAMLSettings{NameID: "emailAddress"})
	w.person("1", func(p *directory.Person) { p.Mail = "bernat@example.coop" })
	a := w.browser().asks(nuvol).through("anna.vila").granted()
	a.has(map[string]string{oidNames["preferred_username"].name: "anna.vila", principalName.name: "anna.vila@id.example"})
	w.browser().asks(byMail).through("anna.vila").refused(statusResponder, statusInvalidNameIDPolicy)
}
