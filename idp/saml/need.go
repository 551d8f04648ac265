// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/saml/metadata"
)

// wish is what a service wants to be told of whoever comes.
type wish struct {
	only       []string // names on the wire; none: all that its record allows
	identifier bool     // subject-id or pairwise-id
}

// wishOf reads it from the metadata: the attributes of the set that the request
// names, or the default one, or those of its category.
func wishOf(from party, index *int) (wish, *refusal) {
	w := wish{identifier: wantsIdentifier(from)}
	set, found := from.metadata.Attributes(index)
	switch {
	case found:
		for _, one := range set.Requested {
			w.add(one.Name)
		}
	case index != nil && len(from.metadata.AttributeSets) > 0:
		return wish{}, refuse(statusRequester, statusRequestUnsupported, "no such AttributeConsumingService")
	case from.metadata.Category(research):
		w.only = researchBundle()
	}
	return w, nil
}

func (w *wish) add(name string) {
	w.only = append(w.only, name)
	w.identifier = w.identifier || name == subjectID.name || name == pairwiseID.name
}

// wantsIdentifier reports whether the record or the metadata asks for an
// identifier among the attributes. Which one it gets is decided with the answer.
func wantsIdentifier(from party) bool {
	for _, word := range from.settings().Attributes {
		if word == subjectID.friendly || word == pairwiseID.friendly {
			return true
		}
	}
	return slices.ContainsFunc(from.metadata.EntityAttributes[metadata.SubjectIDRequirement], func(value string) bool {
		return value == "subject-id" || value == "pairwise-id" || value == "any"
	})
}

// allowed is what the service's record lets it be told among the attributes.
func allowed(settings directory.SAMLSettings) release.Need {
	var all release.Need
	for _, a := range release.Attributes() {
		if slices.Contains(settings.Attributes, string(a)) {
			all = append(all, a)
		}
	}
	return provenAddress(all)
}

// provenAddress adds to an address whether it is proven: one that is not is no
// address, so whoever needs it needs that as well.
func provenAddress(need release.Need) release.Need {
	if need.Has(release.Mail) && !need.Has(release.MailVerified) {
		need = append(need, release.MailVerified)
	}
	return need
}

// needOf is what the service's record allows of what it asks for, and the
// address that its NameID is made of.
func needOf(settings directory.SAMLSettings, to reply) release.Need {
	var need release.Need
	for _, a := range allowed(settings) {
		if to.reads(a, settings) {
			need = append(need, a)
		}
	}
	if to.Format == metadata.NameIDEmailAddress && !need.Has(release.Mail) {
		need = append(need, release.Mail)
	}
	return provenAddress(need)
}

// reads reports whether an attribute is told under a name that was asked for.
func (r reply) reads(a release.Attribute, settings directory.SAMLSettings) bool {
	name, told := naming(settings)[a]
	if !told {
		return false
	}
	if r.wants(name) {
		return true
	}
	if settings.Names != "oid" {
		return false
	}
	return a == release.Handle && r.wants(principalName) || a == release.Groups && r.wants(scopedAffiliation)
}
