// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"fmt"
	"regexp"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// faults are what is wrong with a preset itself, for whoever writes one.
func (p Preset) faults() []string {
	var out []string
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if p.Title == "" {
		fault("has no title")
	}
	if p.protocols() != 1 {
		fault("speaks %d protocols", p.protocols())
	}
	if !slices.Contains([]Logout{LogoutCloses, LogoutDies, LogoutStays}, p.Logout) {
		fault("does not say what a log-out does")
	}
	for _, a := range p.Needs {
		if !slices.Contains(release.Attributes(), a) {
			fault("needs %q, which cannot be released", a)
		}
	}
	for _, name := range p.Warnings {
		if p.words.Warnings[name] == nil {
			fault("warns of %q, which %s does not have", name, wordsFile)
		}
	}
	for _, param := range p.Params {
		if _, err := regexp.Compile(param.Pattern); err != nil || param.Name == "" || param.Pattern == "" {
			fault("param %q is not described", param.Name)
		}
	}
	if len(p.Steps) == 0 {
		fault("has no guide")
	}
	for _, t := range p.texts() {
		if lang := t.missing(); lang != "" {
			fault("a text is not there in %q: %v", lang, t)
		}
	}
	return append(out, p.wordFaults()...)
}

func (p Preset) protocols() int {
	n := 0
	for _, is := range []bool{p.OIDC != nil, p.SAML != nil, p.Discourse != nil, p.Forward != nil} {
		if is {
			n++
		}
	}
	return n
}

func (p Preset) texts() []Text {
	out := append([]Text{p.About}, p.Beware...)
	if p.LogoutIf != nil {
		out = append(out, p.LogoutIf)
	}
	for _, param := range p.Params {
		out = append(out, param.About)
	}
	for _, s := range p.Steps {
		if s.Head == "" {
			out = append(out, s.Title)
		}
		if s.Text != nil {
			out = append(out, s.Text)
		}
	}
	return out
}

// wordFaults holds settings against the words that they may be.
func (p Preset) wordFaults() []string {
	var out []string
	one := func(key, value string, words ...string) {
		if !slices.Contains(words, value) {
			out = append(out, fmt.Sprintf("%s = %q is none of %v", key, value, words))
		}
	}
	groups := []string{"", string(directory.GroupsArray), string(directory.GroupsCSV), string(directory.GroupsSpace), string(directory.GroupsObjects), string(directory.GroupsNone)}
	if o := p.OIDC; o != nil {
		one("auth_method", o.AuthMethod, "client_secret_basic", "client_secret_post", "none")
		one("alg", o.Alg, "RS256", "ES256", "EdDSA")
		one("access_token", o.AccessToken, "", "opaque", "jwt")
		one("bridge", o.Bridge, "", directory.BridgePhabricator, directory.BridgeGitLab)
		one("group_format", string(o.GroupFormat), groups...)
	}
	if s := p.SAML; s != nil {
		one("name_id", s.NameID, "", "persistent", "transient", "emailAddress", "unspecified")
		one("names", s.Names, "", "basic", "oid")
		one("sign", s.Sign, "", "both", "response", "assertion")
		one("encrypt", s.Encrypt, "", "auto", "never", "required")
		one("cipher", s.Cipher, "", "aes128-gcm", "aes256-gcm", "aes128-cbc", "aes256-cbc")
		one("group_format", string(s.GroupFormat), "", "array", "csv", "none")
	}
	if f := p.Forward; f != nil {
		one("group_format", string(f.GroupFormat), groups...)
	}
	for _, s := range p.Steps {
		if s.Head != "" && p.words.Heads[s.Head] == nil {
			out = append(out, fmt.Sprintf("head %q is not in %s", s.Head, wordsFile))
		}
		for _, f := range s.Fields {
			if len(f) != 2 {
				out = append(out, fmt.Sprintf("field %v is no pair", f))
			}
		}
		for _, c := range s.Commands {
			one("syntax", string(c.Syntax), syntaxes()...)
		}
	}
	return out
}
