// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/services/rules"
)

// document is client metadata on the wire (RFC 7591 section 2, OpenID Connect
// Dynamic Client Registration section 2 and the log-out specifications), as far
// as Clau knows it. Other members are ignored, as RFC 7591 demands.
type document struct {
	RedirectURIs    []string        `json:"redirect_uris,omitempty"`
	ResponseTypes   []string        `json:"response_types,omitempty"`
	GrantTypes      []string        `json:"grant_types,omitempty"`
	ApplicationType string          `json:"application_type,omitempty"`
	AuthMethod      string          `json:"token_endpoint_auth_method,omitempty"`
	Name            string          `json:"client_name,omitempty"`
	URI             string          `json:"client_uri,omitempty"`
	LogoURI         string          `json:"logo_uri,omitempty"`
	PolicyURI       string          `json:"policy_uri,omitempty"`
	TosURI          string          `json:"tos_uri,omitempty"`
	Contacts        []string        `json:"contacts,omitempty"`
	JWKSURI         string          `json:"jwks_uri,omitempty"`
	JWKS            json.RawMessage `json:"jwks,omitempty"`
	SectorURI       string          `json:"sector_identifier_uri,omitempty"`
	SubjectType     string          `json:"subject_type,omitempty"`
	IDTokenAlg      string          `json:"id_token_signed_response_alg,omitempty"`
	DefaultMaxAge   int             `json:"default_max_age,omitempty"`
	LoginURI        string          `json:"initiate_login_uri,omitempty"`
	AfterLogout     []string        `json:"post_logout_redirect_uris,omitempty"`
	Backchannel     string          `json:"backchannel_logout_uri,omitempty"`
	Frontchannel    string          `json:"frontchannel_logout_uri,omitempty"`
	SoftwareID      string          `json:"software_id,omitempty"`
	SoftwareVersion string          `json:"software_version,omitempty"`
}

// request is what software sends: metadata, and what must not be ignored.
type request struct {
	document
	Statement   string `json:"software_statement"`
	ClientID    string `json:"client_id"`
	Secret      string `json:"client_secret"`
	EncryptID   string `json:"id_token_encrypted_response_alg"`
	SignInfo    string `json:"userinfo_signed_response_alg"`
	EncryptInfo string `json:"userinfo_encrypted_response_alg"`
}

// documentMax bounds a request, in bytes.
const documentMax = 64 << 10

// listMax is how many addresses or contacts a service may have of one kind.
const listMax = 20

// readRequest reads the body, which is one JSON object.
func readRequest(w http.ResponseWriter, r *http.Request) (request, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, documentMax))
	if err != nil {
		return request{}, refuse(invalidMetadata, "the body is too long, or broke off").because(err)
	}
	var in request
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) || json.Unmarshal(raw, &in) != nil {
		return request{}, refuse(invalidMetadata, "the body is not client metadata in JSON")
	}
	in.JWKS = asKept(in.JWKS)
	if in.Statement != "" {
		return request{}, refuse(unapproved, "software statements are not taken: nobody's are known here")
	}
	return in, in.check()
}

// asKept spells keys as the directory will: the same keys sent again are no change.
func asKept(jwks json.RawMessage) json.RawMessage {
	kept, err := json.Marshal(jwks)
	if err != nil || string(kept) == "null" {
		return nil
	}
	return kept
}

// check refuses what would be registered and not be kept to. What was left out
// has the defaults of the specifications.
func (in request) check() error {
	switch {
	case in.EncryptID != "" || in.SignInfo != "" || in.EncryptInfo != "":
		return refuse(invalidMetadata, "userinfo is plain JSON, and nothing is encrypted")
	case in.SubjectType != "" && in.SubjectType != "pairwise":
		return refuse(invalidMetadata, "only a manager can let a service know people by their handle; subject_type must be pairwise")
	case slices.ContainsFunc(in.ResponseTypes, func(t string) bool { return t != "code" }):
		return refuse(invalidMetadata, "response_types may be code")
	case in.ApplicationType != "" && in.ApplicationType != "web" && in.ApplicationType != "native":
		return refuse(invalidMetadata, "application_type may be web or native")
	case in.DefaultMaxAge < 0:
		return refuse(invalidMetadata, "default_max_age is a number of seconds")
	}
	for _, list := range [][]string{in.RedirectURIs, in.AfterLogout, in.Contacts, in.GrantTypes} {
		if len(list) > listMax {
			return refuse(invalidMetadata, "a list is too long")
		}
	}
	return errors.Join(in.checkWords(), in.checkTexts())
}

