// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"testing"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/discourse"
	"commonscloud.coop/clau/idp/keys"
)

const (
	connectSecret = "the-secret-of-the-forum"
	apiKey        = "the-key-of-the-forums-api"
	connectURL    = bridgetest.Issuer + "/discourse/forum"
	returnURL     = "https://forum.example/session/sso_login"
)

// town is a world with a provider and a forum.
type town struct {
	*bridgetest.World
	sealer *keys.Sealer
	p      *discourse.Provider
	forum  directory.Service
}

func start(t testing.TB, change ...func(*directory.Service)) *town {
	w := &town{World: bridgetest.Start(t)}
	var err error
	w.sealer, err = keys.NewSealer(w.Master, rand.Reader)
	w.Must(err)
	w.p, err = discourse.New(discourse.Config{
		Issuer: bridgetest.Issuer, Directory: w.Town, SignOns: w.Pipeline, Store: w.Store, Sealer: w.sealer,
		Outbound: &http.Client{Transport: w}, Logger: w.Logger(), Now: w.Clock.Now, Rand: rand.Reader,
	})
	w.Must(err)
	w.Open(w.p)
	w.forum = directory.Service{
		ID: "id-of-forum", Name: "forum", Title: "The forum", State: directory.Active,
		Access: directory.AccessCollective, Collective: "ateneu", URL: "https://forum.example/",
		Discourse: &directory.DiscourseConnect{
			ReturnURLs: []string{returnURL},
			Settings: directory.DiscourseSettings{
				Attributes: []string{"name", "preferred_username", "email", "locale", "groups"},
			},
		},
	}
	w.seal(directory.DiscourseSecrets{Connect: []string{connectSecret}, APIKey: apiKey})
	w.set(change...)
	return w
}

// seal gives the forum other secrets.
func (w *town) seal(secrets directory.DiscourseSecrets) {
	w.T.Helper()
	if secrets.APIKey != "" && secrets.APIBase == "" {
		secrets.APIBase = directory.ForumBase(returnURL)
	}
	raw, err := json.Marshal(secrets)
	w.Must(err)
	sealed, err := w.sealer.Seal(raw, w.forum.SealedIn())
	w.Must(err)
	w.set(func(s *directory.Service) { s.Discourse.Sealed = sealed })
}

// set changes the forum's registration.
func (w *town) set(change ...func(*directory.Service)) {
	if w.forum.Discourse != nil {
		d := *w.forum.Discourse
		w.forum.Discourse = &d
	}
	for _, one := range change {
		one(&w.forum)
	}
	w.Town.SetService(w.forum)
}

func settings(change func(*directory.DiscourseSettings)) func(*directory.Service) {
	return func(s *directory.Service) { change(&s.Discourse.Settings) }
}
