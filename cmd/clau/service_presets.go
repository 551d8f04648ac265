// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/services/preset"
)

// presetView is a preset as commands print it.
type presetView struct {
	Preset    string      `json:"preset"`
	Aliases   []string    `json:"aliases,omitempty"`
	Title     string      `json:"title"`
	About     string      `json:"about"`
	Protocol  string      `json:"protocol"`
	Needs     []string    `json:"needs"`
	NeedsMail bool        `json:"needs_mail,omitempty"`
	Logout    string      `json:"logout"` // closes, token-dies or stays
	Params    []paramView `json:"params,omitempty"`
	Address   bool        `json:"needs_url"`
}

type paramView struct {
	Name    string `json:"name"`
	Default string `json:"default,omitempty"`
	About   string `json:"about"`
}

func (a *app) servicePresets() *cobra.Command {
	var lang string
	c := &cobra.Command{
		Use:   "presets",
		Short: "list the applications that Clau knows how to register",
		Long: `Lists the applications that Clau knows how to register: by "clau service add NAME
--preset PRESET --url ADDRESS", and with --param NAME=VALUE for what else may be said.

` + logoutWords + `

PARAMS are values that stand in the application's addresses, such as what it calls
Clau. Those with a star must be given; --json tells what each of them is.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			library, err := preset.Load()
			if err != nil {
				return err
			}
			return a.printPresets(library.All(), lang)
		},
	}
	c.Flags().StringVar(&lang, "lang", ownLanguage(), "language: ca, es or en")
	a.completeFlags(c, map[string][]string{"lang": preset.Languages()})
	return c
}

const logoutWords = `LOG-OUT is what becomes of a session at the application when somebody logs out of Clau:
  closes       it ends at once
  token-dies   it ends when the application next renews its token, after a while
  stays        it goes on: people must log out there too
A star: once Clau was given what the guide says.`

func (a *app) printPresets(presets []preset.Preset, lang string) error {
	views := []presetView{}
	rows := [][]string{}
	for _, p := range presets {
		v := viewPreset(p, lang)
		views = append(views, v)
		var params []string
		for _, param := range v.Params {
			if param.Default == "" {
				param.Name += "*"
			}
			params = append(params, param.Name)
		}
		if p.LogoutIf != nil {
			v.Logout += "*" // for people alone
		}
		rows = append(rows, []string{v.Preset, v.Title, v.Protocol, v.Logout, strings.Join(params, " ")})
	}
	if a.json {
		return a.printJSON(views)
	}
	if err := a.printTable([]string{"PRESET", "APPLICATION", "PROTOCOL", "LOG-OUT", "PARAMS"}, rows); err != nil {
		return err
	}
	fmt.Fprintln(a.err, "\n"+logoutWords+"\nPARAMS may be given by --param NAME=VALUE; those with a star must be.")
	return nil
}

func viewPreset(p preset.Preset, lang string) presetView {
	v := presetView{
		Preset: p.Name, Aliases: p.Aliases, Title: p.Title, About: p.About.In(lang), Protocol: p.Protocol(),
		Needs: []string{}, NeedsMail: p.NeedsMail, Logout: string(p.Logout), Address: !p.NoAddress,
	}
	for _, a := range p.Needs {
		v.Needs = append(v.Needs, string(a))
	}
	for _, param := range p.Params {
		v.Params = append(v.Params, paramView{param.Name, param.Default, param.About.In(lang)})
	}
	return v
}

func findPreset(name string) (preset.Preset, error) {
	library, err := preset.Load()
	if err != nil {
		return preset.Preset{}, err
	}
	if p, ok := library.Find(name); ok {
		return p, nil
	}
	if near := library.Near(name); len(near) > 0 {
		return preset.Preset{}, sayf(`there is no preset %q; there is %s`, name, strings.Join(near, ", "))
	}
	return preset.Preset{}, sayf(`there is no preset %q; "clau service presets" lists those there are`, name)
}

// presetNames are offered to shells. A library that cannot be read offers none.
func presetNames() []string {
	library, err := preset.Load()
	if err != nil {
		return nil
	}
	return slices.Clone(library.Names())
}
