// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/rand"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/services/preset/presettest"
)

// TestPresets is the story of every application that Clau knows: registered as
// an administrator registers it, it makes the requests that the real one makes.
// Somebody refuses, and it reads that in the words that it knows; agrees, and it
// finds what it looks for where it looks for it; comes back, and is asked
// nothing; leaves, and what becomes of the session there is what the preset says.
func TestPresets(t *testing.T) {
	world := newPresetWorld(t)
	for _, p := range world.library.All() {
		t.Run(p.Name, func(t *testing.T) {
			a := world.install(t, p)
			switch {
			case a.does.AuthnReq != nil:
				a.tellsSAML()
			case a.does.Connect != nil:
				a.tellsConnect()
			case a.does.Authorize != nil:
				a.tellsCode()
			default:
				a.tellsForward()
			}
		})
	}
	world.strangers(t)
}

// presetWorld is one Clau with every application registered at it.
type presetWorld struct {
	clau    *idptest.Clau
	library *preset.Library
	minter  preset.Minter
	known   map[string]string // whom each application knows núria as
}

func newPresetWorld(t *testing.T) *presetWorld {
	t.Helper()
	w := &presetWorld{known: map[string]string{}}
	var err error
	w.library, err = preset.Load()
	check(t, err)
	w.clau = idptest.Start(t, idptest.Options{Configure: func(c *idp.Config) {
		w.minter.Rand, w.minter.Now = c.Rand, c.Now
		w.minter.Sealer, err = keys.NewSealer(c.Master, rand.Reader)
		check(t, err)
	}})
	nuria := w.clau.AddPerson(t, "nuria")
	name, given, family, tongue := "Núria Ñandú", "Núria", "Ñandú", "ca"
	check(t, w.clau.Directory.ChangePerson(t.Context(), directory.System(), nuria.ID,
		directory.PersonChange{Name: &name, GivenName: &given, FamilyName: &family, Language: &tongue}))
	return w
}

// strangers: no two applications know núria by one name.
func (w *presetWorld) strangers(t *testing.T) {
	t.Helper()
	by := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(w.known)) {
		who := w.known[name]
		if other, ok := by[who]; ok {
			t.Errorf("%s and %s both know núria as %s", other, name, who)
		}
		by[who] = name
	}
}

// presetApp is an application that is registered, with its site and the person before it.
type presetApp struct {
	t       *testing.T
	world   *presetWorld
	clau    *idptest.Clau
	preset  preset.Preset
	does    presettest.Exchange
	service directory.Service
	secret  string
	at      preset.Endpoints
	site    *presetSite

	browser *idptest.Plain
	nuria   idptest.Person
}

// install registers an application as "clau service add" does.
func (w *presetWorld) install(t *testing.T, p preset.Preset) *presetApp {
	t.Helper()
	does, err := presettest.Load(p.Name)
	check(t, err)
	a := &presetApp{t: t, world: w, clau: w.clau, preset: p, does: does}
	a.site = openPresetSite(a)
	in := preset.Input{Name: directory.ServiceName(p.Name), Collective: idptest.Ateneu, Title: p.Title, URL: a.site.URL, Minter: w.minter}
	if p.NoAddress {
		in.URL = ""
	}
	if p.SAML != nil && !p.TakesNoMetadata() {
		in.Provider = a.site.fetched(in)
	}
	s, made, err := p.Register(in)
	check(t, err)
	a.complete(&s)
	w.clau.AddService(t, s)
	a.service, a.secret, a.at = s, made.Secret, preset.EndpointsOf(w.clau.Issuer, s)
	a.sitsDown()
	return a
}

// complete adds what a preset cannot know and an administrator says.
func (a *presetApp) complete(s *directory.Service) {
	if s.URL == "" {
		s.URL = a.site.URL
	}
	if s.OIDC != nil && len(s.OIDC.RedirectURIs) == 0 {
		s.OIDC.RedirectURIs = []string{a.site.URL + "/callback"}
		s.OIDC.Metadata.PostLogoutRedirectURIs = []string{a.site.URL + "/left"}
	}
	if s.Discourse != nil {
		check(a.t, a.world.minter.SetAPIKey(s, forumKey))
	}
}

// sitsDown puts núria before a browser that was never used. She reads what she
// is asked.
func (a *presetApp) sitsDown() {
	a.browser = idptest.NewBrowser(a.t)
	a.nuria = idptest.Sits(a.t, a.browser).Reads()
}

// answers is what núria says to the question of consent, which she must be asked.
func (a *presetApp) answers(button string) {
	a.t.Helper()
	a.nuria.SeesElement(button)
	a.nuria.Press(button)
	a.comesHome()
}

// comesHome presses on where pages go on by a script, until the browser is at
// the application.
func (a *presetApp) comesHome() {
	a.t.Helper()
	for range 5 {
		if strings.HasPrefix(a.browser.Address(), a.site.URL) || !a.browser.Has("#go-on") {
			return
		}
		a.browser.Press("#go-on")
	}
}

// isHome ends the story unless núria is at the application.
func (a *presetApp) isHome() {
	a.t.Helper()
	a.nuria.IsAt(a.site.URL)
}

// knows notes whom the application knows núria as.
func (a *presetApp) knows(who string) {
	a.t.Helper()
	if !subjectForm.MatchString(who) {
		a.t.Errorf("núria is known as %q", who)
	}
	a.world.known[a.preset.Name] = who
}

var subjectForm = regexp.MustCompile(`^[a-z2-7]{32}$`)

// pathOf an address, without its query.
func pathOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	return u.Path
}
