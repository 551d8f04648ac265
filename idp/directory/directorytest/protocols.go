// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// speaking are services of every protocol, with all that each can have, not
// added yet.
func (w *world) speaking(c directory.CollectiveName) map[string]directory.Service {
	at := time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)
	all := map[string]directory.Service{}
	for name, speak := range map[string]func(*directory.Service){
		directory.ProtocolOIDC: func(s *directory.Service) {
			s.OIDC = w.aService("oidc", c).OIDC
			s.OIDC.Metadata.GroupNames = map[string]string{"ateneu.junta": "board", "ateneu": ""}
			s.OIDC.Metadata.GroupFormat = directory.GroupsObjects
		},
		directory.ProtocolGitLab: func(s *directory.Service) {
			s.OIDC = w.aService("gitlab", c).OIDC
			s.OIDC.Metadata.Bridge = directory.BridgeGitLab
		},
		directory.ProtocolSAML: func(s *directory.Service) {
			s.SAML = &directory.SAMLProvider{
				EntityID: "https://nuvol-" + w.mark + ".example.org/saml?a=b&c=(d)*",
				Metadata: []byte("<EntityDescriptor entityID=\"à\">\n\t</EntityDescriptor>\n"),
				Settings: directory.SAMLSettings{
					MetadataURL: "https://nuvol.example.org/metadata", MetadataKeys: []string{"MIIB"}, Fetched: at,
					NameID: "transient", Attributes: []string{"mail"}, GroupNames: map[string]string{"a": "b"}, SHA1Until: at, Unsolicited: true,
				},
			}
		},
		directory.ProtocolDiscourse: func(s *directory.Service) {
			s.Discourse = &directory.DiscourseConnect{
				ReturnURLs: []string{"https://forum.example.org/session/sso_login"},
				Sealed:     bytes.Repeat([]byte{0, 1, 0xff, '\n'}, 500),
				Settings:   directory.DiscourseSettings{APIUser: "system", FullGroups: true, OverlapEnds: at},
			}
		},
		directory.ProtocolForward: func(s *directory.Service) {
			s.Forward = &directory.ForwardAuth{
				Origins:    []string{"https://grafana.example.org", "https://wiki.example.org:8443"},
				Rules:      []directory.ForwardRule{{Prefix: "/", Collectives: []directory.CollectiveName{c}}, {Prefix: "/open", Open: true}},
				Attributes: []string{"mail"}, SubjectType: "public", GroupFormat: directory.GroupsCSV,
				Secrets: []directory.ClientSecret{{SHA256: strings.Repeat("b", 43)}, {SHA256: strings.Repeat("a", 43), Expires: at}},
			}
		},
		"": func(*directory.Service) {},
	} {
		s := w.aService("s"+strings.ReplaceAll(name, "-", ""), c)
		s.OIDC = nil
		s.Preset, s.Logo = "preset-of-"+name, []byte("\x89PNG\r\n\x1a\n\x00\xff")
		s.State, s.StoppedBy = directory.Suspended, directory.StoppedByManager
		speak(&s)
		all[name] = s
	}
	return all
}

func everyProtocol(w *world) {
	c := w.collective("ateneu")
	all := w.speaking(c.Name)
	large := all[directory.ProtocolSAML]
	large.Logo = bytes.Repeat([]byte{0xff}, directory.LogoMax)
	large.SAML.Metadata = bytes.Repeat([]byte("<é/>"), directory.SAMLMetadataMax/5)
	all[directory.ProtocolSAML] = large
	for name, s := range all {
		w.ok(w.AddService(w.ctx, directory.System(), s))
		got, _ := w.readService(s.ID)
		sortAddresses(&got)
		same(w, got, s)
		same(w, got.Protocol(), name)
	}
	listed := collect(w, w.ListServices(w.ctx, directory.ServiceFilter{Collective: c.Name}))
	same(w, len(listed), 6)
	for _, s := range listed {
		whole, version := w.readService(s.ID)
		same(w, s.Version, version)
		same(w, []bool{s.Listed, len(s.Logo) > 0}, []bool{true, false})
		s.Title = "Un altre" // as somebody would who lists, changes and writes back
		w.ok(w.ReplaceService(w.ctx, directory.System(), s))
		got, _ := w.readService(s.ID)
		whole.Title = s.Title
		same(w, got, whole)
		s.Version, s.Logo = "", []byte("GIF") // with a logo of its own
		w.ok(w.ReplaceService(w.ctx, directory.System(), s))
		got, _ = w.readService(s.ID)
		same(w, got.Logo, s.Logo)
	}
}

// sortAddresses: the values of an attribute have no order.
func sortAddresses(s *directory.Service) {
	switch {
	case s.OIDC != nil:
		slices.Sort(s.OIDC.RedirectURIs)
	case s.Discourse != nil:
		slices.Sort(s.Discourse.ReturnURLs)
	case s.Forward != nil:
		slices.Sort(s.Forward.Origins)
	}
}

