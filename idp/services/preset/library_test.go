// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestEveryPromisedApplicationIsThere: these names are in scripts.
func TestEveryPromisedApplicationIsThere(t *testing.T) {
	l := library(t)
	for _, name := range []string{
		"nextcloud", "nextcloud-saml", "discourse-connect", "discourse-oidc", "discourse-saml", "phabricator", "odoo",
		"moodle", "moodle-saml", "greenlight", "etherpad", "wordpress", "mattermost-gitlab", "rocketchat", "jitsi",
		"limesurvey", "matrix-mas", "synapse", "mastodon", "peertube", "forgejo", "gitea", "roundcube", "forward-auth",
		"mellon", "shibboleth", "simplesamlphp", "lemonldap", "generic-oidc", "generic-saml",
	} {
		if p, ok := l.Find(name); !ok || p.Name != name {
			t.Errorf("no preset %s", name)
		}
	}
	for alias, name := range map[string]string{"phorge": "phabricator", "roundcube+dovecot": "roundcube", "saml": "generic-saml"} {
		if p, _ := l.Find(alias); p.Name != name {
			t.Errorf("%s is %q, not %s", alias, p.Name, name)
		}
	}
	if !slices.IsSorted(l.Names()) {
		t.Error("the presets are not in order")
	}
}

// TestNamesAreNobodyElses: an alias that is another preset's name would hide it.
func TestNamesAreNobodyElses(t *testing.T) {
	seen := map[string]string{}
	for _, p := range library(t).All() {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			if other, taken := seen[name]; taken {
				t.Errorf("%s is %s and %s", name, other, p.Name)
			}
			seen[name] = p.Name
		}
	}
}

const goodWords = `
needs_mail = { ca = "a", es = "a", en = "a" }
[logout]
stays = { ca = "a", es = "a", en = "a" }
`

const goodPreset = `
title = "Wiki"
about = { ca = "a", es = "a", en = "a" }
logout = "stays"
[oidc]
auth_method = "client_secret_basic"
alg = "ES256"
[[steps]]
title = { ca = "a", es = "a", en = "a" }
`

// TestALibraryIsReadStrictly: what is mistyped in a preset is no quirk that is
// silently not there.
func TestALibraryIsReadStrictly(t *testing.T) {
	for name, change := range map[string]struct{ from, to, says string }{
		"as it is":                   {"", "", ""},
		"a mistyped key":             {"alg =", "algorithm =", "algorithm"},
		"an unknown key at the top":  {"logout =", "colour = 'red'\nlogout =", "colour"},
		"an algorithm of nobody":     {"ES256", "ES257", "ES257"},
		"a log-out of nobody":        {`"stays"`, `"perhaps"`, "log-out"},
		"a language that is missing": {`es = "a", `, "", `"es"`},
		"two protocols":              {"[oidc]", "[saml]\n[oidc]", "2 protocols"},
		"no protocol":                {"[oidc]\nauth_method = \"client_secret_basic\"\nalg = \"ES256\"", "", "0 protocols"},
		"a warning that nobody has":  {"logout =", "warnings = ['flood']\nlogout =", "flood"},
		"a need of nobody":           {"logout =", "needs = ['shoe_size']\nlogout =", "shoe_size"},
		"no guide":                   {"[[steps]]\ntitle = { ca = \"a\", es = \"a\", en = \"a\" }", "", "no guide"},
		"no TOML":                    {"title =", "title", "wiki.toml"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodPreset, change.from, change.to, 1)
			if change.from != "" && text == goodPreset {
				t.Fatal("nothing was changed")
			}
			_, err := read(fstest.MapFS{wordsFile: {Data: []byte(goodWords)}, "wiki.toml": {Data: []byte(text)}})
			switch {
			case change.says == "" && err != nil:
				t.Error(err)
			case change.says != "" && (err == nil || !strings.Contains(err.Error(), change.says)):
				t.Errorf("read with %v; no word of %s", err, change.says)
			}
		})
	}
}

// TestSigningIsCheapWhereItCan: ES256 costs Clau a thirtieth of RS256. These are
// the applications that take nothing else, or of which it is not known.
func TestSigningIsCheapWhereItCan(t *testing.T) {
	rsa := []string{"odoo", "greenlight", "mastodon", "peertube", "generic-oidc"}
	for _, p := range library(t).All() {
		if p.OIDC == nil {
			continue
		}
		if want := slices.Contains(rsa, p.Name); want != (p.OIDC.Alg == "RS256") {
			t.Errorf("%s is signed with %s", p.Name, p.OIDC.Alg)
		}
	}
}

// TestWhatALogoutCovers is the matrix that people are shown.
func TestWhatALogoutCovers(t *testing.T) {
	closes := []string{
		"nextcloud", "nextcloud-saml", "matrix-mas", "synapse", "moodle", "moodle-saml", "discourse-connect", "forward-auth",
		"mellon", "shibboleth", "simplesamlphp", "lemonldap", "generic-saml",
	}
	for _, p := range library(t).All() {
		want := LogoutStays
		switch {
		case slices.Contains(closes, p.Name):
			want = LogoutCloses
		case p.Name == "roundcube":
			want = LogoutDies
		}
		if p.Logout != want {
			t.Errorf("%s: %s, not %s", p.Name, p.Logout, want)
		}
		if o := p.OIDC; o != nil && (p.Logout == LogoutCloses) != (o.Backchannel+o.Frontchannel != "") {
			t.Errorf("%s promises %s and is told at %q %q", p.Name, p.Logout, o.Backchannel, o.Frontchannel)
		}
	}
}

// TestWhoNeedsAMailSaysSo: those applications are not for people without one,
// and must at least ask for it.
func TestWhoNeedsAMailSaysSo(t *testing.T) {
	var names []string
	for _, p := range library(t).All() {
		if p.NeedsMail {
			names = append(names, p.Name)
			if !p.Need().Has("email") {
				t.Errorf("%s needs an address that it never asks for", p.Name)
			}
		}
	}
	if want := []string{"greenlight", "limesurvey", "mattermost-gitlab", "odoo", "roundcube"}; !slices.Equal(names, want) {
		t.Errorf("not for people without address: %v, not %v", names, want)
	}
}
