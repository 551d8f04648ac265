// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestNothingLeavesThatWasNotAgreedTo holds every combination of what a service
// needs, what the collective decided and what a person answered against a rule
// of its own, in everything that the service can read. It knows nothing of how
// Clau decides.
func TestNothingLeavesThatWasNotAgreedTo(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Configure: unhurried})
	clau.SetPolicy(t, idptest.Ateneu, `,"attributes":{"family_name":{"need":"forbidden"}},"services":{`+strings.Join(servicePolicies(), ",")+`}`)
	parties := map[string]*idptest.Party{}
	for n, need := range tableNeeds {
		for p := range tablePolicies {
			party := clau.Party(t, serviceName(n, p), func(s *directory.Service) {
				s.OIDC.Metadata.ClaimsInIDToken = need.full
				s.OIDC.Metadata.AccessTokenFormat = map[bool]string{true: "jwt", false: "opaque"}[need.full]
			})
			party.Scope = append([]string{"openid", "offline_access"}, need.scopes...)
			if len(need.claims) > 0 {
				party.Extra.Set("claims", need.parameter())
			}
			parties[party.Service.Title] = party
		}
	}
	var people []string
	for i, decision := range tableDecisions {
		who := newCanary(t, clau, i, decision)
		people = append(people, who.all...)
		t.Run(decision.name, func(t *testing.T) {
			for n, need := range tableNeeds {
				for p, policy := range tablePolicies {
					cell := cell{need, policy, decision, who}
					cell.check(t, clau, parties["Service "+serviceName(n, p)])
				}
			}
		})
	}
	for _, value := range people {
		clau.Logs.Hides(t, map[string]string{"what is somebody's own": value})
	}
}

// source is where a released value comes from.
type source int

const (
	nowhere source = iota
	theirs         // as it is
	made           // what stands in its place
)

func serviceName(need, policy int) string { return fmt.Sprintf("s%dp%d", need, policy) }

func servicePolicies() []string {
	var out []string
	for n := range tableNeeds {
		for p, policy := range tablePolicies {
			if policy.json != "" {
				out = append(out, fmt.Sprintf("%q:{%s}", serviceName(n, p), policy.json))
			}
		}
	}
	return out
}

// tableNeed is what a service asks for: by scopes, and by the claims parameter
// in both places.
type tableNeed struct {
	name   string
	scopes []string
	claims map[string][]string
	full   bool // what scopes mean stands in the id_token too
}

var tableNeeds = []tableNeed{
	{name: "nothing"},
	{name: "profile", scopes: []string{"profile"}},
	{name: "email", scopes: []string{"email"}, full: true},
	{name: "groups", scopes: []string{"groups"}},
	{name: "all, in the id_token too", scopes: []string{"profile", "email", "groups"}, full: true},
	{name: "claims", claims: map[string][]string{"id_token": {"name", "email"}, "userinfo": {"preferred_username", "given_name"}}},
	{name: "claims beside scopes", scopes: []string{"email"}, claims: map[string][]string{"id_token": {"family_name", "groups", "email_verified"}, "userinfo": {"locale"}}},
}

