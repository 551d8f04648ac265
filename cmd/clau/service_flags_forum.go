// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

// forumFlags are what can be said of a forum with Discourse's own log-in.
type forumFlags struct {
	returnURLs          []string
	apiKeyFile, apiUser string
	fullGroups          bool
}

func (f *forumFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.returnURLs, "return-url", nil, "`address` of a forum that answers go to; may be repeated")
	flags.StringVar(&f.apiKeyFile, "api-key-file", "", "`file` with a key of the forum's API, which closes sessions there; - for standard input")
	flags.StringVar(&f.apiUser, "api-user", "", "`name` whose key it is (default system)")
	flags.BoolVar(&f.fullGroups, "full-groups", false, "it takes all groups from Clau (discourse_connect_overrides_groups)")
}

func forumFlagNames() []string {
	return []string{"return-url", "api-key-file", "api-user", "full-groups"}
}

func (a *app) applyForum(c *cobra.Command, f *forumFlags, m preset.Minter, s *directory.Service) error {
	if c.Flags().Changed("return-url") {
		if err := m.SetReturnURLs(s, f.returnURLs); err != nil {
			return err
		}
	}
	overwrite(c, "api-user", &s.Discourse.Settings.APIUser, f.apiUser)
	overwrite(c, "full-groups", &s.Discourse.Settings.FullGroups, f.fullGroups)
	if len(s.Discourse.ReturnURLs) == 0 {
		return said("a forum needs an address that answers go to; add --return-url")
	}
	if !c.Flags().Changed("api-key-file") {
		return nil
	}
	key, err := a.readSecret(f.apiKeyFile)
	if err != nil {
		return err
	}
	return m.SetAPIKey(s, key)
}

// readSecret reads what must not stand on a command line, where others see it.
func (a *app) readSecret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := a.read(file)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(text))
	if key == "" || strings.ContainsFunc(key, control) {
		return "", said("there is no key: one line of characters is expected")
	}
	return key, nil
}

func control(r rune) bool { return r < 0x21 || r >= 0x7f && r < 0xa0 }
