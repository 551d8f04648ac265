// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// claim is one thing that a service was told, as it is shown.
type claim struct {
	ID      string // of the element that shows it
	Name    string
	Value   string
	Meaning string // in plain words; empty for one that nobody here knows
}

// claimsOf reads all claims of a token or an answer, those about the person
// first and the machinery after. The prefix tells where they came from.
func claimsOf(prefix string, decode func(any) error) ([]claim, error) {
	var raw map[string]json.RawMessage
	if err := decode(&raw); err != nil {
		return nil, err
	}
	var all []claim
	for name, value := range raw {
		all = append(all, claim{prefix + name, name, display(name, value), meaning(name)})
	}
	slices.SortFunc(all, func(a, b claim) int {
		if d := rank(a.Name) - rank(b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}

// display shows texts without their quotes, lists by commas, and moments as
// people write them.
func display(name string, raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, ", ")
	}
	var seconds int64
	if isMoment(name) && json.Unmarshal(raw, &seconds) == nil {
		return fmt.Sprintf("%s (%d)", time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04:05 UTC"), seconds)
	}
	return string(raw)
}

func isMoment(name string) bool {
	return slices.Contains([]string{"iat", "exp", "nbf", "auth_time", "updated_at"}, name)
}

// order is the order in which claims are shown, with what each means.
func order() []claim {
	return []claim{
		{Name: "sub", Meaning: "who you are for this service; another service gets another one"},
		{Name: "name", Meaning: "how you want to be called"},
		{Name: "given_name", Meaning: "your given name"},
		{Name: "family_name", Meaning: "your family name"},
		{Name: "nickname", Meaning: "your nickname"},
		{Name: "preferred_username", Meaning: "your handle"},
		{Name: "email", Meaning: "your address"},
		{Name: "email_verified", Meaning: "somebody made sure that the address is yours"},
		{Name: "locale", Meaning: "the language you read"},
		{Name: "zoneinfo", Meaning: "where your clock is"},
		{Name: "updated_at", Meaning: "when any of this last changed"},
		{Name: "groups", Meaning: "your collectives, as far as they are this service's business"},
		{Name: "auth_time", Meaning: "when you proved who you are"},
		{Name: "acr", Meaning: "how well you proved it"},
		{Name: "amr", Meaning: "by what means"},
		{Name: "sid", Meaning: "this session of yours, as this service knows it"},
		{Name: "iss", Meaning: "who says all this"},
		{Name: "aud", Meaning: "whom it is said to"},
		{Name: "azp", Meaning: "who asked for it"},
		{Name: "iat", Meaning: "when it was said"},
		{Name: "exp", Meaning: "until when it may be believed"},
		{Name: "nonce", Meaning: "that it answers our question, and no other"},
		{Name: "at_hash", Meaning: "which access token belongs to it"},
		{Name: "jti", Meaning: "the number of this token"},
	}
}

func rank(name string) int {
	i := slices.IndexFunc(order(), func(c claim) bool { return c.Name == name })
	if i < 0 {
		return 100
	}
	return i
}

func meaning(name string) string {
	if i := rank(name); i < 100 {
		return order()[i].Meaning
	}
	return ""
}
