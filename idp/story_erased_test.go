// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/retention"
)

// canaries are what somebody typed or was given. Whatever finds one of them
// after the erasure has kept something of the person.
var canaries = map[string]string{
	"handle":    "zubi.zarreta",
	"address":   "canaria@correu.example",
	"name":      "Nom de zubi.zarreta",
	"words":     "una frase ben estranya",
	"answer":    "cap resposta com aquesta",
	"pseudonym": "Garsa Xerraire",
	"nickname":  "Zubizarreta",
	"address 2": "garsa@altra.example",
}

// TestNothingIsLeft: everything that somebody left behind is searched for after
// the erasure and the time that expiring things have: in the directory, the
// store, the files, the operator's log and the audit.
func TestNothingIsLeft(t *testing.T) { onBoth(t, nothingIsLeft) }

func nothingIsLeft(l *life) {
	t := l.t
	l.cloud = l.clau.Party(t, "cloud")
	address := canaries["address"]
	s := l.applies(idptest.Ateneu, canaries["handle"], address, canaries["words"])
	anna := l.someone().enters("anna", idptest.Password)
	anna.request(idptest.Ateneu, canaries["name"])
	anna.writes("question", "Qui ets?").Press("#request-ask")
	s.Open(l.link(address, "/join/application"))
	s.writes("reply", canaries["answer"]).Press("#send-reply")
	anna.request(idptest.Ateneu, canaries["name"])
	anna.Press("#request-accept")
	s.setsPassword(address)
	s.Open("/account/profile")
	s.writes("name", canaries["nickname"]).Press("#save")
	reads := someone{s.Plain, s.Person.Reads(), l}
	reads.Open(l.cloud.URL + "/login")
	reads.Plain.Tick("#appear-pseudonym")
	reads.writes("pseudonym", canaries["pseudonym"]).Press("#consent-allow")
	s.Sees("You are in.")
	given := l.cloud.Last()
	s.Open("/account/address")
	s.writes("mail", canaries["address 2"], "current", newPassword).Press("#save")
	found := search(l)
	for name := range canaries {
		if !strings.Contains(found, name) && name != "answer" && name != "words" { // those ended with the application
			t.Errorf("the search does not find the %s where it must be: %s", name, found)
		}
	}
	id := l.person(canaries["handle"]).ID

	s.Open("/account/erase")
	s.writes("current", newPassword).Press("#erase")
	l.clau.Later(t, 15*24*time.Hour)
	l.clau.Clock.Advance(retention.ActivityOfCollective) // the longest that anything lives in the store
	l.clau.Later(t, time.Minute)
	l.clau.Tidy(t)
	if found := search(l); found != "" {
		t.Errorf("still there: %s", found)
	}
	for where, text := range l.clau.Everything(t) {
		for name, one := range map[string]string{
			"subject": given.Subject(), "handle at the service": claimed(given.UserInfo["preferred_username"]), "alias": claimed(given.UserInfo["email"]),
		} {
			if one != "" && strings.Contains(text, one) && where != "the operator's log" {
				t.Errorf("the %s is still in %s", name, where)
			}
		}
		// Redis has a clock of its own, by which the collective's log is young.
		mayName := where == "the audit" || where == "the operator's log" || where == "the store"
		if strings.Contains(text, string(id)) && !mayName {
			t.Errorf("the person's id is still in %s", where)
		}
	}
	l.neverAgain()
}

func claimed(v any) string {
	s, _ := v.(string)
	return s
}

// neverAgain: the tombstone keeps what services knew from somebody else.
func (l *life) neverAgain() {
	l.t.Helper()
	p := directory.Person{
		ID: "another", Handle: directory.Handle(canaries["handle"]), State: directory.Active, Name: "Una altra",
		Primary: idptest.Ateneu, Seed: []byte("01234567890123456789012345678901"), Created: l.clau.Clock.Now().UTC(),
	}
	if err := l.clau.Directory.AddPerson(context.Background(), directory.System(), p); err == nil {
		l.t.Error("the handle is somebody else's now")
	}
}

// search tells which canaries are where, in any of the ways that they are
// written down.
func search(l *life) string {
	l.t.Helper()
	var found []string
	for where, text := range l.clau.Everything(l.t) {
		for name, canary := range canaries {
			quoted, err := json.Marshal(canary)
			check(l.t, err)
			for _, form := range []string{canary, strings.ToLower(canary), strings.Trim(string(quoted), `"`), url.QueryEscape(canary), url.PathEscape(canary)} {
				if strings.Contains(text, form) {
					found = append(found, name+" in "+where)
					break
				}
			}
		}
	}
	return strings.Join(found, "; ")
}
