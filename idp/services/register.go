// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/services/rules"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// What people read of a service, in characters.
const (
	titleMax = 80
	aboutMax = 300
)

// register makes the service of what was typed, and its secret. What is wrong is
// noted at the fields, all of it at once.
func (a *Room) register(n *addition) (directory.Service, string, error) {
	in := preset.Input{
		Name: directory.ServiceName(strings.TrimSpace(n.typed["name"])), Collective: n.name, Title: tidy(n.typed["called"]),
		URL: strings.TrimSpace(n.typed["url"]), Params: n.params(), Minter: a.minter(),
	}
	n.faults = append(n.faults, a.titleFault(n.visit, in.Title)...)
	if !in.Name.Valid() {
		n.faults = append(n.faults, a.fault(n.visit, "name", "registration.name", "name"))
	}
	access, among := a.opened(n.visit, n.typed, n.others, &n.faults)
	in.Access = access
	if n.preset.NoAddress {
		in.URL = ""
	}
	provider, err := a.provider(n, in)
	if err != nil {
		n.faults = append(n.faults, a.metadataFault(n.visit, n.typed, err))
	}
	in.Provider = provider
	s, made, err := n.preset.Register(in)
	if found := a.presetFaults(n, err); len(found) > 0 || errors.Is(err, preset.ErrMetadata) {
		if len(found) == 0 && !has(n.faults, "metadata-url") {
			found = append(found, a.fault(n.visit, "metadata-url", "registration.metadata-url", "metadata-needed"))
		}
		n.faults = append(n.faults, found...)
		return s, "", nil
	}
	if err != nil {
		return s, "", err
	}
	s.Guests = among
	a.complete(n, &s)
	return s, made.Secret, nil
}

// complete adds what a preset knows nothing of that fits any application: where
// answers go, and where people enter.
func (a *Room) complete(n *addition, s *directory.Service) {
	d := &desk{visit: n.visit, service: *s}
	if n.preset.NoAddress {
		if s.URL = strings.TrimSpace(n.typed["url"]); s.URL != "" {
			d.blame(a, "url", "registration.start", rules.Link(s.URL))
		}
	}
	field, label := "url", "registration.url"
	if asksAddresses(n.preset) {
		field, label = "addresses", "registration.addresses.oidc"
		s.OIDC.RedirectURIs = lines(n.typed["addresses"])
		a.addressFaults(d, field, label, s.OIDC.RedirectURIs)
	}
	if len(d.faults) == 0 && !has(n.faults, "name") { // which becomes the client id
		d.faults = a.clientFaults(n.visit, *s, field, label)
	}
	n.faults = append(n.faults, d.faults...)
}

func asksAddresses(p preset.Preset) bool { return p.OIDC != nil && len(p.OIDC.RedirectURIs) == 0 }

func has(faults []themes.Fault, field string) bool {
	return slices.ContainsFunc(faults, func(f themes.Fault) bool { return f.Field == field })
}

// params are those of the preset, as typed.
func (n *addition) params() map[string]string {
	out := map[string]string{}
	for _, p := range n.preset.Params {
		if value := strings.TrimSpace(n.typed["param."+p.Name]); value != "" {
			out[p.Name] = value
		}
	}
	return out
}

// presetFaults leads what the preset found wrong back to the fields.
func (a *Room) presetFaults(n *addition, err error) []themes.Fault {
	var out []themes.Fault
	for _, f := range preset.Faults(err) {
		code := f.Code
		if code == "missing" {
			code = "empty"
		}
		if f.Field == "url" {
			out = append(out, a.fault(n.visit, "url", "registration.url", code))
			continue
		}
		label := f.Field
		for _, p := range n.preset.Params {
			if p.Name == f.Field {
				label = p.About.In(n.lang)
			}
		}
		out = append(out, themes.Fault{Field: "param." + f.Field, Label: label, Code: code})
	}
	return out
}

// clientFaults holds a client against the rules of everybody who registers one.
func (a *Room) clientFaults(v visit, s directory.Service, field, label string) []themes.Fault {
	if s.OIDC == nil {
		return nil
	}
	var fault *rules.Fault
	if errors.As(rules.Client(*s.OIDC), &fault) {
		return []themes.Fault{a.fault(v, field, label, fault.Code)}
	}
	return nil
}

func (a *Room) titleFault(v visit, title string) []themes.Fault {
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return []themes.Fault{a.fault(v, "called", "registration.called", "empty")}
	case n > titleMax:
		return []themes.Fault{a.fault(v, "called", "registration.called", "long")}
	}
	return nil
}

// opened reads who enters, of a form that only managers get.
func (a *Room) opened(v visit, typed web.Form, others []directory.Collective, faults *[]themes.Fault) (directory.AccessPolicy, []directory.CollectiveName) {
	access := directory.AccessPolicy(typed["access"])
	known := []directory.AccessPolicy{directory.AccessCollective, directory.AccessGroup, directory.AccessPublic}
	if !slices.Contains(known, access) {
		*faults = append(*faults, a.fault(v, "access", "registration.access", "access"))
	}
	var among []directory.CollectiveName
	for _, c := range others {
		if typed["guest."+string(c.Name)] != "" {
			among = append(among, c.Name)
		}
	}
	return access, among
}

// provider reads the metadata that was handed in, or looks where the
// application has it. Nil: the preset needs none.
func (a *Room) provider(n *addition, in preset.Input) (*directory.SAMLProvider, error) {
	if n.preset.SAML == nil {
		return nil, nil
	}
	p, err := a.metadata(n.Context(), n.file, n.typed)
	if p != nil || err != nil || n.preset.TakesNoMetadata() {
		return p, err
	}
	address, err := n.preset.MetadataURL(in)
	if err != nil || address == "" {
		return nil, nil // Register says what is wrong with the address, or that metadata is missing
	}
	found, err := a.Providers.Fetch(n.Context(), address)
	if err != nil {
		web.NoteError(n.Context(), err)
		return nil, preset.ErrMetadata
	}
	return &found, nil
}

// metadata takes the file before the text, and the text before the address: who
// chose a file meant it.
func (a *Room) metadata(ctx context.Context, file []byte, typed web.Form) (*directory.SAMLProvider, error) {
	raw := file
	if len(raw) == 0 {
		raw = []byte(strings.TrimSpace(typed["metadata"]))
	}
	address := strings.TrimSpace(typed["metadata-url"])
	var p directory.SAMLProvider
	var err error
	switch {
	case len(raw) > 0:
		p, err = a.Providers.Read(raw)
	case address != "":
		if err = rules.Endpoint(address); err == nil {
			p, err = a.Providers.Fetch(ctx, address)
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// metadataFault says what is wrong with metadata, where it was handed in. What
// is behind an address that Clau may not reach reads as one with no answer.
func (a *Room) metadataFault(v visit, typed web.Form, err error) themes.Fault {
	web.NoteError(v.Context(), err)
	field, label, code := "metadata-url", "registration.metadata-url", "metadata"
	if typed["metadata"] != "" {
		field, label = "metadata", "registration.metadata"
	}
	var fault *rules.Fault
	switch {
	case errors.As(err, &fault):
		code = fault.Code
	case errors.Is(err, preset.ErrMetadata):
		code = "metadata-needed"
	case errors.Is(err, ErrSource):
		code = "metadata-source"
	case errors.Is(err, ErrExpired):
		code = "metadata-expired"
	}
	return a.fault(v, field, label, code)
}

// tidy makes one line of what was typed, without what cannot be seen: a mark
// that turns the direction of writing could make one service look like another.
func tidy(s string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Co) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(visible), " ")
}