func (in request) checkWords() error {
	for _, grant := range in.GrantTypes {
		if grant != rules.GrantCode && grant != rules.GrantRefresh && grant != rules.GrantSelf {
			return refuse(invalidMetadata, "grant_types may be authorization_code, refresh_token and client_credentials")
		}
	}
	if in.AuthMethod != "" && !slices.Contains([]string{rules.AuthNone, rules.AuthBasic, rules.AuthPost, rules.AuthJWT}, in.AuthMethod) {
		return refuse(invalidMetadata, "token_endpoint_auth_method is not one of those in the discovery document")
	}
	if in.IDTokenAlg != "" && !slices.Contains(keys.Algorithms(), in.IDTokenAlg) {
		return refuse(invalidMetadata, "id_token_signed_response_alg is not one of those in the discovery document")
	}
	return nil
}

// checkTexts bounds what people read. What cannot be seen, such as a mark that
// turns the direction of writing, has no place in a name.
func (in request) checkTexts() error {
	for _, text := range append([]string{in.Name, in.SoftwareID, in.SoftwareVersion}, in.Contacts...) {
		if len(text) > 256 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return refuse(invalidMetadata, "a text is too long or has characters that cannot be seen")
		}
	}
	if len([]rune(in.Name)) > 80 {
		return refuse(invalidMetadata, "client_name has at most 80 characters")
	}
	return nil
}

// apply writes the document over a client and its service. What managers and
// presets set beside it stays.
func (in request) apply(s *directory.Service) error {
	c := s.OIDC
	m := &c.Metadata
	c.RedirectURIs = in.RedirectURIs
	m.PostLogoutRedirectURIs, m.BackchannelLogoutURI, m.FrontchannelLogoutURI = in.AfterLogout, in.Backchannel, in.Frontchannel
	m.AuthMethod, m.GrantTypes, m.IDTokenAlg = cmp.Or(in.AuthMethod, rules.AuthBasic), in.GrantTypes, in.IDTokenAlg
	m.JWKS, m.JWKSURI, m.SectorIdentifierURI = in.JWKS, in.JWKSURI, in.SectorURI
	m.InitiateLoginURI, m.DefaultMaxAge = in.LoginURI, in.DefaultMaxAge
	m.PolicyURI, m.TosURI, m.LogoURI = in.PolicyURI, in.TosURI, in.LogoURI
	m.Contacts, m.SoftwareID, m.SoftwareVersion = in.Contacts, in.SoftwareID, in.SoftwareVersion
	s.URL = cmp.Or(in.LoginURI, in.URI)
	s.Title = cmp.Or(strings.TrimSpace(in.Name), s.Title, string(s.Name))
	for _, uri := range c.RedirectURIs {
		if err := rules.Redirect(uri, c.Public()); err != nil {
			return refuse(invalidRedirect, err.Error())
		}
	}
	if in.URI != "" {
		if err := rules.Link(in.URI); err != nil {
			return err
		}
	}
	return rules.Client(*c)
}

// describe is the registration as it stands: what software is told it has.
func describe(s directory.Service) document {
	c, m := *s.OIDC, s.OIDC.Metadata
	d := document{
		RedirectURIs: c.RedirectURIs, ResponseTypes: []string{"code"}, GrantTypes: rules.Grants(c), ApplicationType: "web",
		AuthMethod: cmp.Or(m.AuthMethod, rules.AuthBasic), Name: s.Title, LogoURI: m.LogoURI, PolicyURI: m.PolicyURI, TosURI: m.TosURI,
		Contacts: m.Contacts, JWKSURI: m.JWKSURI, JWKS: m.JWKS, SectorURI: m.SectorIdentifierURI,
		SubjectType: cmp.Or(m.SubjectType, "pairwise"), IDTokenAlg: cmp.Or(m.IDTokenAlg, keys.RS256), DefaultMaxAge: m.DefaultMaxAge,
		LoginURI: m.InitiateLoginURI, AfterLogout: m.PostLogoutRedirectURIs, Backchannel: m.BackchannelLogoutURI,
		Frontchannel: m.FrontchannelLogoutURI, SoftwareID: m.SoftwareID, SoftwareVersion: m.SoftwareVersion,
	}
	if c.Public() {
		d.ApplicationType = "native"
	}
	if s.URL != m.InitiateLoginURI {
		d.URI = s.URL
	}
	return d
}

func hasSecret(c directory.OIDCClient) bool {
	return !c.Public() && c.Metadata.AuthMethod != rules.AuthJWT
}