func (n tableNeed) parameter() string {
	out := map[string]map[string]any{}
	for place, names := range n.claims {
		out[place] = map[string]any{}
		for _, name := range names {
			out[place][name] = nil
		}
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

var ofScope = map[string][]string{
	"profile": {"name", "given_name", "family_name", "preferred_username", "locale"},
	"email":   {"email", "email_verified"}, "groups": {"groups"},
}

// in are the claims asked for in a place; in any place: "".
func (n tableNeed) in(place string) []string {
	var out []string
	for _, scope := range n.scopes {
		if place != "id_token" || n.full {
			out = append(out, ofScope[scope]...)
		}
	}
	for where, names := range n.claims {
		if place == where || place == "" {
			out = append(out, names...)
		}
	}
	return out
}

// tablePolicy is what the collective decided about a service, as its managers
// write it and in the words of this test.
type tablePolicy struct {
	name, json          string
	forbidden, required []string
	agreed, named       bool // in assembly; no pseudonyms
}

var tablePolicies = []tablePolicy{
	{name: "none of its own", forbidden: []string{"family_name"}},
	{name: "some forbidden", json: `"attributes":{"email":{"need":"forbidden"},"preferred_username":{"need":"forbidden"},"groups":{"need":"forbidden"}}`,
		forbidden: []string{"family_name", "email", "preferred_username", "groups"}},
	{name: "some required", json: `"attributes":{"name":{"need":"required"},"email":{"need":"required"}}`,
		forbidden: []string{"family_name"}, required: []string{"name", "email"}},
	{name: "a real name required", json: `"attributes":{"given_name":{"need":"required"},"family_name":{"need":"optional"}}`, required: []string{"given_name"}},
	{name: "agreed", json: `"agreed":{"on":"2020-02-01","minutes":"https://ateneu.example/acta"}`, forbidden: []string{"family_name"}, agreed: true},
	{name: "no pseudonyms", json: `"pseudonyms":false`, forbidden: []string{"family_name"}, named: true},
}

// tableDecision is what somebody answers, wherever they are asked.
type tableDecision struct {
	name      string
	appear    string
	ticks     func(place int) bool // of the claims in their order
	anonymous bool
}

func every(int) bool { return true }
func none(int) bool  { return false }

var tableDecisions = []tableDecision{
	{"everything", "real", every, false},
	{"nothing", "real", none, false},
	{"every second", "real", func(i int) bool { return i%2 == 0 }, false},
	{"the others", "real", func(i int) bool { return i%2 == 1 }, false},
	{"everything, by pseudonym", "pseudonym", every, false},
	{"every second, by pseudonym", "pseudonym", func(i int) bool { return i%2 == 0 }, false},
	{"everything, without a name", "none", every, false},
	{"anonymous, by pseudonym", "pseudonym", every, true},
	{"anonymous, nothing, without a name", "none", none, true},
}

// decided are what decisions are about; that an address is verified goes with it.
var decided = []string{"name", "given_name", "family_name", "preferred_username", "email", "locale", "groups"}

// cell is one combination, and somebody to try it.
type cell struct {
	need     tableNeed
	policy   tablePolicy
	decision tableDecision
	who      canary
}

func (c cell) String() string { return c.need.name + " / " + c.policy.name + " / " + c.decision.name }

// appears is as whom the person appears; "": not at all.
func (c cell) appears() string {
	var offered []string
	for _, one := range []string{"real", "pseudonym", "none"} {
		lacking := func(claim string) bool { return slices.Contains(c.needed(), claim) && !carried(one, claim) }
		allowed := one == "real" && !c.decision.anonymous || one != "real" && (c.decision.anonymous || !c.policy.named)
		if allowed && !slices.ContainsFunc(c.policy.required, lacking) {
			offered = append(offered, one)
		}
	}
	switch {
	case len(offered) == 0:
		return ""
	case !c.policy.agreed && slices.Contains(offered, c.decision.appear):
		return c.decision.appear
	}
	return offered[0]
}

func carried(appear, claim string) bool {
	switch {
	case appear == "real", claim == "locale", claim == "groups", claim == "email":
		return true
	}
	return appear == "pseudonym" && (claim == "name" || claim == "preferred_username")
}

// needed are the claims that are asked for and not forbidden.
func (c cell) needed() []string {
	var out []string
	for _, claim := range c.need.in("") {
		if claim == "email_verified" {
			claim = "email"
		}
		if !slices.Contains(c.policy.forbidden, claim) {
			out = append(out, claim)
		}
	}
	return out
}

// from says where the value of a claim may come from.
func (c cell) from(claim string) source {
	if claim == "email_verified" {
		claim = "email"
	}
	agreed := c.policy.agreed || slices.Contains(c.policy.required, claim) || c.decision.ticks(slices.Index(decided, claim))
	appear := c.appears()
	switch {
	case !slices.Contains(c.needed(), claim), !agreed, !carried(appear, claim):
		return nowhere
	case appear == "real", claim == "locale", claim == "groups":
		return theirs
	}
	return made
}

func (c cell) check(t *testing.T, clau *idptest.Clau, party *idptest.Party) {
	t.Helper()
	c.who.browser.Catch("")
	p := c.who.Reads()
	p.Open(party.URL + "/login")
	if p.Has("#username") {
		p.LogsIn(string(c.who.handle), idptest.Password)
	}
	if p.Has("#consent-allow") {
		c.who.answers(c.decision)
	}
	if c.appears() == "" {
		p.Press("#closed-back")
		if !p.Has("#error") || p.Value("#error") != "access_denied" {
			t.Errorf("%v: enters: %s", c, p.Text())
		}
		return
	}
	if !strings.Contains(p.Text(), "You are in.") {
		t.Fatalf("%v: at %s: %s", c, p.Address(), p.Text())
	}
	v := party.Last()
	c.holds(t, "id_token", v.Claims, "id_token")
	c.holds(t, "userinfo", v.UserInfo, "userinfo")
	if c.need.full {
		c.hides(t, "the access token", payload(t, v.Token.AccessToken))
	}
	c.introspected(t, "access token", party.Introspect(v.Token.AccessToken).JSON)
	c.introspected(t, "refresh token", party.Introspect(v.Token.RefreshToken).JSON)
	again := party.Refresh(v.Token.RefreshToken)
	c.holds(t, "refreshed id_token", payload(t, again.Text("id_token")), "id_token")
	c.holds(t, "userinfo after refresh", party.UserInfo(again.Text("access_token")).JSON, "userinfo")
}

// holds compares an answer with what may stand in it, and looks for what must not.
func (c cell) holds(t *testing.T, what string, answer map[string]any, place string) {
	t.Helper()
	if len(answer) == 0 {
		t.Errorf("%v: no %s", c, what)
	}
	for _, claim := range append([]string{"email_verified"}, decided...) {
		from := nowhere
		if slices.Contains(c.need.in(place), claim) {
			from = c.from(claim)
		}
		value, there := answer[claim]
		if claim == "groups" && slices.Contains(c.need.in(place), claim) && from == nowhere {
			if list, ok := value.([]any); !ok || len(list) > 0 {
				t.Errorf("%v: %s has the groups %v, not an empty list", c, what, value)
			}
			continue
		}
		if fault := c.fault(claim, from, value, there); fault != "" {
			t.Errorf("%v: %s %s: %v", c, what, fault, value)
		}
	}
	c.hides(t, what, answer)
}

func (c cell) fault(claim string, from source, value any, there bool) string {
	switch own := c.who.own[claim]; {
	case from == nowhere && there:
		return "has " + claim
	case from == nowhere:
		return ""
	case !there:
		return "lacks " + claim
	case from == theirs && claim == "groups" && c.policy.agreed:
		if !reflect.DeepEqual(value, []any{"ateneu"}) {
			return "tells of collectives for which the assembly did not speak"
		}
	case from == theirs && !reflect.DeepEqual(value, own):
		return fmt.Sprint(claim, " is not ", own)
	case from == made && (value == "" || value == own):
		return claim + " is their own"
	}
	return ""
}

func (c cell) introspected(t *testing.T, what string, answer map[string]any) {
	t.Helper()
	if answer["active"] != true {
		t.Errorf("%v: the %s is not active", c, what)
	}
	for claim, name := range map[string]string{"preferred_username": "username", "email": "email"} {
		from := nowhere
		if slices.Contains(tableNeed{scopes: c.need.scopes}.in("userinfo"), claim) {
			from = c.from(claim)
		}
		value, there := answer[name]
		if fault := c.fault(claim, from, value, there); fault != "" {
			t.Errorf("%v: introspection of the %s %s: %v", c, what, fault, value)
		}
	}
	c.hides(t, what, answer)
}

// hides looks for the person's own values, under whatever name.
func (c cell) hides(t *testing.T, what string, answer map[string]any) {
	t.Helper()
	raw, err := json.Marshal(answer)
	check(t, err)
	for claim, own := range c.who.own {
		text, ok := own.(string)
		if ok && claim != "locale" && c.from(claim) != theirs && strings.Contains(string(raw), text) {
			t.Errorf("%v: %s shows the %s: %s", c, what, claim, raw)
		}
	}
}

func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	check(t, err)
	claims := map[string]any{}
	check(t, json.Unmarshal(raw, &claims))
	return claims
}
