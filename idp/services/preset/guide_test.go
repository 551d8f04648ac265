// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

var update = flag.Bool("update", false, "write the golden guides")

func values(made Credentials) Values {
	return Values{Issuer: issuer, Secret: made.Secret, Certificate: []byte("certificate")}
}

func guide(t *testing.T, p Preset, s directory.Service, v Values, lang string) Guide {
	t.Helper()
	g, err := p.Guide(s, v, lang)
	if err != nil {
		t.Fatalf("%s in %s: %v", p.Name, lang, err)
	}
	return g
}

// everything a guide says, as it is printed.
func everything(g Guide) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", g.Title, g.About)
	for i, s := range g.Steps {
		fmt.Fprintf(&b, "%d. %s\n%s\n%s\n", i+1, s.Title, s.Path, s.Text)
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "%s = %s\n", f.Name, f.Value)
		}
		for _, c := range s.Commands {
			fmt.Fprintf(&b, "--- %s (%s)\n%s\n---\n", c.Where, c.Syntax, c.Text)
		}
	}
	for _, w := range g.Warnings {
		fmt.Fprintf(&b, "! %s\n", w)
	}
	fmt.Fprintf(&b, "! %s: %s\n", g.Logout, g.LogoutIs)
	return b.String()
}

// TestEveryGuideIsFilledIn, in each language, with the values that the other
// side cannot do without.
func TestEveryGuideIsFilledIn(t *testing.T) {
	for _, p := range library(t).All() {
		s, made := register(t, p)
		for _, lang := range Languages() {
			t.Run(p.Name+"/"+lang, func(t *testing.T) {
				g := guide(t, p, s, values(made), lang)
				text := everything(g)
				for _, odd := range []string{"<no value>", "{{.", "\uE000", "<nil>", "%!"} {
					if strings.Contains(text, odd) {
						t.Errorf("%q was left over:\n%s", odd, text)
					}
				}
				for _, needed := range essential(s, made, text) {
					if !strings.Contains(text, needed) {
						t.Errorf("no word of %s:\n%s", needed, text)
					}
				}
				if g.LogoutIs == "" || g.About == "" || p.NeedsMail && len(g.Warnings) == 0 {
					t.Error("people are not told what it means for them")
				}
			})
		}
	}
}

// essential is what no application of the protocol can do without.
func essential(s directory.Service, made Credentials, text string) []string {
	at := EndpointsOf(issuer, s)
	switch s.Protocol() {
	case directory.ProtocolOIDC:
		return []string{string(s.OIDC.ID), made.Secret, issuer}
	case directory.ProtocolPhabricator, directory.ProtocolGitLab:
		return []string{string(s.OIDC.ID), made.Secret, at.BaseURI}
	case directory.ProtocolSAML:
		if !strings.Contains(text, at.SSO) { // it reads all that from metadata
			return []string{at.MetadataURL}
		}
		return []string{base64.StdEncoding.EncodeToString([]byte("certificate"))}
	case directory.ProtocolDiscourse:
		return []string{at.ConnectURL, made.Secret}
	}
	return []string{at.ForwardURL, made.Secret}
}

// TestTheSecretStandsWhereItMust, and nowhere else: what is marked is kept from
// pages that are shown again, and from copies for others.
func TestTheSecretStandsWhereItMust(t *testing.T) {
	for _, p := range library(t).All() {
		s, made := register(t, p)
		if made.Secret == "" {
			continue
		}
		shown, elsewhere := 0, ""
		for _, lang := range Languages() {
			g := guide(t, p, s, values(made), lang)
			for i := range g.Steps {
				for j, f := range g.Steps[i].Fields {
					if f.Secret != strings.Contains(f.Value, made.Secret) {
						t.Errorf("%s: field %s is marked %t", p.Name, f.Name, f.Secret)
					}
					if f.Secret {
						shown++
						g.Steps[i].Fields[j].Value = ""
					}
				}
				for j, c := range g.Steps[i].Commands {
					if c.Secret != strings.Contains(c.Text, made.Secret) {
						t.Errorf("%s: %s is marked %t", p.Name, c.Where, c.Secret)
					}
					if c.Secret {
						shown++
						g.Steps[i].Commands[j].Text = ""
					}
				}
			}
			elsewhere += everything(g)
		}
		if shown < len(Languages()) || strings.Contains(elsewhere, made.Secret) {
			t.Errorf("%s: the secret is shown %d times, and elsewhere: %t", p.Name, shown, strings.Contains(elsewhere, made.Secret))
		}
		later := guide(t, p, s, Values{Issuer: issuer}, "en")
		if text := everything(later); strings.Contains(text, made.Secret) || !strings.Contains(text, "the secret>") {
			t.Errorf("%s later:\n%s", p.Name, text)
		}
	}
}

