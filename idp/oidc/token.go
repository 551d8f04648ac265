// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

// JOSE types. An id_token has the plain one; the others have their own so that
// none is read as another (RFC 8725 section 3.11).
const (
	idTokenType     = "JWT"
	accessTokenType = "at+jwt"
	logoutTokenType = "logout+jwt"
)

var errNoToken = errors.New("oidc: no such token")

// accessToken is what an access token says, opaque or not.
type accessToken struct {
	key     grantKey
	issued  int64 // Unix seconds
	expires int64
	scopes  scopes
}

// sealAccess makes an opaque access token. It carries all that the grant does
// not say, so that issuing it writes nothing.
func (p *Provider) sealAccess(t accessToken) string {
	b := append(make([]byte, 0, 96), t.key[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(t.issued))
	b = binary.BigEndian.AppendUint64(b, uint64(t.expires))
	return p.access.seal(append(b, t.scopes.String()...), "")
}

func (p *Provider) openAccess(token string) (accessToken, error) {
	if strings.Contains(token, ".") {
		return p.verifyAccess(token)
	}
	b, err := p.access.open(token, "")
	if err != nil || len(b) < len(grantKey{})+16 {
		return accessToken{}, errNoToken
	}
	key, times := b[:len(grantKey{})], b[len(grantKey{}):]
	return accessToken{
		key:     grantKey(key),
		issued:  int64(binary.BigEndian.Uint64(times)),
		expires: int64(binary.BigEndian.Uint64(times[8:])),
		scopes:  strings.Fields(string(times[16:])),
	}, nil
}

// atJWT is an access token of RFC 9068. It says who and for what, and releases
// nothing about the person. Its id names the grant.
type atJWT struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Client   string   `json:"client_id"`
	ID       string   `json:"jti"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	Scope    string   `json:"scope,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
}

func (p *Provider) signAccess(g grant, t accessToken) (string, error) {
	var unique [9]byte
	if _, err := io.ReadFull(p.c.Rand, unique[:]); err != nil {
		return "", fmt.Errorf("oidc: no randomness: %w", err)
	}
	return p.c.Keys.Sign(accessAlgorithm, accessTokenType, atJWT{
		Issuer: p.c.Issuer, Subject: g.Subject, Audience: string(g.Client), Client: string(g.Client),
		ID:     t.key.String() + "." + base64.RawURLEncoding.EncodeToString(unique[:]),
		Issued: t.issued, Expires: t.expires, Scope: t.scopes.String(),
		AuthTime: g.AuthTime, ACR: g.ACR, AMR: g.AMR,
	})
}

func (p *Provider) verifyAccess(token string) (accessToken, error) {
	payload, _, err := p.c.Keys.Verify(token, keys.Expect{
		Typ: []string{accessTokenType}, Algs: []string{accessAlgorithm}, Issuer: p.c.Issuer,
	})
	if err != nil {
		return accessToken{}, errNoToken
	}
	var claims atJWT
	if err := json.Unmarshal(payload, &claims); err != nil {
		return accessToken{}, errNoToken
	}
	name, _, _ := strings.Cut(claims.ID, ".")
	key, ok := parseKey(name)
	if !ok {
		return accessToken{}, errNoToken
	}
	return accessToken{key: key, issued: claims.Issued, expires: claims.Expires, scopes: strings.Fields(claims.Scope)}, nil
}

// refreshToken names a grant and its step. It also carries what is asked
// before it is spent, so that asking needs no round trip. Sealed for its
// client: another one cannot even open it.
type refreshToken struct {
	key    grantKey
	step   step
	epoch  int64
	person directory.PersonID
	scopes scopes
}

func (p *Provider) sealRefresh(c directory.ClientID, t refreshToken) string {
	b := append(make([]byte, 0, 160), t.key[:]...)
	b = binary.BigEndian.AppendUint32(b, t.step.n)
	b = binary.BigEndian.AppendUint64(b, uint64(t.step.at))
	b = binary.BigEndian.AppendUint64(b, uint64(t.epoch))
	b = append(b, t.person...)
	b = append(append(b, '\n'), t.scopes.String()...)
	return p.refresh.seal(b, string(c))
}

func (p *Provider) openRefresh(c directory.ClientID, token string) (refreshToken, error) {
	b, err := p.refresh.open(token, string(c))
	if err != nil {
		return refreshToken{}, errNoToken
	}
	return parseRefresh(b)
}

// parseRefresh trusts what was sealed to be ours, and not to be well formed.
func parseRefresh(b []byte) (refreshToken, error) {
	const fixed = len(grantKey{}) + 4 + 8 + 8
	if len(b) < fixed {
		return refreshToken{}, errNoToken
	}
	person, granted, ok := strings.Cut(string(b[fixed:]), "\n")
	if !ok || person == "" {
		return refreshToken{}, errNoToken
	}
	numbers := b[len(grantKey{}):]
	return refreshToken{
		key:    grantKey(b[:len(grantKey{})]),
		step:   step{binary.BigEndian.Uint32(numbers), int64(binary.BigEndian.Uint64(numbers[4:]))},
		epoch:  int64(binary.BigEndian.Uint64(numbers[12:])),
		person: directory.PersonID(person),
		scopes: strings.Fields(granted),
	}, nil
}

func (t accessToken) expired(now time.Time) bool { return now.Unix() >= t.expires }
