// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// errUnknownForum also stands for a service that is stopped, or that speaks
// another protocol.
var errUnknownForum = errors.New("discourse: unknown forum")

// forum is a service that speaks DiscourseConnect, with its secrets open.
type forum struct {
	service directory.Service
	directory.DiscourseConnect
	secrets directory.DiscourseSecrets
}

// active returns the forum that a service is, or [errUnknownForum].
func (p *Provider) active(s directory.Service) (forum, error) {
	if s.State != directory.Active {
		return forum{}, errUnknownForum
	}
	return p.opened(s)
}

// opened returns the forum also where the service was stopped: people may still
// have sessions there.
func (p *Provider) opened(s directory.Service) (forum, error) {
	if s.Protocol() != directory.ProtocolDiscourse {
		return forum{}, errUnknownForum
	}
	f := forum{service: s, DiscourseConnect: *s.Discourse}
	raw, err := p.c.Sealer.Open(f.Sealed, s.SealedIn())
	if err != nil {
		return forum{}, fmt.Errorf("discourse: secrets of %q: %w", s.Name, err)
	}
	if err := json.Unmarshal(raw, &f.secrets); err != nil {
		return forum{}, fmt.Errorf("discourse: secrets of %q unreadable", s.Name)
	}
	return f, nil
}

// inForce are the secrets that requests are proven by: the newest, and older
// ones while they overlap. An empty secret would let anybody sign.
func (f forum) inForce(now time.Time) []string {
	secrets := f.secrets.Connect
	if len(secrets) > 1 && !now.Before(f.Settings.OverlapEnds) {
		secrets = secrets[:1]
	}
	return slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })
}

// need is what the forum is told: what its record allows, since its request asks
// for nothing. Whether an address is proven is told with it or not at all.
func (f forum) need() release.Need {
	var need release.Need
	for _, a := range release.Attributes() {
		if slices.Contains(f.Settings.Attributes, string(a)) && a.Decided() == a {
			need = append(need, a)
		}
	}
	if need.Has(release.Mail) {
		need = append(need, release.MailVerified)
	}
	return need
}
