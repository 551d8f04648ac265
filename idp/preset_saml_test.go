// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/release"
)

const (
	samlStatus = "urn:oasis:names:tc:SAML:2.0:status:"
	nameFormat = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
)

// tellsSAML is the story of a service provider.
func (a *presetApp) tellsSAML() {
	sp := a.site.sp
	if a.preset.Name == "moodle-saml" { // asks whether somebody is there, and lets nobody be asked
		sp.sendsAway(` IsPassive="true"`)
		if no := sp.isAnswered(); no.outer() != samlStatus+"Responder" || no.inner() != samlStatus+"NoPassive" {
			a.t.Errorf("nobody was there, and the service read %+v", no.Status)
		}
	}
	sp.sendsAway()
	a.nuria.LogsIn("nuria", idptest.Password)
	a.answers("#consent-deny")
	if no := sp.isAnswered(); no.outer() != samlStatus+"Responder" || no.inner() != samlStatus+"RequestDenied" || len(no.Assertions) > 0 {
		a.t.Errorf("núria refused, and the service read %+v", no.Status)
	}

	sp.sendsAway()
	a.answers("#consent-allow")
	a.readsAssertion(sp.isAnswered())

	sp.sendsAway() // asks nothing
	first := sp.isAnswered()
	a.readsAssertion(first)
	if slices.Contains(a.does.Logout.Sends, "slo-redirect") {
		a.leavesBySLO(first)
	}

	sp.sendsAway()
	a.nuria.LogsIn("nuria", idptest.Password)
	a.comesHome()
	last := sp.isAnswered()
	a.readsAssertion(last)
	a.site.forgets()
	a.leaves()
	a.isAsPromised()
	a.isToldBySAML(last)
}

// readsAssertion holds an answer against what the service looks at.
func (a *presetApp) readsAssertion(r samlResponse) {
	a.t.Helper()
	if r.outer() != samlStatus+"Success" || len(r.Assertions) != 1 {
		a.t.Fatalf("the service read %+v with %d assertions", r.Status, len(r.Assertions))
	}
	said := r.Assertions[0]
	sp := a.site.sp
	if said.Issuer != a.at.EntityID || !slices.Equal(said.Audience, []string{sp.entity()}) ||
		said.Confirmation.Recipient != sp.acs() || said.Confirmation.InResponseTo != r.InResponseTo ||
		len(said.Statements) != 1 || said.Statements[0].SessionIndex == "" || said.Confirmation.Address != "" {
		a.t.Errorf("the service read %+v", said)
	}
	a.readsName(said)
	a.readsAttributes(said)
}

func (a *presetApp) readsName(said samlAssertion) {
	a.t.Helper()
	want := nameFormat + "persistent"
	if asked := a.does.AuthnReq.NameID; asked == nameFormat+"transient" {
		want = asked
	}
	if said.NameID.Format != want || said.NameID.Value == "" {
		a.t.Errorf("the name is %+v, and not of %s", said.NameID, want)
	}
	if q := said.NameID.SPNameQualifier; q != "" && q != a.site.sp.entity() {
		a.t.Errorf("the name is qualified by %s", q)
	}
	if strings.HasSuffix(want, "persistent") {
		a.knows(said.NameID.Value)
	}
}

// attributeNames are what each attribute is called, in the two ways there are.
var attributeNames = map[release.Attribute][2]string{
	"preferred_username": {"uid", "urn:oid:0.9.2342.19200300.100.1.1"},
	"email":              {"mail", "urn:oid:0.9.2342.19200300.100.1.3"},
	"name":               {"displayName", "urn:oid:2.16.840.1.113730.3.1.241"},
	"given_name":         {"givenName", "urn:oid:2.5.4.42"},
	"family_name":        {"sn", "urn:oid:2.5.4.4"},
	"groups":             {"groups", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1"},
}

// readsAttributes: everything that the preset needs is there once, under the
// name that its guide gives, and is true.
func (a *presetApp) readsAttributes(said samlAssertion) {
	a.t.Helper()
	found, set := map[string][]string{}, 0
	for _, one := range said.Attributes {
		if _, twice := found[one.Name]; twice {
			a.t.Errorf("%s came twice", one.Name)
		}
		found[one.Name] = one.Values
	}
	if a.preset.Name == "shibboleth" { // its own map of attributes knows no others
		set = 1
	}
	truth := map[release.Attribute]string{
		"preferred_username": "nuria", "email": "nuria@exemple.coop", "name": "Núria Ñandú",
		"given_name": "Núria", "family_name": "Ñandú", "groups": "ateneu",
	}
	for _, needed := range a.preset.Needs {
		names, ok := attributeNames[needed]
		if ok && !slices.Equal(found[names[set]], []string{truth[needed]}) {
			a.t.Errorf("%s is %q of %v", names[set], found[names[set]], found)
		}
	}
	if account := a.does.AuthnReq.Account; account == "uid" && found[attributeNames["preferred_username"][set]] == nil {
		a.t.Errorf("the account is %s, and is not among %v", account, found)
	}
}

// leavesBySLO logs out at the service, which sends a LogoutRequest with the
// browser. One that nobody signs is asked about.
func (a *presetApp) leavesBySLO(known samlResponse) {
	a.t.Helper()
	sp := a.site.sp
	id := sp.asksToLeave(known.Assertions[0])
	if !sp.signs() {
		a.nuria.SeesElement("#logout-confirm")
		a.nuria.Press("#logout-confirm")
	}
	a.comesHome()
	a.isHome()
	k := a.site.last(pathOf(a.t, sp.sloAnswers()))
	answer := sp.reads(k.Form.Get("SAMLResponse"), k.Method)
	if answer.outer() != samlStatus+"Success" || answer.InResponseTo != id || answer.Destination != sp.sloAnswers() {
		a.t.Errorf("the service read %+v", answer)
	}
}

// isToldBySAML: who left Clau has left there, by the name and the session that
// the service knows.
func (a *presetApp) isToldBySAML(known samlResponse) {
	a.t.Helper()
	told := a.site.sp.told()
	if len(told) != 1 {
		a.t.Fatalf("the service heard %+v", told)
	}
	who := known.Assertions[0]
	if heard := told[0]; heard.NameID != who.NameID || heard.SessionIndex != who.Statements[0].SessionIndex {
		a.t.Errorf("the service heard of %+v, and knows %+v", heard, who)
	}
	if soap := a.does.Logout.Takes == "slo-soap"; soap != told[0].soap {
		a.t.Errorf("the service was told by SOAP: %t", told[0].soap)
	}
}
