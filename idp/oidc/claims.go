// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"bytes"
	"encoding/json"
	"slices"

	"commonscloud.coop/clau/idp/release"
)

// claimsRequest is the parameter "claims" (OpenID Connect Core section 5.5),
// cut down to what can be granted. Whether an attribute is essential makes no
// difference: what is not released is left out either way.
type claimsRequest struct {
	IDToken  release.Need `json:"id_token,omitempty"`
	Userinfo release.Need `json:"userinfo,omitempty"`
	AuthTime bool         `json:"auth_time,omitempty"` // in the id_token

	// Subject is whom the client expects; another person is no answer.
	Subject string `json:"-"`

	// ACR are classes of which one must be reached when ACREssential.
	ACR          []string `json:"-"`
	ACREssential bool     `json:"-"`
}

// claimDemand is what may stand behind a claim's name; null stands for nothing.
type claimDemand struct {
	Essential bool              `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

// strings returns the values asked for; what is no string is not ours.
func (d claimDemand) strings() []string {
	var out []string
	for _, raw := range append([]json.RawMessage{d.Value}, d.Values...) {
		var s string
		if json.Unmarshal(raw, &s) == nil && s != "" {
			out = append(out, s)
		}
	}
	return out
}

// parseClaims reads the parameter. Its length was bounded before; unknown
// members and claims are ignored, as the specification demands.
func parseClaims(parameter string) (claimsRequest, *refusal) {
	if parameter == "" {
		return claimsRequest{}, nil
	}
	var asked struct {
		IDToken  map[string]*claimDemand `json:"id_token"`
		Userinfo map[string]*claimDemand `json:"userinfo"`
	}
	raw := []byte(parameter)
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) || json.Unmarshal(raw, &asked) != nil {
		return claimsRequest{}, refuse(invalidRequest, "claims is not a claims request")
	}
	c := claimsRequest{IDToken: attributesAmong(asked.IDToken), Userinfo: attributesAmong(asked.Userinfo)}
	_, c.AuthTime = asked.IDToken["auth_time"]
	for _, place := range []map[string]*claimDemand{asked.IDToken, asked.Userinfo} {
		if no := c.expect(place["sub"]); no != nil {
			return claimsRequest{}, no
		}
	}
	if acr := asked.IDToken["acr"]; acr != nil {
		c.ACR, c.ACREssential = acr.strings(), acr.Essential && len(acr.strings()) > 0
	}
	return c, nil
}

// expect notes whom the client expects; two different people are nobody.
func (c *claimsRequest) expect(sub *claimDemand) *refusal {
	if sub == nil || len(sub.strings()) == 0 {
		return nil
	}
	who := sub.strings()
	if len(who) > 1 || (c.Subject != "" && c.Subject != who[0]) {
		return refuse(invalidRequest, "claims names several subjects")
	}
	c.Subject = who[0]
	return nil
}

// attributesAmong keeps the order of [release.Attributes], so that equal
// requests are equal.
func attributesAmong(asked map[string]*claimDemand) release.Need {
	var need release.Need
	for _, a := range release.Attributes() {
		if _, ok := asked[string(a)]; ok {
			need = append(need, a)
		}
	}
	return need
}

// union is everything asked for anywhere, each once.
func union(needs ...release.Need) release.Need {
	var out release.Need
	for _, a := range slices.Concat(needs...) {
		if !out.Has(a) {
			out = append(out, a)
		}
	}
	return out
}
