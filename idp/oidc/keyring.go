// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/json"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// Keyring signs and verifies; [keys.Ring] is one.
type Keyring interface {
	Sign(alg, typ string, claims any) (string, error)
	Verify(token string, want keys.Expect) (payload []byte, kid directory.KeyID, err error)
	JWKS() (body []byte, etag string)
}

var _ Keyring = (*keys.Ring)(nil)

// accessAlgorithm signs access tokens: nobody registered another one for them,
// and it costs a tenth of RS256.
const accessAlgorithm = keys.ES256

// idTokenAlg is what the client's id_tokens are signed with: by default RS256
// (OpenID Connect Dynamic Client Registration section 2), the only one that many
// services know. What is registered and not supported is not replaced.
func (c client) idTokenAlg() (string, error) {
	alg := c.oidc.Metadata.IDTokenAlg
	switch {
	case alg == "":
		return keys.RS256, nil
	case slices.Contains(keys.Algorithms(), alg):
		return alg, nil
	}
	return "", errors.New("oidc: registered id_token algorithm is not supported")
}

// hint is what an id_token_hint says.
type hint struct {
	Subject  string             `json:"sub"`
	Audience directory.ClientID `json:"aud"`
	SID      string             `json:"sid"`
}

// readHint verifies an id_token of ours that comes back as a hint. It may have
// expired (OpenID Connect Core section 3.1.2.1): it proves whom a service knew,
// not that anybody is here now.
func (p *Provider) readHint(token string) (hint, error) {
	payload, _, err := p.c.Keys.Verify(token, keys.Expect{
		Typ: []string{idTokenType}, Issuer: p.c.Issuer, AcceptExpired: true,
	})
	if err != nil {
		return hint{}, err
	}
	var h hint
	if err := json.Unmarshal(payload, &h); err != nil || h.Subject == "" || h.Audience == "" {
		return hint{}, errNoToken
	}
	return h, nil
}
