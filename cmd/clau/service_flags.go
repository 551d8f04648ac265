// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/services/rules"
)

// serviceFlags are what can be said of a service. What a preset knows need not
// be said; what is said goes before it.
type serviceFlags struct {
	collective, preset, protocol string   // of a new one
	params                       []string // name=value

	title, description, url, access, state, sector string
	guests                                         []string
	public                                         bool

	subjectType, groupFormat string // of several protocols
	attributes, groupNames   []string

	client   clientFlags
	provider providerFlags
	forum    forumFlags
	proxy    proxyFlags
}

// register adds the flags that adding and changing share.
func (f *serviceFlags) register(a *app, c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.title, "title", "", "the name as displayed (default: the short name)")
	flags.StringVar(&f.description, "description", "", "what it is, in a sentence")
	flags.StringVar(&f.access, "access", string(directory.AccessCollective), "to whom it is open: public, collective or group")
	flags.BoolVar(&f.public, "public", false, "open to everybody with an account, as --access public")
	flags.StringArrayVar(&f.guests, "guest", nil, "`collective` whose members may enter too; may be repeated")
	flags.StringVar(&f.sector, "sector", "", "`name` of the group of services that may recognise the same person")
	flags.StringVar(&f.subjectType, "subject-type", "pairwise", "pairwise, or public to give it handles as identifiers")
	flags.StringArrayVar(&f.attributes, "attribute", nil, "`attribute` that it may be given, where no scopes say so; may be repeated")
	flags.StringVar(&f.groupFormat, "group-format", "", "how groups are written for it: array, csv, space, objects or none")
	flags.StringArrayVar(&f.groupNames, "group-name", nil, "`OURS=THEIRS`: what it calls a group of ours, or nothing to keep it from being told; may be repeated")
	f.client.register(flags)
	f.provider.register(flags)
	f.forum.register(flags)
	f.proxy.register(flags)
	c.MarkFlagsMutuallyExclusive("access", "public")
	c.MarkFlagsMutuallyExclusive("auth-method", "public-client")
	words := map[string][]string{
		"access": accessWords(), "subject-type": subjectWords(), "group-format": groupWords(), "attribute": attributeWords(),
	}
	maps.Copy(words, clientWords())
	maps.Copy(words, providerWords())
	a.completeFlags(c, words)
}

func accessWords() []string  { return []string{"public", "collective", "group"} }
func subjectWords() []string { return []string{"pairwise", "public"} }
func groupWords() []string   { return []string{"array", "csv", "space", "objects", "none"} }

func attributeWords() []string {
	var out []string
	for _, a := range release.Attributes() {
		out = append(out, string(a))
	}
	return out
}

// settleAliases gives --public and --public-client their longer meaning.
func (f *serviceFlags) settleAliases() {
	if f.public {
		f.access = string(directory.AccessPublic)
	}
	if f.client.public {
		f.client.authMethod = rules.AuthNone
	}
}

// check finds everything that is wrong with what was said, but for addresses,
// which depend on what it is said of.
func (f *serviceFlags) check(c *cobra.Command) error {
	faults := wordFaults(c.Flags(), map[string][]string{
		"access": accessWords(), "subject-type": subjectWords(), "group-format": groupWords(),
	})
	faults = append(faults, wordFaults(c.Flags(), clientWords())...)
	faults = append(faults, wordFaults(c.Flags(), providerWords())...)
	for _, name := range f.attributes {
		faults = append(faults, wordFault("attribute", name, attributeWords()...))
	}
	for _, quirk := range f.client.quirks {
		faults = append(faults, wordFault("quirk", quirk, quirkWords()...))
	}
	for _, grant := range f.client.grants {
		faults = append(faults, wordFault("grant", grant, rules.GrantCode, rules.GrantRefresh, rules.GrantSelf))
	}
	_, err := pairs("group-name", f.groupNames)
	return errors.Join(append(faults, err, f.urlFault())...)
}

// urlFault names the flag: addresses are of many things.
func (f *serviceFlags) urlFault() error {
	if linkFault(f.url) == nil {
		return nil
	}
	return sayf("--url is %q; write all of it, as https://cloud.example.coop", f.url)
}

// wordFaults holds the flags that were given against the words they may be.
func wordFaults(flags *pflag.FlagSet, words map[string][]string) []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(words)) {
		if one := flags.Lookup(name); one != nil && one.Changed && one.Value.Type() == "string" {
			faults = append(faults, wordFault(name, one.Value.String(), words[name]...))
		}
	}
	return faults
}

func wordFault(flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return sayf("--%s may be %s; %q is none of them", flag, strings.Join(words, ", "), value)
}

// pairs reads name=value.
func pairs(flag string, of []string) (map[string]string, error) {
	if len(of) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	for _, pair := range of {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, sayf("--%s is %q; write NAME=VALUE", flag, pair)
		}
		out[name] = value
	}
	return out, nil
}

func overwrite[T any](c *cobra.Command, flag string, where *T, value T) {
	if c.Flags().Changed(flag) {
		*where = value
	}
}
