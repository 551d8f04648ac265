// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
)

func login(w *world) {
	p := w.somebody("marta")
	second := "segona." + w.mark + "@example.org"
	p.Verified = append(p.Verified, second)
	p.Pending = "pendent." + w.mark + "@example.org"
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	w.person("pau")
	for _, typed := range []string{
		string(p.Handle), strings.ToUpper(string(p.Handle)), p.Mail, strings.ToUpper(p.Mail), second, "  " + second + "\n",
	} {
		got, err := w.PersonByLogin(w.ctx, typed)
		if err != nil || got.ID != p.ID {
			w.Errorf("%q: got %v, %v", typed, got.ID, err)
		}
	}
	for _, typed := range []string{p.Pending, string(p.ID), p.Name, "", " ", "nobody", "idp"} {
		_, err := w.PersonByLogin(w.ctx, typed)
		w.is(err, directory.ErrNotFound)
	}
}

// hostile is what is typed into a login form by those who have read about LDAP.
func hostile(handle string) []string {
	return []string{
		"*", handle[:3] + "*", "*" + handle[3:], "(", ")", "()", `\`, `\2a`, `\00`, "\x00", handle + "\x00",
		"*)(uid=*", "*)(|(uid=*", handle + ")(uid=*", handle + ")(&)", "*))%00", handle + ")(!(uid=x)",
		"&(uid=*)", "|(uid=*)", "*)(objectClass=*", "*)(userPassword=*", "x)(clauState=active",
		"clauId=*", "uid=" + handle, handle + ",ou=people", "cn=idp,ou=system,dc=clau,dc=example",
		handle + "*", handle + "\\", "ma\u00adrta", "ｍａｒｔａ", handle + "\u00ad", handle + "\u200b", handle[:3] + " " + handle[3:],
		"\xff\xfe", strings.Repeat("a", 400), strings.Repeat("(", 300), "marta@example.org)(mail=*",
	}
}

func hostileLogins(w *world) {
	p := w.person("marta")
	for _, typed := range hostile(string(p.Handle)) {
		got, err := w.PersonByLogin(w.ctx, typed)
		if err == nil {
			w.Errorf("%q logs in as %s", typed, got.Handle)
			continue
		}
		w.is(err, directory.ErrNotFound)
	}
}

// hostileNames are asked for as what identifiers are not checked for.
func hostileNames(w *world) {
	p := w.person("marta")
	unit := w.collective("ateneu")
	w.service("nuvol", unit.Name)
	for _, name := range hostile(string(p.ID)) {
		_, err := w.Person(w.ctx, directory.PersonID(name))
		w.absent("person", name, err)
		_, err = w.Collective(w.ctx, directory.CollectiveName(name))
		w.absent("collective", name, err)
		_, err = w.Service(w.ctx, directory.ServiceID(name))
		w.absent("service", name, err)
		_, err = w.ServiceByName(w.ctx, directory.ServiceName(name))
		w.absent("service name", name, err)
		_, err = w.ServiceByClientID(w.ctx, directory.ClientID(name))
		w.absent("client id", name, err)
		_, err = w.Authenticate(w.ctx, directory.PersonID(name), "a password")
		w.is(err, directory.ErrPassword)
		is, err := w.Standing(w.ctx, directory.PersonID(name))
		if err == nil {
			same(w, is, directory.Standing{})
		}
		if w.AddMember(w.ctx, directory.System(), unit.Name, directory.PersonID(name)) == nil {
			w.Errorf("%q is a member", name)
		}
		if w.RemovePerson(w.ctx, directory.System(), directory.PersonID(name)) == nil {
			w.Errorf("%q is removed", name)
		}
		w.hostileCase(unit.Name, name)
		if w.RemoveKey(w.ctx, directory.KeyID(name)) == nil {
			w.Errorf("%q is removed", name)
		}
	}
}

// hostileCase: neither finds nor changes what has another name; and whatever is
// said is kept as it is, or refused.
func (w *world) hostileCase(unit directory.CollectiveName, text string) {
	w.Helper()
	_, err := w.Case(w.ctx, unit, directory.CaseID(text))
	w.absent("case", text, err)
	_, err = w.Case(w.ctx, directory.CollectiveName(text), "x")
	w.absent("case of", text, err)
	_, err = w.Invitation(w.ctx, text)
	w.absent("invitation", text, err)
	_, err = w.MemberIDs(w.ctx, directory.CollectiveName(text))
	w.absent("members of", text, err)
	for _, f := range []directory.CaseFilter{
		{Collective: directory.CollectiveName(text)}, {Person: directory.PersonID(text)}, {Kind: directory.CaseKind(text)},
	} {
		same(w, len(collect(w, w.ListCases(w.ctx, f))), 0)
	}
	p := w.person("p" + random(w.T))
	c := w.aCase(directory.CaseJoin, unit, p.ID, p.ID)
	c.Words, c.Reason, c.Dialogue = text, text, []directory.Line{{At: asked, Text: text}}
	if err := w.AddCase(w.ctx, directory.System(), c); err != nil {
		w.is(err, directory.ErrInvalid)
		if utf8.ValidString(text) && !strings.Contains(text, "\x00") {
			w.Errorf("%q cannot be said: %v", text, err)
		}
		return
	}
	got, err := w.Case(w.ctx, unit, c.ID)
	w.ok(err)
	same(w, anyVersion(w, got), c)
	w.ok(w.RemoveCase(w.ctx, directory.System(), unit, c.ID))
}

// hostileConsents: whatever is in a decision is kept as it is, or refused, and
// touches nobody else's.
func hostileConsents(w *world) {
	p, other := w.person("marta"), w.person("pau")
	theirs := w.put("sector", w.aConsent(other.ID, w.serviceID()))
	for i, text := range hostile(string(p.ID)) {
		_, err := w.Consent(w.ctx, directory.PersonID(text), theirs.Service)
		w.absent("consent of", text, err)
		_, err = w.Consent(w.ctx, other.ID, directory.ServiceID(text))
		w.absent("consent for", text, err)
		_, err = w.PersonBySubject(w.ctx, text, theirs.Subject)
		w.absent("sector", text, err)
		_, err = w.PersonBySubject(w.ctx, "sector", text)
		w.absent("subject", text, err)
		if w.StopConsent(w.ctx, directory.System(), other.ID, directory.ServiceID(text)) == nil {
			w.Errorf("%q is stopped", text)
		}
		same(w, len(collect(w, w.ListConsents(w.ctx, directory.PersonID(text)))), 0)
		c := directory.Consent{
			Person: p.ID, Service: directory.ServiceID(text), Collective: directory.CollectiveName(text), State: directory.Active,
			Pseudonym: text, Declined: []string{text}, Shown: text, Values: map[string]string{text: text}, Decided: theirs.Decided,
			Subject: text, Handle: text, Alias: text, Receipts: []string{text},
		}
		w.is(w.PutConsent(w.ctx, text, c), directory.ErrInvalid) // no such thing as a service of that name
		c.Service = w.serviceID()
		w.hostileKept(fmt.Sprintf("%s-%d", text, i), c)
	}
	same(w, w.consent(other.ID, theirs.Service), theirs)
}

func (w *world) hostileKept(sector string, c directory.Consent) {
	w.Helper()
	if !utf8.ValidString(c.Pseudonym) { // JSON knows no such text
		c.Collective, c.Pseudonym, c.Shown, c.Subject, c.Handle, c.Alias = "", "", "", "", "", ""
		c.Declined, c.Values = nil, nil
	}
	if err := w.PutConsent(w.ctx, sector, c); err != nil {
		w.Errorf("%q: %v", sector, err)
		return
	}
	same(w, unversioned(w.consent(c.Person, c.Service)), c)
	if c.Subject == "" {
		return
	}
	who, err := w.PersonBySubject(w.ctx, sector, c.Subject)
	w.ok(err)
	same(w, who, c.Person)
}

func (w *world) absent(what, name string, err error) {
	w.Helper()
	if err == nil {
		w.Errorf("%s %q exists", what, name)
		return
	}
	w.is(err, directory.ErrNotFound)
}
