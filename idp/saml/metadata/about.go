// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"net/url"
	"strconv"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// entityAttributes reads what a federation says of the entity
// (sstc-metadata-attr-v1.0). An attribute may be told in parts.
func entityAttributes(extensions *etree.Element) map[string][]string {
	found := map[string][]string{}
	for _, list := range xmlsig.Children(extensions, nsAttr, "EntityAttributes") {
		for _, attribute := range xmlsig.Children(list, nsSAML, "Attribute") {
			name, _ := xmlsig.Attr(attribute, "Name")
			if len(found) < most {
				found[clip(name)] = append(found[clip(name)], valuesOf(attribute)...)
			}
		}
	}
	return found
}

func valuesOf(attribute *etree.Element) []string {
	var values []string
	for _, value := range xmlsig.Children(attribute, nsSAML, "AttributeValue") {
		if len(values) < most {
			values = append(values, clip(xmlsig.Text(value)))
		}
	}
	return values
}

// attributeSets reads what the service would like to be told
// (saml-metadata-2.0-os section 2.4.4.1).
func (r *reader) attributeSets(role *etree.Element) {
	for _, el := range xmlsig.Children(role, nsMD, "AttributeConsumingService") {
		if len(r.provider.AttributeSets) >= most {
			r.fault("too-many", "AttributeConsumingService")
			return
		}
		index, _ := r.index(el)
		r.provider.AttributeSets = append(r.provider.AttributeSets, AttributeSet{
			Index:     index,
			Default:   r.boolean(el, "isDefault"),
			Names:     words(el, nsMD, "ServiceName", plain),
			Requested: r.requested(el),
		})
	}
}

func (r *reader) requested(set *etree.Element) []Requested {
	var all []Requested
	for _, el := range xmlsig.Children(set, nsMD, "RequestedAttribute") {
		if len(all) >= endpointsMax {
			r.fault("too-many", "RequestedAttribute")
			break
		}
		a := Requested{Required: r.boolean(el, "isRequired"), Values: valuesOf(el)}
		a.Name, _ = xmlsig.Attr(el, "Name")
		a.NameFormat, _ = xmlsig.Attr(el, "NameFormat")
		a.FriendlyName, _ = xmlsig.Attr(el, "FriendlyName")
		a.Name, a.NameFormat, a.FriendlyName = clip(a.Name), clip(a.NameFormat), clip(a.FriendlyName)
		all = append(all, a)
	}
	return all
}

// interfaces reads how the service is shown to people. Of several roles the
// first that says something is heard.
func (r *reader) interfaces(extensions *etree.Element) {
	info := xmlsig.Child(extensions, nsUI, "UIInfo")
	if info == nil || len(r.provider.UI.Names) > 0 {
		return
	}
	r.provider.UI = UI{
		Names:        words(info, nsUI, "DisplayName", plain),
		Descriptions: words(info, nsUI, "Description", plain),
		Information:  words(info, nsUI, "InformationURL", r.link),
		Privacy:      words(info, nsUI, "PrivacyStatementURL", r.link),
		Logos:        r.logos(info),
	}
}

func (r *reader) logos(info *etree.Element) []Logo {
	var logos []Logo
	for _, el := range xmlsig.Children(info, nsUI, "Logo") {
		address := xmlsig.Text(el)
		if len(logos) >= most || !webAddress(address) {
			continue // data: is a picture here, and common; Clau shows neither
		}
		logo := Logo{URL: address}
		width, _ := xmlsig.Attr(el, "width")
		height, _ := xmlsig.Attr(el, "height")
		logo.Width, _ = strconv.Atoi(width)
		logo.Height, _ = strconv.Atoi(height)
		logo.Language, _ = xmlsig.AttrNS(el, nsXML, "lang")
		logos = append(logos, logo)
	}
	return logos
}

func (r *reader) organization(el *etree.Element) Organization {
	return Organization{
		Names:        words(el, nsMD, "OrganizationName", plain),
		DisplayNames: words(el, nsMD, "OrganizationDisplayName", plain),
		URLs:         words(el, nsMD, "OrganizationURL", r.link),
	}
}

// link is an address that a person may be shown as a link, or "". Sloppy ones
// are passed over; a script in that place is no mistake.
func (r *reader) link(address string) string {
	if script(address) {
		r.fault("address-script", address)
	}
	if !webAddress(address) {
		return ""
	}
	return address
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && len(address) <= addressMax
}
