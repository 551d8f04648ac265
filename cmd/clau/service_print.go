// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

// showService prints a service as it stands in the directory, with the secret
// that was just made for it, if one was.
func (a *app) showService(ctx context.Context, d directory.Backend, at config.Settings, name directory.ServiceName, made preset.Credentials) error {
	s, err := findService(ctx, d, name)
	if err != nil {
		return err
	}
	v := viewService(s, at.Issuer.String())
	v.tell(made)
	certificate, err := signingCertificate(ctx, d, s)
	if err != nil {
		return err
	}
	if certificate != nil {
		v.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	}
	v.APIKey = a.apiKey(at, s)
	return a.printService(v)
}

// apiKey says whether Clau has a key of the forum's API: without one it closes
// no sessions there.
func (a *app) apiKey(at config.Settings, s directory.Service) string {
	if s.Discourse == nil {
		return ""
	}
	shared, err := a.forumSecrets(at, s)
	switch {
	case err != nil:
		return "unreadable"
	case shared.APIKey == "":
		return "none"
	}
	return "held"
}

func (a *app) printService(v serviceView) error {
	if a.json {
		return a.printJSON(v)
	}
	var old []string
	for _, t := range v.SecretsExpire {
		old = append(old, "valid until "+t.Local().Format("2006-01-02 15:04"))
	}
	a.printFields(slices.Concat([]field{
		{"service", string(v.Service)}, {"title", v.Title}, {"description", v.Description},
		{"collective", string(v.Collective)}, {"state", string(v.State)}, {"access", v.openTo()},
		{"guests", lines(v.Guests)}, {"url", v.URL}, {"sector", v.Sector},
		{"preset", v.Preset}, {"protocol", v.Protocol}, {"subject", v.SubjectType}, {"old secrets", lines(old)},
	}, v.registered(), []field{
		{"attributes", strings.Join(v.Attributes, " ")}, {"groups as", string(v.GroupFormat)},
		{"group names", v.renamed()}, {"quirks", strings.Join(v.Quirks, " ")},
	})...)
	fmt.Fprintln(a.out, "\nenter at the service:")
	a.printFields(v.toEnter()...)
	return nil
}

// registered is what Clau holds the service to, by protocol.
func (v serviceView) registered() []field {
	switch v.Protocol {
	case directory.ProtocolOIDC, directory.ProtocolPhabricator, directory.ProtocolGitLab:
		return []field{
			{"public client", yesNo(v.PublicClient)},
			{"redirect uris", lines(v.RedirectURIs)}, {"after log-out", v.afterLogout()},
			{"back-channel log-out", v.backchannel()}, {"front-channel log-out", v.Frontchannel},
			{"log-in begins at", v.InitiateLogin},
			{"grants", strings.Join(v.GrantTypes, " ")}, {"access token", v.AccessToken},
		}
	case directory.ProtocolSAML:
		return []field{
			{"its entity id", v.SPEntityID}, {"its metadata", v.described()}, {"read", day(v.Fetched)},
			{"name id", v.NameID}, {"attribute names", v.AttributeNames}, {"signed", v.SignedParts}, {"signed with", v.SigningKey},
			{"encryption", v.Encryption}, {"requests signed", yesNo(v.RequestsSigned)}, {"sha-1 taken until", day(v.SHA1Until)},
			{"unsigned log-out", yesNo(v.UnsignedLogout)}, {"begun at Clau", yesNo(v.IdPInitiated)},
			{"deflated post", yesNo(v.DeflatedPost)}, {"no persistent id", yesNo(v.NoPersistentIDs)},
		}
	case directory.ProtocolDiscourse:
		return []field{{"return urls", lines(v.ReturnURLs)}, {"all groups", yesNo(v.FullGroups)}, {"api user", v.APIUser}, {"api key", v.APIKey}}
	case directory.ProtocolForward:
		return []field{{"origins", lines(v.Origins)}, {"rules", v.ruled()}}
	}
	return nil
}

// described says where its metadata came from.
func (v serviceView) described() string {
	if v.SPWritten {
		return "Clau's own, made of its address"
	}
	return orElse(v.SPMetadataURL, "came as a file")
}

func (v serviceView) afterLogout() string {
	if v.BaseURI != "" {
		return ""
	}
	return orElse(lines(v.AfterLogout), "none registered")
}

func (v serviceView) backchannel() string {
	if v.BaseURI != "" {
		return ""
	}
	return orElse(v.Backchannel, "none registered: it is not told of log-outs elsewhere")
}

// toEnter is what the other side needs, by protocol.
func (v serviceView) toEnter() []field {
	switch v.Protocol {
	case directory.ProtocolOIDC:
		return []field{
			{"issuer", v.Issuer}, {"discovery", v.Discovery},
			{"client id", string(v.ClientID)}, {"client secret", v.ClientSecret},
			{"authentication", v.AuthMethod}, {"PKCE", orElse(v.PKCE, "not demanded; S256 if it can")},
			{"scopes", strings.Join(v.Scopes, " ")}, {"user name", v.UserClaim},
			{"signing", v.SigningAlg}, {"log-out", v.EndSession},
		}
	case directory.ProtocolSAML:
		return []field{{"metadata", v.MetadataURL}, {"entity id", v.EntityID}, {"single sign-on", v.SSO}, {"single log-out", v.SLO}}
	case directory.ProtocolDiscourse:
		return []field{{"connect url", v.ConnectURL}, {"connect secret", v.ConnectSecret}, {"log-out", v.EndSession}}
	case directory.ProtocolForward:
		return []field{{"address to ask", v.ForwardURL}, {"proxy secret", v.ProxySecret}}
	}
	return []field{
		{"base uri", v.BaseURI}, {"client id", string(v.ClientID)}, {"client secret", v.ClientSecret},
		{"authorization", v.Authorize}, {"token", v.Token}, {"userinfo", v.Userinfo},
	}
}

// openTo says to whom a service is open.
func (v serviceView) openTo() string {
	switch v.Access {
	case directory.AccessPublic:
		return "public: everybody with an account"
	case directory.AccessCollective:
		return "collective: members of " + strings.Join(append([]string{string(v.Collective)}, names(v.Guests)...), " and ")
	case directory.AccessGroup:
		return "group: whom the managers admit one by one"
	}
	return string(v.Access)
}

func (v serviceView) renamed() string {
	var out []string
	for _, group := range slices.Sorted(maps.Keys(v.GroupNames)) {
		out = append(out, group+" = "+orElse(v.GroupNames[group], "(kept from it)"))
	}
	return strings.Join(out, "\n")
}

func (v serviceView) ruled() string {
	var out []string
	for _, r := range v.Rules {
		out = append(out, ruleText(r))
	}
	return strings.Join(out, "\n")
}

func names(of []directory.CollectiveName) []string {
	out := make([]string, len(of))
	for i, name := range of {
		out[i] = string(name)
	}
	return out
}
