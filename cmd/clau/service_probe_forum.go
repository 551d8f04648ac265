// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

// forum looks whether a forum sends people to Clau, and whether Clau may end
// sessions there.
func (p prober) forum(ctx context.Context) []finding {
	var out []finding
	for _, back := range p.s.Discourse.ReturnURLs {
		if base, ok := strings.CutSuffix(back, "/session/sso_login"); ok {
			out = append(out, p.forumSends(ctx, base))
		}
	}
	return append(out, p.forumLets(ctx))
}

// forumSends begins a log-in at the forum, as somebody's browser would, and
// looks where it leads.
func (p prober) forumSends(ctx context.Context, base string) finding {
	const area = "forum"
	connect := preset.EndpointsOf(p.at.Issuer.String(), p.s).ConnectURL
	answer, _, err := p.get(ctx, base+"/session/sso", nil)
	if err != nil {
		return fault(area, base+" cannot be reached: "+network(err), unreachable(err))
	}
	to, _, _ := strings.Cut(answer.Header.Get("Location"), "?")
	if to != connect {
		return fault(area, fmt.Sprintf("%s/session/sso answers %d and does not lead to %s", base, answer.StatusCode, connect), "see discourse_connect_url and enable_discourse_connect there")
	}
	return ok(area, base+" sends people to "+connect)
}

// forumLets looks for somebody who cannot be there: not found is a good answer,
// and forbidden means that the key is not taken.
func (p prober) forumLets(ctx context.Context) finding {
	const area = "log-out"
	shared, err := p.forumSecrets(p.at, p.s)
	if err != nil {
		return fault(area, "the forum's secrets do not open", "see whether this is the master secret that they were sealed with")
	}
	if shared.APIKey == "" || !slices.Contains(p.s.Discourse.Bases(), shared.APIBase) {
		return warning(area, "Clau has no key of the forum's API: sessions there stay open", `give one by "clau service set `+string(p.s.Name)+` --api-key-file FILE"`)
	}
	header := http.Header{"Api-Key": {shared.APIKey}, "Api-Username": {orElse(p.s.Discourse.Settings.APIUser, "system")}}
	base := shared.APIBase // and nowhere else: the key goes along
	answer, _, err := p.get(ctx, base+"/u/by-external/"+url.PathEscape("clau-test-nobody")+".json", header)
	switch {
	case err != nil:
		return fault(area, base+" cannot be reached: "+network(err), unreachable(err))
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return fault(area, "the forum does not take Clau's key of its API", "make another with the scopes users: show, log_out and sync_sso")
	}
	return ok(area, "the forum takes Clau's key of its API")
}

// forumSecrets are what Clau and a forum share.
func (a *app) forumSecrets(at config.Settings, s directory.Service) (directory.DiscourseSecrets, error) {
	var shared directory.DiscourseSecrets
	sealer, err := a.sealer(at)
	if err != nil {
		return shared, err
	}
	plain, err := sealer.Open(s.Discourse.Sealed, s.SealedIn())
	if err != nil {
		return shared, err
	}
	return shared, json.Unmarshal(plain, &shared)
}
