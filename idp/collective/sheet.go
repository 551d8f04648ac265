// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"cmp"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/themes"
)

// entry is a field of the form, and where what it says stands in the document.
type entry struct {
	field string   // name and id of the element
	path  []string // in the document
	kind  kind
	sign  string // of what is only sent when ticked: a field that is sent whenever it was drawn
	label string // where it is, for people
}

// sheet is all that the form has fields for. One table leads in every direction:
// from the policy to the page, from what was typed to the policy, and from what
// is wrong there back to the field.
type sheet struct {
	lang      string
	languages []themes.Language
	say       func(key string) string
	services  []directory.Service
	entries   []entry
}

func (a *Room) sheet(v visit, services []directory.Service) *sheet {
	s := &sheet{
		lang: v.lang, languages: a.Pages.Languages(), services: services,
		say: func(key string) string { return a.Pages.Text(v.lang, key) },
	}
	s.add(entry{field: "remember", path: []string{"remember_days"}, kind: number, label: s.say("policy.remember")})
	s.add(entry{field: "privacy", path: []string{"privacy_url"}, kind: line, label: s.say("policy.privacy")})
	s.add(entry{field: "pseudonyms", path: []string{"pseudonyms"}, kind: tick, sign: "remember"})
	s.add(entry{field: "anonymous", path: []string{"anonymous"}, kind: tick, sign: "remember"})
	s.texts("intro", []string{"intro"}, s.say("policy.intro"))
	for _, attribute := range attributes() {
		s.rule(ruleName("", attribute), nil, attribute, "")
	}
	for _, service := range services {
		s.service(service)
	}
	return s
}

func (s *sheet) add(e entry) { s.entries = append(s.entries, e) }

func (s *sheet) texts(field string, path []string, label string) {
	for _, l := range s.languages {
		s.add(entry{field: field + "." + l.Tag, path: below(path, l.Tag), kind: line, label: label + " – " + l.Name})
	}
}

func (s *sheet) rule(name string, path []string, attribute release.Attribute, of string) {
	path = below(path, "attributes", string(attribute))
	of += s.say("attribute."+string(attribute)) + ": "
	s.add(entry{field: name + ".need", path: below(path, "need"), kind: line, label: of + s.say("policy.need")})
	s.texts(name+".purpose", below(path, "purpose"), of+s.say("policy.purpose"))
	s.texts(name+".keep", below(path, "keep"), of+s.say("policy.keep"))
	s.add(entry{field: name + ".change", path: below(path, "ask_on_change"), kind: tickOnly, sign: name + ".need"})
}

func (s *sheet) service(of directory.Service) {
	name, path, title := serviceName(of), []string{"services", string(of.Name)}, of.Title+" – "
	s.add(entry{field: name + ".agreed", path: below(path, "agreed", "on"), kind: line, label: title + s.say("policy.agreed-date")})
	s.add(entry{field: name + ".minutes", path: below(path, "agreed", "minutes"), kind: line, label: title + s.say("policy.minutes")})
	s.add(entry{field: name + ".pseudonyms", path: below(path, "pseudonyms"), kind: either, label: title + s.say("policy.service-pseudonyms")})
	s.add(entry{field: name + ".anonymous", path: below(path, "anonymous"), kind: either, label: title + s.say("policy.service-anonymous")})
	s.texts(name+".purpose", below(path, "purpose"), title+s.say("policy.service-purpose"))
	for _, attribute := range attributes() {
		s.rule(ruleName(name, attribute), path, attribute, title)
	}
}

// attributes are those that a policy has rules about.
func attributes() []release.Attribute {
	return slices.DeleteFunc(release.Attributes(), func(a release.Attribute) bool { return a.Decided() != a })
}

func serviceName(s directory.Service) string { return "service." + string(s.Name) }

// ruleName begins the names of a rule's fields. The tilde is in no service's
// name, while "service.agora.email" might be a service's whole name.
func ruleName(service string, attribute release.Attribute) string {
	if service == "" {
		return "rule." + string(attribute)
	}
	return service + "~" + string(attribute)
}

func below(path []string, steps ...string) []string { return slices.Concat(path, steps) }

// concerning returns the services that the collective's people may enter in its
// name, its own first.
func concerning(all []directory.Service, name directory.CollectiveName) []directory.Service {
	var out []directory.Service
	for _, s := range all {
		reaches := s.Access == directory.AccessPublic || s.Collective == name || slices.Contains(s.Guests, name)
		if s.State == directory.Active && reaches {
			out = append(out, s)
		}
	}
	foreign := func(s directory.Service) int {
		if s.Collective == name {
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(x, y directory.Service) int {
		return cmp.Or(foreign(x)-foreign(y), strings.Compare(x.Title, y.Title), strings.Compare(string(x.Name), string(y.Name)))
	})
	return out
}
