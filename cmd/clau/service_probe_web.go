// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/web"
)

// get asks an address, through the client that Clau itself would use, and does
// not follow redirects.
func (p prober) get(ctx context.Context, address string, header http.Header) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, readMax))
	return answer, body, err
}

// answers looks whether Clau is where services look for it.
func (p prober) answers(ctx context.Context) []finding {
	const area = "clau"
	address := p.at.Issuer.String() + "/healthz"
	answer, _, err := p.get(ctx, address, nil)
	if err != nil {
		return []finding{fault(area, address+" cannot be reached: "+network(err), "start Clau, or see whether its name leads here")}
	}
	if answer.StatusCode != http.StatusOK {
		return []finding{fault(area, fmt.Sprintf("%s answers %d", address, answer.StatusCode), "see whether a proxy in front leads to Clau")}
	}
	return []finding{ok(area, "answers at "+p.at.Issuer.String())}
}

// discovery looks whether a client finds what it needs, and a key that can sign
// for it.
func (p prober) discovery(ctx context.Context) []finding {
	const area = "discovery"
	at := preset.EndpointsOf(p.at.Issuer.String(), p.s)
	var found struct {
		Issuer string `json:"issuer"`
		JWKS   string `json:"jwks_uri"`
	}
	if out := p.document(ctx, area, at.Discovery, &found); out != nil {
		return out
	}
	if found.Issuer != p.at.Issuer.String() {
		return []finding{fault(area, fmt.Sprintf("%s is the issuer there, and %s here", found.Issuer, p.at.Issuer), "services compare them letter by letter")}
	}
	var set struct {
		Keys []struct {
			Alg string `json:"alg"`
		} `json:"keys"`
	}
	if out := p.document(ctx, area, found.JWKS, &set); out != nil {
		return out
	}
	alg := orElse(p.s.OIDC.Metadata.IDTokenAlg, algRS256)
	for _, key := range set.Keys {
		if key.Alg == alg {
			return []finding{ok(area, "answers at "+at.Discovery+", with a key for "+alg)}
		}
	}
	return []finding{fault(area, "no key signs "+alg, `make one by "clau keys rotate --alg `+alg+`"`)}
}

// document reads JSON of Clau's own.
func (p prober) document(ctx context.Context, area, address string, into any) []finding {
	answer, body, err := p.get(ctx, address, nil)
	switch {
	case err != nil:
		return []finding{fault(area, address+" cannot be reached: "+network(err), "start Clau, or see whether its name leads here")}
	case answer.StatusCode != http.StatusOK || json.Unmarshal(body, into) != nil:
		return []finding{fault(area, fmt.Sprintf("%s answers %d, and not as Clau does", address, answer.StatusCode), "see whether a proxy in front leads to Clau")}
	}
	return nil
}

// redirects looks at the hosts that people are sent back to.
func (p prober) redirects(ctx context.Context) []finding {
	var out []finding
	for _, origin := range origins(p.addresses()) {
		out = append(out, p.host(ctx, "address", origin))
	}
	return out
}

// addresses are those that people's browsers are sent to.
func (p prober) addresses() []string {
	switch {
	case p.s.OIDC != nil:
		return p.s.OIDC.RedirectURIs
	case p.s.Discourse != nil:
		return p.s.Discourse.ReturnURLs
	case p.s.Forward != nil:
		return p.s.Forward.Origins
	}
	return nil
}

// origins are the web origins of addresses, each once.
func origins(addresses []string) []string {
	var out []string
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" {
			continue // an app's own scheme
		}
		if origin := u.Scheme + "://" + u.Host; !slices.Contains(out, origin) {
			out = append(out, origin)
		}
	}
	return out
}

// host looks whether somebody answers there, with a certificate that browsers
// take. What lies inside a network that Clau must not reach is no fault: the
// people who use it may be inside too.
func (p prober) host(ctx context.Context, area, origin string) finding {
	answer, _, err := p.get(ctx, origin+"/", nil)
	switch {
	case errors.Is(err, web.ErrForbiddenAddress):
		return warning(area, origin+" is not public, and was not looked at", "if Clau shall reach it, to tell it of log-outs, name its network in inner_networks")
	case err != nil:
		return fault(area, origin+" cannot be reached: "+network(err), "see whether the name is right and the application runs; browsers will fare no better")
	case answer.TLS != nil && len(answer.TLS.PeerCertificates) > 0:
		if end := answer.TLS.PeerCertificates[0].NotAfter; p.now().Add(soon).After(end) {
			return warning(area, origin+" has a certificate that ends on "+day(end), "renew it")
		}
	}
	return ok(area, origin+" answers")
}

// logoutAddress looks whether the service can be told of log-outs. What is sent
// is no token, so it is refused, which shows that somebody is there.
func (p prober) logoutAddress(ctx context.Context) []finding {
	const area = "log-out"
	m := p.s.OIDC.Metadata
	if m.BackchannelLogoutURI == "" {
		if m.FrontchannelLogoutURI != "" {
			return []finding{ok(area, "by the browser, at "+m.FrontchannelLogoutURI)}
		}
		return []finding{warning(area, "it is not told of log-outs elsewhere", "")}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.BackchannelLogoutURI, strings.NewReader("logout_token=test"))
	if err != nil {
		return []finding{fault(area, m.BackchannelLogoutURI+" is not an address", "")}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.client.Do(request)
	if err != nil {
		return []finding{fault(area, m.BackchannelLogoutURI+" cannot be told of log-outs: "+network(err), unreachable(err))}
	}
	answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		return []finding{fault(area, fmt.Sprintf("%s answers %d: nothing takes log-outs there", m.BackchannelLogoutURI, answer.StatusCode), "see whether log-out is switched on there, and the address right")}
	}
	return []finding{ok(area, "can be told at "+m.BackchannelLogoutURI)}
}

// network says what went wrong on the way, in a few words.
func network(err error) string {
	var name *net.DNSError
	var unknown x509.UnknownAuthorityError
	var wrong x509.HostnameError
	var invalid x509.CertificateInvalidError
	var handshake *tls.CertificateVerificationError
	switch {
	case errors.Is(err, web.ErrForbiddenAddress):
		return "the address is not public"
	case errors.Is(err, web.ErrNotHTTPS):
		return "it is not https"
	case errors.As(err, &name):
		return "the name does not resolve"
	case errors.As(err, &wrong):
		return "the certificate is for another name"
	case errors.As(err, &invalid):
		return "the certificate is not valid (any more)"
	case errors.As(err, &unknown), errors.As(err, &handshake):
		return "the certificate is of nobody that is trusted"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "no connection: nobody listens there"
	}
	return "no connection"
}

// unreachable is what to do about an address that Clau must reach itself.
func unreachable(err error) string {
	if errors.Is(err, web.ErrForbiddenAddress) {
		return "name its network in inner_networks, if Clau may reach it"
	}
	return "see whether the application runs, and whether this machine may connect to it"
}