// protocolSwitched turns a service from each protocol to each other. Nothing
// of the old one is left: it could be found by it, or become valid again.
func protocolSwitched(w *world) {
	c := w.collective("ateneu")
	forms := w.speaking(c.Name)
	is := forms[directory.ProtocolOIDC]
	w.ok(w.AddService(w.ctx, directory.System(), is))
	for _, from := range []string{"oidc", "saml", "discourse", "forward-auth", "gitlab", ""} {
		for _, to := range []string{"oidc", "saml", "discourse", "forward-auth", "gitlab", ""} {
			for _, name := range []string{from, to} {
				next := forms[name]
				next.ID, next.Name = is.ID, is.Name
				w.ok(w.ReplaceService(w.ctx, directory.System(), next))
				got, _ := w.readService(is.ID)
				sortAddresses(&got)
				same(w, got, next)
			}
			_, err := w.ServiceByEntityID(w.ctx, forms["saml"].SAML.EntityID)
			same(w, err == nil, to == "saml")
			_, err = w.ServiceByClientID(w.ctx, forms["oidc"].OIDC.ID)
			same(w, err == nil, to == "oidc")
		}
	}
}

func protocolInvalid(w *world) {
	c := w.collective("ateneu")
	for name, spoil := range map[string]func(saml, forum, proxied *directory.Service) *directory.Service{
		"two protocols":              func(a, _, b *directory.Service) *directory.Service { a.Forward = b.Forward; return a },
		"an entity without id":       entity(""),
		"an entity id with a space":  entity("https://a.example/ b"),
		"an entity id beyond ASCII":  entity("https://à.example/"),
		"an entity id that is long":  entity("https://a.example/" + strings.Repeat("x", directory.EntityIDMax)),
		"a provider with no XML":     metadata(0),
		"a provider with a lot":      metadata(directory.SAMLMetadataMax + 1),
		"a forum without secret":     func(_, s, _ *directory.Service) *directory.Service { s.Discourse.Sealed = nil; return s },
		"a forum that leads nowhere": func(_, s, _ *directory.Service) *directory.Service { s.Discourse.ReturnURLs = nil; return s },
		"JSON that is none": func(_, s, _ *directory.Service) *directory.Service {
			s.Discourse, s.OIDC = nil, &directory.OIDCClient{ID: "json", Metadata: directory.ClientMetadata{JWKS: []byte("{")}}
			return s
		},
		"JSON that is large": func(s, _, _ *directory.Service) *directory.Service {
			s.SAML.Settings.MetadataKeys = []string{strings.Repeat("x", 64<<10)}
			return s
		},
		"a proxy of nothing": func(_, _, s *directory.Service) *directory.Service { s.Forward.Origins = nil; return s },
		"a logo that is large": func(_, _, s *directory.Service) *directory.Service {
			s.Logo = make([]byte, directory.LogoMax+1)
			return s
		},
	} {
		all := w.speaking(c.Name)
		saml, forum, proxied := all[directory.ProtocolSAML], all[directory.ProtocolDiscourse], all[directory.ProtocolForward]
		s := *spoil(&saml, &forum, &proxied)
		if err := w.AddService(w.ctx, directory.System(), s); err == nil {
			w.Errorf("%s: accepted", name)
		} else {
			w.is(err, directory.ErrInvalid)
		}
	}
}

func entity(id string) func(saml, _, _ *directory.Service) *directory.Service {
	return func(s, _, _ *directory.Service) *directory.Service { s.SAML.EntityID = id; return s }
}

func metadata(size int) func(saml, _, _ *directory.Service) *directory.Service {
	return func(s, _, _ *directory.Service) *directory.Service { s.SAML.Metadata = make([]byte, size); return s }
}

// entityIDs: an identity provider that takes one name for another gives what is
// one service's to the other.
func entityIDs(w *world) {
	a, b := w.collective("alella"), w.collective("bcn")
	s := w.speaking(a.Name)["saml"]
	w.ok(w.AddService(w.ctx, directory.System(), s))
	got, err := w.ServiceByEntityID(w.ctx, s.SAML.EntityID)
	w.ok(err)
	same(w, got.ID, s.ID)
	same(w, len(got.SAML.Metadata), len(s.SAML.Metadata))

	id := s.SAML.EntityID
	for _, other := range []string{
		"", "*", strings.ToUpper(id), id + " ", " " + id, id + "/", id[:len(id)-1], strings.ReplaceAll(id, "*", "*)(objectClass=*"),
		id + "\x00", strings.Repeat("x", 100<<10),
	} {
		if _, err := w.ServiceByEntityID(w.ctx, other); err == nil {
			w.Errorf("%.80q is taken for %q", other, id)
		} else {
			w.is(err, directory.ErrNotFound)
		}
	}

	twin := w.speaking(b.Name)["saml"]
	twin.Name += "2"
	w.is(w.AddService(w.ctx, directory.System(), twin), directory.ErrExists)
	twin.SAML.EntityID += "2"
	w.ok(w.AddService(w.ctx, directory.System(), twin))
	twin.SAML.EntityID = id
	w.is(w.ReplaceService(w.ctx, directory.System(), twin), directory.ErrExists)
	_, err = w.ServiceByEntityID(w.ctx, id+"2")
	w.ok(err) // a refused write left all as it was
}
