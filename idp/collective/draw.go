// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

// fullServices is how many services have all of their fields on the page. Of
// more, only those that something is written about and the one in the preview
// do: the form of a large federation would be larger than a request may be.
const fullServices = 20

// drawing is a sheet with what stands in it.
type drawing struct {
	*sheet
	typed
	faults  []themes.Fault
	preview directory.ServiceName // which service the previews are of
}

// page is the form, without what makes it somebody's.
func (d drawing) page() themes.Policy {
	page := themes.Policy{
		Remember: d.typed["remember"], Privacy: d.typed["privacy"],
		Anonymous: d.typed["anonymous"] != "", Pseudonyms: d.typed["pseudonyms"] != "",
		Intro: d.texts("intro"), Rules: d.rules(""),
	}
	for _, s := range d.services {
		page.Services = append(page.Services, d.service(s))
	}
	return page
}

func (d drawing) service(s directory.Service) themes.ServicePolicyView {
	name := serviceName(s)
	view := themes.ServicePolicyView{
		Title: s.Title, Value: string(s.Name), Name: name,
		Agreed: d.typed[name+".agreed"], Minutes: d.typed[name+".minutes"],
		Anonymous: d.typed[name+".anonymous"], Pseudonyms: d.typed[name+".pseudonyms"],
		Shown: s.Name == d.preview,
	}
	view.Open = d.open(name+".", name+"~")
	if len(d.services) <= fullServices || view.Open || view.Shown {
		view.Purpose, view.Rules = d.texts(name+".purpose"), d.rules(name)
	}
	return view
}

func (d drawing) rules(service string) []themes.RuleView {
	var out []themes.RuleView
	for _, attribute := range attributes() {
		name := ruleName(service, attribute)
		out = append(out, themes.RuleView{
			Attribute: string(attribute), Name: name, Need: d.typed[name+".need"],
			Purpose: d.texts(name + ".purpose"), Keep: d.texts(name + ".keep"),
			AskOnChange: d.typed[name+".change"] != "", Open: d.open(name + "."),
		})
	}
	return out
}

func (d drawing) texts(field string) []themes.TextView {
	var out []themes.TextView
	for _, l := range d.languages {
		name := field + "." + l.Tag
		out = append(out, themes.TextView{Name: name, Lang: l.Tag, Language: l.Name, Value: d.typed[name]})
	}
	return out
}

// open reports whether something is written, or wrong, in one of the fields
// that begin so.
func (d drawing) open(beginnings ...string) bool {
	for _, begins := range beginnings {
		for field, value := range d.typed {
			if value != "" && strings.HasPrefix(field, begins) {
				return true
			}
		}
		for _, f := range d.faults {
			if strings.HasPrefix(f.Field, begins) {
				return true
			}
		}
	}
	return false
}
