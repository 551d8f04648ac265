// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import "commonscloud.coop/clau/idp/directory"

// Endpoints are where a service finds Clau. Those of protocols that it does not
// speak are empty.
type Endpoints struct {
	// OpenID Connect.
	Discovery, Authorize, Token, Userinfo, JWKS, Introspect, EndSession string

	// A bridge: where its paths begin.
	BaseURI string

	// SAML 2.0.
	EntityID, MetadataURL, SSO, SLO string

	// DiscourseConnect, without a slash at its end: Discourse refuses one.
	ConnectURL string

	// Forward-auth: where the proxy asks.
	ForwardURL string
}

// EndpointsOf are where the service finds the Clau of the issuer.
func EndpointsOf(issuer string, s directory.Service) Endpoints {
	name := string(s.Name)
	switch s.Protocol() {
	case directory.ProtocolOIDC:
		return Endpoints{
			Discovery: issuer + "/.well-known/openid-configuration", Authorize: issuer + "/authorize",
			Token: issuer + "/token", Userinfo: issuer + "/userinfo", JWKS: issuer + "/jwks",
			Introspect: issuer + "/introspect", EndSession: issuer + "/logout",
		}
	case directory.ProtocolPhabricator:
		return Endpoints{BaseURI: issuer + "/phabricator/" + name + "/"}
	case directory.ProtocolGitLab:
		at := issuer + "/gitlab/" + name
		return Endpoints{BaseURI: at, Authorize: at + "/oauth/authorize", Token: at + "/oauth/token", Userinfo: at + "/api/v4/user"}
	case directory.ProtocolSAML:
		at := issuer + "/saml"
		return Endpoints{EntityID: at + "/metadata", MetadataURL: at + "/metadata", SSO: at + "/sso", SLO: at + "/slo"}
	case directory.ProtocolDiscourse:
		return Endpoints{ConnectURL: issuer + "/discourse/" + name, EndSession: issuer + "/logout"}
	case directory.ProtocolForward:
		return Endpoints{ForwardURL: issuer + "/forward/" + name}
	}
	return Endpoints{}
}
