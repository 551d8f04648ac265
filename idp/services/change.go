// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
	"commonscloud.coop/clau/themes"
)

// addressesMax is how many addresses of one kind a service may have.
const addressesMax = 20

// change writes what was typed over the service: what people see of it, where
// answers go, and, of a manager, who enters.
func (a *Room) change(d *desk) (string, error) {
	s := &d.service
	s.Title, s.Description, s.URL = tidy(d.typed["called"]), tidy(d.typed["about"]), strings.TrimSpace(d.typed["url"])
	d.faults = append(d.faults, a.titleFault(d.visit, s.Title)...)
	if utf8.RuneCountInString(s.Description) > aboutMax {
		d.faults = append(d.faults, a.fault(d.visit, "about", "registration.about", "long"))
	}
	if s.URL != "" {
		d.blame(a, "url", "registration.start", rules.Link(s.URL))
	}
	if d.manages {
		others, err := a.others(d.Context(), d.name)
		if err != nil {
			return "", err
		}
		hidden := slices.DeleteFunc(slices.Clone(s.Guests), func(g directory.CollectiveName) bool {
			return slices.ContainsFunc(others, func(c directory.Collective) bool { return c.Name == g })
		})
		s.Access, s.Guests = a.opened(d.visit, d.typed, others, &d.faults)
		s.Guests = append(s.Guests, hidden...) // closed at the moment: nobody was asked about them
	}
	if err := a.changeAddresses(d); err != nil {
		return "", err
	}
	if len(d.faults) > 0 {
		return "", errNothing
	}
	return "", nil
}

func (a *Room) changeAddresses(d *desk) error {
	s, all := &d.service, lines(d.typed["addresses"])
	if kind := addressKind(*s); kind != "" {
		a.addressFaults(d, "addresses", "registration.addresses."+kind, all)
		if len(all) == 0 {
			d.faults = append(d.faults, a.fault(d.visit, "addresses", "registration.addresses."+kind, "empty"))
		}
	}
	switch {
	case s.OIDC != nil:
		a.changeClient(d, all)
	case s.Discourse != nil:
		return a.minter().SetReturnURLs(s, all)
	case s.Forward != nil:
		proxy := *s.Forward
		proxy.Origins, s.Forward = all, &proxy
		for _, one := range all {
			if !origin(one) {
				d.faults = append(d.faults, a.fault(d.visit, "addresses", "registration.addresses.forward-auth", "form"))
				break
			}
		}
	case s.SAML != nil:
		return a.changeMetadata(d)
	}
	return nil
}

func (a *Room) changeClient(d *desk, redirects []string) {
	client := *d.service.OIDC
	d.service.OIDC = &client
	client.RedirectURIs = redirects
	client.Metadata.PostLogoutRedirectURIs = lines(d.typed["after-logout"])
	client.Metadata.BackchannelLogoutURI = strings.TrimSpace(d.typed["backchannel"])
	a.addressFaults(d, "after-logout", "registration.after-logout", client.Metadata.PostLogoutRedirectURIs)
	if at := client.Metadata.BackchannelLogoutURI; at != "" {
		d.blame(a, "backchannel", "registration.backchannel", rules.Endpoint(at))
	}
	if len(d.faults) == 0 {
		d.faults = append(d.faults, a.clientFaults(d.visit, d.service, "addresses", "registration.addresses.oidc")...)
	}
}

// changeMetadata takes new metadata, which may not be of another entity: people
// would be led to a stranger. Without any, what there is stays.
func (a *Room) changeMetadata(d *desk) error {
	before := *d.service.SAML
	typed := d.typed
	if typed["metadata"] == "" && strings.TrimSpace(typed["metadata-url"]) == before.Settings.MetadataURL {
		return nil
	}
	p, err := a.metadata(d.Context(), nil, typed)
	switch {
	case err != nil:
		d.faults = append(d.faults, a.metadataFault(d.visit, typed, err))
		return nil
	case p == nil: // not fetched any more
		before.Settings.MetadataURL, before.Settings.MetadataKeys = "", nil
	case p.EntityID != before.EntityID:
		d.faults = append(d.faults, a.fault(d.visit, "metadata-url", "registration.metadata-url", "metadata-other"))
		return nil
	default:
		before.Metadata = p.Metadata
		before.Settings.MetadataURL, before.Settings.MetadataKeys, before.Settings.Fetched = p.Settings.MetadataURL, p.Settings.MetadataKeys, p.Settings.Fetched
	}
	d.service.SAML = &before
	return nil
}

// addressFaults notes the first thing that is wrong with addresses.
func (a *Room) addressFaults(d *desk, field, label string, all []string) {
	public := d.service.OIDC != nil && d.service.OIDC.Public()
	if len(all) > addressesMax {
		d.faults = append(d.faults, a.fault(d.visit, field, label, "long"))
		return
	}
	for _, one := range all {
		if err := rules.Redirect(one, public); err != nil {
			d.blame(a, field, label, err)
			return
		}
	}
}

func (d *desk) blame(a *Room, field, label string, err error) {
	var fault *rules.Fault
	if !errors.As(err, &fault) {
		return
	}
	if !slices.ContainsFunc(d.faults, func(f themes.Fault) bool { return f.Field == field }) {
		d.faults = append(d.faults, a.fault(d.visit, field, label, fault.Code))
	}
}

// origin reports whether an address is scheme and host, and nothing else.
func origin(address string) bool {
	scheme, host, found := strings.Cut(address, "://")
	return found && (scheme == "https" || scheme == "http") && host != "" && !strings.ContainsAny(host, "/?#@")
}

// lines are what was typed one on a line.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "\n")) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}
