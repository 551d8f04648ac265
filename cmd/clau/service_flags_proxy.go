// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
)

// proxyFlags are what can be said of an application behind a proxy.
type proxyFlags struct{ origins, rules []string }

func (f *proxyFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.origins, "origin", nil, "`address` of an application behind a proxy, as https://wiki.example.coop; may be repeated")
	flags.StringArrayVar(&f.rules, "rule", nil, "`\"PREFIX WHO...\"`: who may reach paths there; WHO is open, collective:NAME or group:NAME; may be repeated")
}

func proxyFlagNames() []string { return []string{"origin", "rule"} }

func (f *proxyFlags) apply(c *cobra.Command, p *directory.ForwardAuth) error {
	var rules []directory.ForwardRule
	for _, text := range f.rules {
		rule, err := parseRule(text)
		if err != nil {
			return err
		}
		rules = append(rules, rule)
	}
	for _, origin := range f.origins {
		if err := originFault(origin); err != nil {
			return err
		}
	}
	overwrite(c, "origin", &p.Origins, f.origins)
	overwrite(c, "rule", &p.Rules, rules)
	if len(p.Origins) == 0 {
		return said("an application behind a proxy needs its address; add --origin")
	}
	return nil
}

// parseRule reads "/admin group:ateneu.admin collective:horta" or "/fonts open".
func parseRule(text string) (directory.ForwardRule, error) {
	words := strings.Fields(text)
	if len(words) < 2 || !strings.HasPrefix(words[0], "/") {
		return directory.ForwardRule{}, sayf(`--rule is %q; write as "/admin group:ateneu.admin"`, text)
	}
	rule := directory.ForwardRule{Prefix: words[0]}
	for _, word := range words[1:] {
		kind, name, _ := strings.Cut(word, ":")
		switch {
		case word == "open" && len(words) == 2:
			rule.Open = true
		case kind == "collective" && directory.CollectiveName(name).Valid():
			rule.Collectives = append(rule.Collectives, directory.CollectiveName(name))
		case kind == "group" && name != "":
			rule.Groups = append(rule.Groups, name)
		default:
			return rule, sayf("--rule %q: %q is not open alone, collective:NAME or group:NAME", text, word)
		}
	}
	return rule, nil
}

func ruleText(r directory.ForwardRule) string {
	words := []string{r.Prefix}
	if r.Open {
		words = append(words, "open")
	}
	for _, name := range r.Collectives {
		words = append(words, "collective:"+string(name))
	}
	for _, name := range r.Groups {
		words = append(words, "group:"+name)
	}
	return strings.Join(words, " ")
}

func originFault(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || value != u.Scheme+"://"+u.Host {
		return sayf("%q is no origin; write as https://wiki.example.coop, without a path", value)
	}
	if u.Scheme == "https" || u.Scheme == "http" && config.Loopback(u.Hostname()) {
		return nil
	}
	return sayf("%q must be https; http is for localhost alone", value)
}
