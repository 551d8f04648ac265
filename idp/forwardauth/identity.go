// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"fmt"
	"net/http"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

// identity is who a request is from, as the application is told: what was
// released and nothing else. Nobody is the zero value.
type identity struct {
	Subject string   `json:"sub"`
	User    string   `json:"preferred_username,omitempty"`
	Name    string   `json:"name,omitempty"`
	Mail    string   `json:"email,omitempty"`
	Groups  []string `json:"groups,omitempty"`

	between string // groups
}

var nobody = identity{}

// identityOf puts a release into the application's words. An address that nobody
// proved is not told: applications of this kind take it for the person.
func identityOf(q asked, who signon.Admission, told release.Release) identity {
	text := func(a release.Attribute) string { s, _ := told[a].(string); return s }
	id := identity{Subject: who.Subject, User: text(release.Handle), Name: text(release.Name), between: ","}
	if proven, _ := told[release.MailVerified].(bool); proven {
		id.Mail = text(release.Mail)
	}
	switch q.GroupFormat {
	case directory.GroupsNone:
		return id
	case directory.GroupsSpace:
		id.between = " "
	}
	id.Groups = release.GroupList(told)
	return id
}

// through is the one success. All headers are there, if need be empty: a proxy
// that copies them overwrites what came from outside.
func (p *Provider) through(w http.ResponseWriter, q asked, id identity) error {
	assertion, err := p.assertion(q, id)
	if err != nil {
		return err
	}
	var groups []string
	for _, g := range id.Groups {
		groups = append(groups, escape(g, id.between))
	}
	h := w.Header()
	h.Set("X-Clau-Subject", escape(id.Subject, ""))
	h.Set("X-Clau-User", escape(id.User, ""))
	h.Set("X-Clau-Name", escape(id.Name, ""))
	h.Set("X-Clau-Email", escape(id.Mail, ""))
	h.Set("X-Clau-Groups", strings.Join(groups, id.between))
	h.Set("X-Clau-Assertion", assertion)
	w.WriteHeader(http.StatusOK)
	return nil
}

// assertionType keeps the tokens apart from all others that the same keys sign
// (RFC 8725 section 3.11), and assertionLife is in seconds.
const (
	assertionType = "clau-forward+jwt"
	assertionLife = 60
)

// assertion says in a JWT (RFC 7519) what the headers say, to the application at
// the audience: a header alone could be anybody's who reaches it past the proxy.
func (p *Provider) assertion(q asked, id identity) (string, error) {
	if id.Subject == "" {
		return "", nil
	}
	now := p.c.Now().Unix()
	signed, err := p.c.Keys.Sign(keys.ES256, assertionType, struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
		Issued   int64  `json:"iat"`
		Expires  int64  `json:"exp"`
		Origin   string `json:"origin"`
		identity
	}{p.c.Issuer, p.audience(q.service), now, now + assertionLife, q.seen.origin, id})
	if err != nil {
		return "", fmt.Errorf("forwardauth: assertion: %w", err)
	}
	return signed, nil
}

// escape writes a value so that no header can be read as anything else: what is
// not printable ASCII is percent-encoded UTF-8 (RFC 3986 section 2.1), and so are
// the percent sign and what stands between values.
func escape(value, between string) string {
	var out strings.Builder
	for i := range len(value) {
		c := value[i]
		if c < ' ' || c > '~' || c == '%' || strings.IndexByte(between, c) >= 0 || (c == ' ' && (i == 0 || i == len(value)-1)) {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}
