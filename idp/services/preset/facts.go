// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"strings"
	"unicode"

	"commonscloud.coop/clau/idp/directory"
)

// facts are what templates are filled in with.
type facts struct {
	Name, Title, Collective string
	URL                     string // of the application, without a slash at its end
	Host, Hostname, Origin  string // of that: with port, without, with the scheme
	Param                   map[string]string

	Issuer, IssuerOrigin, IssuerPath string // the second and third make up the first
	Endpoints
	ClientID, Secret              string
	Scopes                        string // with spaces between
	Redirect, AfterLogout         string // the first of each
	IntrospectAs                  string // the introspection endpoint with id and secret in it, for Dovecot
	Backchannel                   string
	Certificate, PEM              string // of Clau, for SAML
	ServiceEntityID, ServiceStart string // the service's own entityID; where its log-in begins
}

// locate puts an address into the facts.
func (f *facts) locate(address string) {
	f.URL = address
	if u, err := url.Parse(address); err == nil {
		f.Host, f.Hostname, f.Origin = u.Host, u.Hostname(), u.Scheme+"://"+u.Host
	}
}

// issue puts Clau's own address into the facts.
func (f *facts) issue(issuer string) {
	f.Issuer = issuer
	if u, err := url.Parse(issuer); err == nil {
		f.IssuerOrigin, f.IssuerPath = u.Scheme+"://"+u.Host, strings.TrimRight(u.EscapedPath(), "/")
	}
}

// describe puts what a service is registered as into the facts.
func (f *facts) describe(s directory.Service) {
	f.Name, f.Title, f.Collective = string(s.Name), oneLine(s.Title), string(s.Collective)
	f.ServiceStart = s.URL
	if s.OIDC != nil {
		f.ClientID = string(s.OIDC.ID)
		f.Redirect, f.AfterLogout = first(s.OIDC.RedirectURIs), first(s.OIDC.Metadata.PostLogoutRedirectURIs)
		f.Backchannel = s.OIDC.Metadata.BackchannelLogoutURI
	}
	if s.SAML != nil {
		f.ServiceEntityID = s.SAML.EntityID
	}
}

// certify puts Clau's certificate into the facts, as one line and as PEM.
func (f *facts) certify(der []byte) {
	f.Certificate = base64.StdEncoding.EncodeToString(der)
	f.PEM = strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

func first(of []string) string {
	if len(of) == 0 {
		return ""
	}
	return of[0]
}

// oneLine keeps a title from beginning a line of its own in a file.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
