// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/release"
)

// profile is what a forum is told of a person, under Discourse's own names.
// There is no admin and no moderator among them: "false" would demote those whom
// the forum itself appointed.
func (f forum) profile(subject string, told release.Release) url.Values {
	said := url.Values{
		"external_id":              {subject},
		"suppress_welcome_message": {"false"},
	}
	address, activation := addressOf(subject, told)
	said.Set("email", address)
	said.Set("require_activation", strconv.FormatBool(activation))
	for field, a := range map[string]release.Attribute{"username": release.Handle, "name": release.Name} {
		if value, _ := told[a].(string); value != "" {
			said.Set(field, value)
		}
	}
	if tag, _ := told[release.Language].(string); tag != "" {
		said.Set("locale", strings.ReplaceAll(tag, "-", "_")) // pt_BR
	}
	if groups := release.GroupList(told); groups != nil {
		f.addGroups(said, groups)
	}
	return said
}

// addressOf is the address that the forum is given, and whether it must find out
// first that it is the person's.
func addressOf(subject string, told release.Release) (address string, activation bool) {
	address, _ = told[release.Mail].(string)
	if address == "" {
		return subject + "@" + pseudonym.NoMail, false
	}
	proven, _ := told[release.MailVerified].(bool)
	return address, !proven && !strings.HasSuffix(address, ".invalid")
}

// addGroups says which groups the person is in. With full_groups the forum takes
// them out of every other, also those that Clau knows nothing of.
func (f forum) addGroups(said url.Values, groups []string) {
	groups = slices.DeleteFunc(slices.Clone(groups), unlisted)
	if f.Settings.FullGroups {
		said.Set("groups", strings.Join(groups, ","))
		return
	}
	remove := slices.DeleteFunc(f.managed(), func(name string) bool {
		return slices.ContainsFunc(groups, func(in string) bool { return strings.EqualFold(in, name) })
	})
	for field, names := range map[string][]string{"add_groups": groups, "remove_groups": remove} {
		if len(names) > 0 {
			said.Set(field, strings.Join(names, ","))
		}
	}
}

// managed are the groups of the forum that follow what Clau says: those of the
// collectives that it is open to, and all that its record names. A role's group
// that the record does not name is added, and nobody is taken out of it.
func (f forum) managed() []string {
	names := f.Settings.GroupNames
	var all []string
	for _, theirs := range names {
		all = append(all, theirs)
	}
	for _, c := range append(slices.Clone(f.service.Guests), f.service.Collective) {
		if _, renamed := names[string(c)]; !renamed {
			all = append(all, string(c))
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), unlisted)
}

// unlisted are names that cannot stand in a list: the forum divides it at commas.
func unlisted(name string) bool { return name == "" || strings.Contains(name, ",") }
