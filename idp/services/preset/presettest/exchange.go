// SPDX-License-Identifier: AGPL-3.0-or-later

package presettest

import (
	"bytes"
	"embed"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

//go:embed exchanges/*.toml
var files embed.FS

// Exchange is what an application does. Of its parts those are there that its
// protocol has.
type Exchange struct {
	Preset   string   `toml:"-"`
	Oddities []string `toml:"oddities"` // in words, for whoever reads a failing test

	Authorize *Authorize `toml:"authorize"` // OpenID Connect, and bridges
	Token     *Token     `toml:"token"`
	Who       *Who       `toml:"who"`
	AuthnReq  *AuthnReq  `toml:"authn_request"` // SAML
	Connect   *Connect   `toml:"connect"`       // DiscourseConnect
	Logout    Logout     `toml:"logout"`
}

// Authorize is the request that the browser brings. Parameters are templates
// over [Run].
type Authorize struct {
	Parameters map[string]string `toml:"parameters"`
	PKCE       string            `toml:"pkce"`  // S256, fixed (the same challenge every time), or none
	State      string            `toml:"state"` // text, hex or json: what it looks like
}

// Token is the request with the code.
type Token struct {
	Auth       string            `toml:"auth"`       // basic, basic-raw (not percent-encoded), basic+id (client_id in the body too), post
	Parameters map[string]string `toml:"parameters"` // beside those of RFC 6749 section 4.1.3
	Accept     string            `toml:"accept"`     // header; empty: none
	NoAgent    bool              `toml:"no_agent"`   // no User-Agent at all
	Refresh    bool              `toml:"refresh"`    // it comes back with the refresh token
}

// Who says where it reads who somebody is.
type Who struct {
	From   []string `toml:"from"`   // id_token, userinfo, whoami, gitlab-user: in the order in which it looks
	Bearer string   `toml:"bearer"` // header (default) or query
	Claims []string `toml:"claims"` // that it makes use of; the first is the account
	Types  []string `toml:"types"`  // "name:type" where it insists: string, bool, array, int
}

// AuthnReq is its AuthnRequest.
type AuthnReq struct {
	Binding      string `toml:"binding"` // redirect, post
	Signed       string `toml:"signed"`  // empty: unsigned; rsa-sha256, rsa-sha1
	NameID       string `toml:"name_id"` // Format of the NameIDPolicy; empty: it sends none
	AllowCreate  bool   `toml:"allow_create"`
	ACS          string `toml:"acs"` // url, index, or empty: neither
	AuthnContext string `toml:"authn_context"`
	Account      string `toml:"account"` // attribute that is the account; NameID
}

// Connect is a log-in of a forum.
type Connect struct {
	Parameters map[string]string `toml:"parameters"` // of the payload
}

// Logout says what it sends when somebody logs out there, and takes when
// somebody logs out elsewhere.
type Logout struct {
	Sends []string `toml:"sends"` // id_token_hint, post_logout_redirect_uri, client_id, raw (not percent-encoded), nothing, slo-redirect
	Takes string   `toml:"takes"` // backchannel, frontchannel, api, slo-redirect, slo-soap, proxy, none
}

// Load reads what the application of a preset does.
func Load(name string) (Exchange, error) {
	e := Exchange{Preset: name}
	text, err := files.ReadFile("exchanges/" + name + ".toml")
	if err != nil {
		return e, fmt.Errorf("presettest: nobody knows what %s does", name)
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&e); err != nil {
		return e, fmt.Errorf("presettest: %s: %w", name, err)
	}
	return e, e.fault()
}

func (e Exchange) fault() error {
	var words []string
	one := func(what, value string, of ...string) {
		if !slices.Contains(of, value) {
			words = append(words, fmt.Sprintf("%s %q is none of %v", what, value, of))
		}
	}
	if e.Authorize != nil {
		one("pkce", e.Authorize.PKCE, "S256", "fixed", "none")
		one("state", e.Authorize.State, "text", "hex", "json")
	}
	if e.Token != nil {
		one("auth", e.Token.Auth, "basic", "basic-raw", "basic+id", "post")
	}
	if e.Who != nil {
		for _, from := range e.Who.From {
			one("from", from, "id_token", "userinfo", "whoami", "gitlab-user")
		}
		one("bearer", e.Who.Bearer, "", "header", "query")
	}
	if a := e.AuthnReq; a != nil {
		one("binding", a.Binding, "redirect", "post")
		one("signed", a.Signed, "", "rsa-sha256", "rsa-sha1")
		one("acs", a.ACS, "", "url", "index")
	}
	one("takes", e.Logout.Takes, "backchannel", "frontchannel", "api", "slo-redirect", "slo-soap", "proxy", "none")
	if len(words) > 0 {
		return fmt.Errorf("presettest: %s: %v", e.Preset, words)
	}
	return nil
}