// TestAGuideRemembers what a service was registered with, which is kept nowhere
// but in its addresses.
func TestAGuideRemembers(t *testing.T) {
	for _, p := range library(t).All() {
		if p.NoAddress {
			continue
		}
		in := input(t, p)
		in.URL = "https://casa.ateneu.example/sota/aqui/"
		in.Params = map[string]string{}
		for _, param := range p.Params {
			in.Params[param.Name] = map[string]string{
				"server": "casa.nostra", "ulid": "01HZZZZZZZZZZZZZZZZZZZZZZZ", "idp": "3", "provider": "casa", "source": "casa", "endpoint": "casa", "page": "metadata.php",
			}[param.Name]
		}
		if in.Provider != nil {
			in.Provider.Settings.MetadataURL, _ = p.MetadataURL(in)
		}
		s, _, err := p.Register(in)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		f := p.recall(s)
		wanted := strings.TrimSuffix(in.URL, "/")
		if f.URL != wanted {
			t.Errorf("%s is remembered at %q", p.Name, f.URL)
		}
		for name, value := range in.Params {
			if f.Param[name] != value {
				t.Errorf("%s: %s was %q, and is remembered as %q", p.Name, name, value, f.Param[name])
			}
		}
	}
}

// TestAGuideSurvivesWhatWasChangedByHand.
func TestAGuideSurvivesWhatWasChangedByHand(t *testing.T) {
	for _, p := range library(t).All() {
		s, made := register(t, p)
		s.URL = ""
		if s.OIDC != nil {
			s.OIDC.RedirectURIs = []string{"https://elsewhere.example/callback", "coop.example.app:/done"}
			s.OIDC.Metadata.BackchannelLogoutURI = ""
		}
		if s.SAML != nil {
			s.SAML.EntityID, s.SAML.Settings.MetadataURL = "urn:example:sp", ""
		}
		guide(t, p, s, values(made), "ca")
	}
}

// TestGoldenGuides are read by people before they are committed.
func TestGoldenGuides(t *testing.T) {
	for _, name := range []string{"nextcloud", "nextcloud-saml", "phabricator", "discourse-connect", "matrix-mas", "roundcube", "forward-auth", "mellon"} {
		p := find(t, name)
		s, _ := register(t, p)
		for _, lang := range []string{"ca", "en"} {
			got := everything(guide(t, p, s, Values{Issuer: issuer}, lang))
			file := filepath.Join("testdata", "guides", name+"."+lang+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not as it was; if it is better, run with -update\n%s", file, got)
			}
		}
	}
}

// TestTitlesDoNotBecomeCommands: whoever may name a service must not run
// anything on the servers of those who follow its guide.
func TestTitlesDoNotBecomeCommands(t *testing.T) {
	evil := "x'; reboot; '\"$(reboot)`reboot`\nreboot"
	for _, p := range library(t).All() {
		s, _ := register(t, p)
		s.Title = evil
		if s.OIDC != nil {
			s.OIDC.ID = directory.ClientID(evil)
		}
		g := guide(t, p, s, Values{Issuer: issuer}, "en")
		for _, step := range g.Steps {
			for _, c := range step.Commands {
				if slices.Contains(strings.Split(c.Text, "\n"), "reboot") {
					t.Errorf("%s, %s:\n%s", p.Name, c.Where, c.Text)
				}
			}
		}
	}
}

// TestJSONInGuidesIsJSON: what is to be pasted into settings must fit there.
func TestJSONInGuidesIsJSON(t *testing.T) {
	for _, p := range library(t).All() {
		s, made := register(t, p)
		for _, step := range guide(t, p, s, values(made), "en").Steps {
			for _, c := range step.Commands {
				text := "{" + strings.TrimSuffix(c.Text, ",") + "}"
				if c.Syntax == JSON && !json.Valid([]byte(text)) {
					t.Errorf("%s, %s: %s", p.Name, c.Where, text)
				}
			}
		}
	}
}
