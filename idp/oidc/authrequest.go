// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/release"
)

// authRequest is an authorization request (OpenID Connect Core section 3.1.2.1,
// RFC 7636), parsed once. Nothing behind it reads the form.
type authRequest struct {
	State     string
	Mode      responseMode
	Scopes    scopes
	Nonce     string
	Challenge string // S256
	Prompts   []string
	MaxAge    *int // seconds
	ACR       []string
	LoginHint string
	Hint      string // id_token_hint
	UILocales string
	Claims    claimsRequest
}

// limitOf is how long a parameter may be, in bytes; 0 for one that is not ours.
func limitOf(parameter string) int {
	switch parameter {
	case "state":
		return 4096
	case "claims", "id_token_hint":
		return 8192
	case "redirect_uri":
		return 2048
	case "scope", "acr_values", "request", "request_uri", "registration":
		return 2048
	case "nonce", "login_hint", "ui_locales", "claims_locales":
		return 512
	case "client_id", "response_type", "response_mode", "prompt", "max_age", "display",
		"code_challenge", "code_challenge_method":
		return 256
	}
	return 0
}

// parseAuthRequest reads the form of a request whose client and redirect
// address are proven. With a refusal, State and Mode are filled in as far as
// they can be believed: they say how the refusal travels.
func parseAuthRequest(form url.Values) (authRequest, *refusal) {
	var a authRequest
	for _, parse := range []func(url.Values) *refusal{
		a.parseReply, checkForm, refuseUnsupported, a.parseFlow, a.parseProof, a.parsePerson, a.parseRelease,
	} {
		if no := parse(form); no != nil {
			return a, no
		}
	}
	return a, nil
}

// parseReply reads what says how to answer. Said twice, it says nothing.
func (a *authRequest) parseReply(form url.Values) *refusal {
	if state := form["state"]; len(state) == 1 && len(state[0]) <= limitOf("state") {
		a.State = state[0]
	}
	asked := form["response_mode"]
	if len(asked) != 1 {
		return nil
	}
	mode, ok := parseMode(asked[0])
	if !ok {
		return refuse(invalidRequest, "response_mode is not supported")
	}
	a.Mode = mode
	return nil
}

// checkForm bounds what is ours and refuses it twice (RFC 6749 section 3.1).
// What is not ours is ignored, however often.
func checkForm(form url.Values) *refusal {
	for name, values := range form {
		limit := limitOf(name)
		if limit == 0 {
			continue
		}
		if len(values) > 1 {
			return refuse(invalidRequest, name+" is there twice")
		}
		if len(values[0]) > limit {
			return refuse(invalidRequest, name+" is too long")
		}
	}
	return nil
}

// refuseUnsupported refuses what must not be ignored silently: a client that
// signed its request relies on the signature (OpenID Connect Core section 3.1.2.6).
func refuseUnsupported(form url.Values) *refusal {
	for _, p := range []struct{ name, code string }{
		{"request", requestNotSupported},
		{"request_uri", requestURINotSupported},
		{"registration", registrationUnsupported},
	} {
		if form.Get(p.name) != "" {
			return refuse(p.code, p.name+" is not supported")
		}
	}
	return nil
}

func (a *authRequest) parseFlow(form url.Values) *refusal {
	switch form.Get("response_type") {
	case "code":
	case "":
		return refuse(invalidRequest, "response_type is missing")
	default:
		return refuse(unsupportedResponseType, "response_type must be code")
	}
	a.Nonce = form.Get("nonce")
	var no *refusal
	a.Scopes, no = parseScopes(form.Get("scope"))
	return no
}

// parseProof reads the PKCE challenge (RFC 7636 section 4.3). A request without
// a method means "plain", which is refused like any other but S256.
func (a *authRequest) parseProof(form url.Values) *refusal {
	challenge, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	switch {
	case challenge == "" && method == "":
		return nil
	case method != "S256":
		return refuse(invalidRequest, "code_challenge_method must be S256")
	case len(challenge) != s256Length || !unreserved(challenge):
		return refuse(invalidRequest, "code_challenge is not an S256 challenge")
	}
	a.Challenge = challenge
	return nil
}

func (a *authRequest) parsePerson(form url.Values) *refusal {
	a.LoginHint, a.Hint, a.UILocales = form.Get("login_hint"), form.Get("id_token_hint"), form.Get("ui_locales")
	a.Prompts = strings.Fields(form.Get("prompt"))
	for _, prompt := range a.Prompts {
		switch prompt {
		case "none", "login", "consent", "select_account":
		default:
			return refuse(invalidRequest, "prompt is unknown")
		}
	}
	if slices.Contains(a.Prompts, "none") && len(a.Prompts) > 1 {
		return refuse(invalidRequest, "prompt none stands alone")
	}
	return a.parseMaxAge(form.Get("max_age"))
}

func (a *authRequest) parseMaxAge(parameter string) *refusal {
	if parameter == "" {
		return nil
	}
	seconds, err := strconv.ParseUint(parameter, 10, 31)
	if err != nil {
		return refuse(invalidRequest, "max_age is not a number of seconds")
	}
	age := int(seconds)
	a.MaxAge = &age
	return nil
}

func (a *authRequest) parseRelease(form url.Values) *refusal {
	var no *refusal
	a.Claims, no = parseClaims(form.Get("claims"))
	if no != nil {
		return no
	}
	a.ACR = strings.Fields(form.Get("acr_values"))
	if len(a.Claims.ACR) > 0 {
		a.ACR = a.Claims.ACR // the claims parameter is the more exact of the two
	}
	return nil
}

// need is all that the client asks for, in whatever place.
func (a *authRequest) need() release.Need {
	return union(a.Scopes.need(), a.Claims.IDToken, a.Claims.Userinfo)
}

// s256Length is that of a SHA-256 in base64url without padding.
const s256Length = 43

// unreserved reports whether s has the characters of RFC 7636 section 4.1 only.
func unreserved(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}
