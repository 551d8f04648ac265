// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/release"
)

// publicAge is how long clients may keep what is the same for everybody. Keys
// are published a day before they sign, so nobody meets an unknown one.
const publicAge = 5 * time.Minute

// document is a public answer, rendered once.
type document struct {
	body []byte
	etag string
}

// metadata is OpenID Connect Discovery section 3 and RFC 8414 section 2, with
// RFC 9207 section 3 and the log-out specifications' own members.
type metadata struct {
	Issuer                string `json:"issuer"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	TokenEndpoint         string `json:"token_endpoint"`
	UserinfoEndpoint      string `json:"userinfo_endpoint"`
	JWKSURI               string `json:"jwks_uri"`
	IntrospectionEndpoint string `json:"introspection_endpoint"`
	RevocationEndpoint    string `json:"revocation_endpoint"`
	EndSessionEndpoint    string `json:"end_session_endpoint"`
	RegistrationEndpoint  string `json:"registration_endpoint,omitempty"`

	Scopes            []string `json:"scopes_supported"`
	ResponseTypes     []string `json:"response_types_supported"`
	ResponseModes     []string `json:"response_modes_supported"`
	GrantTypes        []string `json:"grant_types_supported"`
	SubjectTypes      []string `json:"subject_types_supported"`
	ACRValues         []string `json:"acr_values_supported"`
	Prompts           []string `json:"prompt_values_supported"`
	Claims            []string `json:"claims_supported"`
	ClaimTypes        []string `json:"claim_types_supported"`
	UILocales         []string `json:"ui_locales_supported,omitempty"`
	ChallengeMethods  []string `json:"code_challenge_methods_supported"`
	IDTokenAlgorithms []string `json:"id_token_signing_alg_values_supported"`

	TokenAuth         []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgs     []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectAuth    []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectAlgs    []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	ClaimsParameter   bool     `json:"claims_parameter_supported"`
	RequestParameter  bool     `json:"request_parameter_supported"`
	RequestURI        bool     `json:"request_uri_parameter_supported"`
	IssParameter      bool     `json:"authorization_response_iss_parameter_supported"`
	BackchannelLogout bool     `json:"backchannel_logout_supported"`
	BackchannelSID    bool     `json:"backchannel_logout_session_supported"`
	FrontLogout       bool     `json:"frontchannel_logout_supported"`
	FrontSID          bool     `json:"frontchannel_logout_session_supported"`
}

func (p *Provider) describe() (document, error) {
	secret := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	anybody := append(secret[:len(secret):len(secret)], "none")
	body, err := json.Marshal(metadata{
		Issuer:                p.c.Issuer,
		AuthorizationEndpoint: p.url("/authorize"),
		TokenEndpoint:         p.url("/token"),
		UserinfoEndpoint:      p.url("/userinfo"),
		JWKSURI:               p.url("/jwks"),
		IntrospectionEndpoint: p.url("/introspect"),
		RevocationEndpoint:    p.url("/revoke"),
		EndSessionEndpoint:    p.url("/logout"),
		RegistrationEndpoint:  p.c.Registration,

		Scopes:            knownScopes(),
		ResponseTypes:     []string{"code"},
		ResponseModes:     []string{"query", "fragment", "form_post"},
		GrantTypes:        grantTypes(),
		SubjectTypes:      []string{"pairwise", "public"},
		ACRValues:         p.c.ACR,
		Prompts:           []string{"none", "login", "consent", "select_account"},
		Claims:            knownClaims(),
		ClaimTypes:        []string{"normal"},
		UILocales:         p.c.Languages,
		ChallengeMethods:  []string{"S256"},
		IDTokenAlgorithms: keys.Algorithms(),

		TokenAuth: anybody, TokenAuthAlgs: keys.AssertionAlgorithms(),
		IntrospectAuth: secret, IntrospectAlgs: keys.AssertionAlgorithms(),
		RevocationAuth: anybody, RevocationAlgs: keys.AssertionAlgorithms(),
		ClaimsParameter: true, IssParameter: true, BackchannelLogout: true, BackchannelSID: true,
		FrontLogout: true, FrontSID: true,
	})
	if err != nil {
		return document{}, fmt.Errorf("oidc: metadata: %w", err)
	}
	sum := sha256.Sum256(body)
	return document{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, nil
}

// knownClaims are the claims of the protocol itself and all that can be released.
func knownClaims() []string {
	claims := []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
	for _, a := range release.Attributes() {
		claims = append(claims, string(a))
	}
	return claims
}

func (p *Provider) serveMetadata(w http.ResponseWriter, r *http.Request) error {
	p.metadata.serve(w, r)
	return nil
}

func (p *Provider) serveKeys(w http.ResponseWriter, r *http.Request) error {
	body, etag := p.c.Keys.JWKS()
	document{body, etag}.serve(w, r)
	return nil
}

// serve answers anybody, from any origin: there is nothing secret in it, and
// no cookie is looked at.
func (d document) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(publicAge.Seconds())))
	h.Set("ETag", d.etag)
	if matches(r.Header.Values("If-None-Match"), d.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(d.body)))
	_, _ = w.Write(d.body) // a client that went away needs no answer
}

// matches compares weakly (RFC 9110 section 13.1.2): proxies that compress
// answers weaken the tag.
func matches(asked []string, etag string) bool {
	for _, line := range asked {
		for tag := range strings.SplitSeq(line, ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
				return true
			}
		}
	}
	return false
}
