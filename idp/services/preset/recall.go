// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"cmp"
	"regexp"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// The marks around what an address is looked through for. They are of the
// private use area, which no address has.
const (
	markOpen  = "\uE000"
	markClose = "\uE001"
)

var marked = regexp.MustCompile(markOpen + `(\w+?)` + markClose)

// pairing is a template of the preset, and what the service has in its place.
type pairing struct{ template, address string }

// recall finds out with which address and params a service was registered: from
// its addresses, which are made of them. What cannot be found is the default.
// The directory need not keep them, and what was changed by hand counts.
func (p Preset) recall(s directory.Service) facts {
	found := map[string]string{}
	for _, pair := range p.pairings(s) {
		for name, value := range p.match(pair, s) {
			if found[name] == "" {
				found[name] = value
			}
		}
	}
	f := facts{Param: map[string]string{}}
	for _, param := range p.Params {
		f.Param[param.Name] = cmp.Or(found["p_"+param.Name], param.Default)
	}
	f.locate(cmp.Or(found["url"], strings.TrimRight(s.URL, "/")))
	f.describe(s)
	return f
}

// marks are facts with a mark in place of everything that is looked for.
func (p Preset) marks(s directory.Service) facts {
	f := facts{Name: string(s.Name), Collective: string(s.Collective), URL: markOpen + "url" + markClose, Param: map[string]string{}}
	for _, param := range p.Params {
		f.Param[param.Name] = markOpen + "p_" + param.Name + markClose
	}
	return f
}

// match reads the address as the template would have written it.
func (p Preset) match(pair pairing, s directory.Service) map[string]string {
	text, err := expand(pair.template, p.marks(s))
	if err != nil || pair.address == "" || !strings.Contains(text, markOpen) {
		return nil
	}
	form, err := regexp.Compile("^" + marked.ReplaceAllStringFunc(regexp.QuoteMeta(text), p.form) + "$")
	if err != nil {
		return nil
	}
	found := map[string]string{}
	for i, value := range form.FindStringSubmatch(pair.address) {
		if name := form.SubexpNames()[i]; name != "" {
			found[name] = value
		}
	}
	return found
}

// form is the expression for what a mark stands for.
func (p Preset) form(mark string) string {
	name := marked.FindStringSubmatch(mark)[1]
	for _, param := range p.Params {
		if name == "p_"+param.Name {
			return "(?P<" + name + ">" + param.Pattern + ")"
		}
	}
	return "(?P<" + name + ">https?://.+?)"
}

func (p Preset) pairings(s directory.Service) []pairing {
	var out []pairing
	pair := func(templates, addresses []string) {
		for i := range min(len(templates), len(addresses)) {
			out = append(out, pairing{templates[i], addresses[i]})
		}
	}
	switch {
	case p.OIDC != nil && s.OIDC != nil:
		pair(p.OIDC.RedirectURIs, s.OIDC.RedirectURIs)
		pair([]string{p.OIDC.Backchannel, p.OIDC.Frontchannel}, []string{s.OIDC.Metadata.BackchannelLogoutURI, s.OIDC.Metadata.FrontchannelLogoutURI})
	case p.SAML != nil && s.SAML != nil:
		pair([]string{p.SAML.EntityID, p.SAML.MetadataURL}, []string{s.SAML.EntityID, s.SAML.Settings.MetadataURL})
	case p.Discourse != nil && s.Discourse != nil:
		pair(p.Discourse.ReturnURLs, s.Discourse.ReturnURLs)
	case p.Forward != nil && s.Forward != nil:
		pair(p.Forward.Origins, s.Forward.Origins)
	}
	return append(out, pairing{cmp.Or(p.Link, "{{.URL}}"), s.URL})
}
