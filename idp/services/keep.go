// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// keep shows how a service is registered and how it does.
func (a *Room) keep(w http.ResponseWriter, v visit) error {
	d, err := a.stand(v)
	if err != nil {
		return err
	}
	d.typed = registered(d.service)
	return a.drawKeep(w, d)
}

// registered is what the forms show of a service as it stands.
func registered(s directory.Service) web.Form {
	form := web.Form{
		"called": s.Title, "about": s.Description, "url": s.URL, "access": string(s.Access), "days": strconv.Itoa(overlapDays),
		"addresses": strings.Join(addressesOf(s), "\n"),
	}
	if s.OIDC != nil {
		form["after-logout"] = strings.Join(s.OIDC.Metadata.PostLogoutRedirectURIs, "\n")
		form["backchannel"] = s.OIDC.Metadata.BackchannelLogoutURI
	}
	if s.SAML != nil {
		form["metadata-url"] = s.SAML.Settings.MetadataURL
	}
	for _, guest := range s.Guests {
		form["guest."+string(guest)] = "yes"
	}
	return form
}

// addressesOf are those that answers may go to, or of which requests are
// guarded. A SAML service provider's are in its metadata.
func addressesOf(s directory.Service) []string {
	switch {
	case s.OIDC != nil:
		return s.OIDC.RedirectURIs
	case s.Discourse != nil:
		return s.Discourse.ReturnURLs
	case s.Forward != nil:
		return s.Forward.Origins
	}
	return nil
}

func addressKind(s directory.Service) string {
	switch {
	case s.OIDC != nil:
		return directory.ProtocolOIDC
	case s.Discourse != nil:
		return directory.ProtocolDiscourse
	case s.Forward != nil:
		return directory.ProtocolForward
	}
	return ""
}

func (a *Room) drawKeep(w http.ResponseWriter, d *desk) error {
	s := d.service
	waits := s.State == directory.PendingApproval && s.OIDC != nil && s.OIDC.Metadata.Registrar != ""
	page := themes.ServiceKeep{
		Manage: a.manage(d.visit, d.collective), Action: servicePath(s, "keep"), Version: s.Version,
		Service: themes.ServiceView{Title: s.Title, Host: hostOf(s.URL)}, Name: string(s.Name), Kind: a.kindOf(s),
		State: string(s.State), Starts: d.starts(), Speaks: called(s.Protocol()), Waits: waits, Decides: waits && d.manages, Facts: a.facts(s),
		Guide: servicePath(s, "guide"), Door: servicePath(s), Trace: servicePath(s, "trace"),
		Secret: preset.Keeps(s), Days: d.typed["days"], Overlap: a.overlap(d),
		Called: d.typed["called"], About: d.typed["about"], URL: d.typed["url"],
		AddressKind: addressKind(s), Addresses: d.typed["addresses"],
		Client: s.OIDC != nil, AfterLogout: d.typed["after-logout"], Backchannel: d.typed["backchannel"],
		SAML: s.SAML != nil, MetadataURL: d.typed["metadata-url"], Metadata: d.typed["metadata"],
		Forum: s.Discourse != nil, HasAPIKey: a.hasAPIKey(s), Confirm: d.typed["confirm"], Open: d.open,
	}
	page.Error, page.Faults = d.wrong, d.faults
	if d.manages {
		others, err := a.others(d.Context(), d.name)
		if err != nil {
			return err
		}
		page.Access, page.Guests = accesses(d.typed["access"]), guests(others, d.typed)
	}
	a.addUse(d, &page)
	return a.show(w, d.visit, d.status(), page)
}

// shownDays are how many days of use a page shows.
const shownDays = 14

// addUse adds how the service does. A store that is away costs that, and not the
// page.
func (a *Room) addUse(d *desk, page *themes.ServiceKeep) {
	uses, err := a.Uses.OfService(d.Context(), d.service.ID, a.Now().AddDate(0, -2, 0))
	if err != nil {
		web.NoteError(d.Context(), err)
	}
	for _, u := range uses[:min(len(uses), shownDays)] {
		page.Uses = append(page.Uses, themes.UseView{Day: a.day(d.visit, u.Day), Count: strconv.Itoa(u.SignOns)})
	}
	told, err := a.Deliveries.Deliveries(d.Context(), d.service.ID)
	if err != nil {
		web.NoteError(d.Context(), err)
		return
	}
	page.Told = a.deliveredView(d.visit, told)
}

func (a *Room) deliveredView(v visit, told logout.Deliveries) themes.DeliveredView {
	count := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	view := themes.DeliveredView{
		Done: count(told.Done), Retrying: count(told.Retrying), GivenUp: count(told.GivenUp), Unsupported: count(told.Unsupported),
		Silent: told.Silent,
	}
	if !told.LastDone.IsZero() {
		view.Last = a.Pages.DateTime(v.lang, told.LastDone)
	}
	return view
}

// called is what the standard calls a protocol, which no language translates.
func called(protocol string) string {
	names := map[string]string{
		directory.ProtocolOIDC: "OpenID Connect", directory.ProtocolSAML: "SAML 2.0", directory.ProtocolDiscourse: "DiscourseConnect",
		directory.ProtocolPhabricator: "Phabricator", directory.ProtocolGitLab: "GitLab",
	}
	return cmp.Or(names[protocol], protocol)
}

// facts are what the other side is told, and is no secret, by the names that
// applications have for it.
func (a *Room) facts(s directory.Service) []themes.FactView {
	at := preset.EndpointsOf(a.Issuer.String(), s)
	all := []themes.FactView{
		{Name: "Discovery URL", Value: at.Discovery}, {Name: "Base URI", Value: at.BaseURI}, {Name: "Metadata URL", Value: at.MetadataURL},
		{Name: "DiscourseConnect URL", Value: at.ConnectURL}, {Name: "Forward-auth URL", Value: at.ForwardURL},
	}
	if s.OIDC != nil {
		all = append(all, themes.FactView{Name: "client_id", Value: string(s.OIDC.ID)})
	}
	if s.SAML != nil {
		all = append(all, themes.FactView{Name: "entityID", Value: s.SAML.EntityID})
	}
	return slices.DeleteFunc(all, func(f themes.FactView) bool { return f.Value == "" })
}

// overlap is until when an older secret is good beside the newest.
func (a *Room) overlap(d *desk) string {
	end := overlapEnd(d.service)
	if !end.After(a.Now()) {
		return ""
	}
	return a.Pages.DateTime(d.lang, end)
}

func overlapEnd(s directory.Service) time.Time {
	if s.Discourse != nil {
		return s.Discourse.Settings.OverlapEnds
	}
	var end time.Time
	for _, old := range secretsOf(s) {
		if old.Expires.After(end) {
			end = old.Expires
		}
	}
	return end
}

func secretsOf(s directory.Service) []directory.ClientSecret {
	switch {
	case s.OIDC != nil:
		return s.OIDC.Secrets
	case s.Forward != nil:
		return s.Forward.Secrets
	}
	return nil
}

// say draws the page with why nothing was done.
func (a *Room) say(ctx context.Context, w http.ResponseWriter, d *desk, cause error, word string) error {
	if cause != nil {
		web.NoteError(ctx, cause)
	}
	d.wrong = "collective.error." + word
	fresh := registered(d.service)
	for name, value := range fresh {
		d.typed[name] = cmp.Or(d.typed[name], value)
	}
	return a.drawKeep(w, d)
}
