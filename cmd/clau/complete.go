// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// completer offers names to the shell.
type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeTime is how long a shell is kept waiting for names.
const completeTime = time.Second

// completeNames offers what list finds, to the first argument or, with many,
// to all. A directory that cannot be read offers nothing, in silence: the shell
// has no place for a complaint.
func (a *app) completeNames(many bool, list func(context.Context, directory.Backend) []string) completer {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !many {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.offer(c, begun, list), cobra.ShellCompDirectiveNoFileComp
	}
}

func (a *app) offer(c *cobra.Command, begun string, list func(context.Context, directory.Backend) []string) []string {
	s, err := a.settings()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Context(), completeTime)
	defer cancel()
	var names []string
	_ = a.within(ctx, s, func(ctx context.Context, d directory.Backend) error {
		for _, name := range list(ctx, d) {
			if strings.HasPrefix(name, begun) {
				names = append(names, name)
			}
		}
		return nil
	})
	return names
}

func peopleNames(ctx context.Context, d directory.Backend) []string {
	var names []string
	for p, err := range d.ListPeople(ctx, directory.PersonFilter{}) {
		if err != nil {
			break
		}
		names = append(names, string(p.Handle)+"\t"+p.Name)
	}
	return names
}

func collectiveNames(ctx context.Context, d directory.Backend) []string {
	var names []string
	for c, err := range d.ListCollectives(ctx) {
		if err != nil {
			break
		}
		names = append(names, string(c.Name)+"\t"+c.Title)
	}
	return names
}

func serviceNames(ctx context.Context, d directory.Backend) []string {
	var names []string
	for s, err := range d.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			break
		}
		names = append(names, string(s.Name)+"\t"+s.Title)
	}
	return names
}

func (a *app) completePerson() completer     { return a.completeNames(false, peopleNames) }
func (a *app) completeCollective() completer { return a.completeNames(false, collectiveNames) }
func (a *app) completeService() completer    { return a.completeNames(false, serviceNames) }

// completeMembership offers a collective first, then people.
func (a *app) completeMembership() completer {
	return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return a.offer(c, begun, collectiveNames), cobra.ShellCompDirectiveNoFileComp
		}
		return a.offer(c, begun, peopleNames), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeWords offers fixed words to a flag, and collectives to the flags that
// take one.
func (a *app) completeFlags(c *cobra.Command, words map[string][]string) {
	for flag, values := range words {
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	for _, flag := range []string{"collective", "manager", "guest"} {
		if f := c.Flags().Lookup(flag); f != nil && f.Value.Type() != "bool" {
			_ = c.RegisterFlagCompletionFunc(flag, a.completeNames(true, collectiveNames))
		}
	}
}
