// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
)

func (a *app) collectivePolicy() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "what services may learn of a collective's people, and why",
		Long: `The policy of a collective says, for all services and for each, what people must
give, what they may keep back and what never leaves; why, and for how long; and to
which services the assembly has agreed. Managers write it at /collectives/NAME/policy.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(a.policyShow(), a.policySet())
	return c
}

func (a *app) policyShow() *cobra.Command {
	var asTOML bool
	c := &cobra.Command{
		Use:               "show NAME",
		Short:             "print the policy, as TOML or as JSON",
		Long:              `Prints what "clau collective policy set" reads: TOML, or JSON with --json.`,
		Example:           `  clau collective policy show ateneu > ateneu.toml`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
	}
	c.Flags().BoolVar(&asTOML, "toml", false, "print TOML (the default)")
	c.RunE = a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
		if asTOML && a.json {
			return misused(c, errors.New("either --toml or --json"))
		}
		return a.showPolicy(ctx, d, directory.CollectiveName(args[0]))
	})
	return c
}

func (a *app) showPolicy(ctx context.Context, d directory.Backend, name directory.CollectiveName) error {
	c, err := findCollective(ctx, d, name)
	if err != nil {
		return err
	}
	if len(c.Policy) == 0 {
		fmt.Fprintf(a.err, "%s has written no policy; this is what holds without one\n", name)
	}
	p, err := consent.ParsePolicy(c.Policy, consent.JSON)
	if err != nil {
		return sayf("the directory holds a policy of %s that cannot be read; nobody enters services in its name before another is set\n%s",
			name, eachFault("the directory", err))
	}
	format := consent.TOML
	if a.json {
		format = consent.JSON
	}
	text, err := p.Encode(format)
	if err != nil {
		return err
	}
	_, err = a.out.Write(text)
	return err
}

func (a *app) policySet() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "set NAME --file FILE",
		Short: "write the policy",
		Long: `Puts what FILE says in the place of the whole policy; "-" is the standard input. It
is TOML, or JSON if it begins with a brace. An empty file takes the policy away, and
what holds without one holds. With anything wrong in it nothing is changed, and
everything wrong is told with its line.`,
		Example: `  clau collective policy show ateneu > ateneu.toml
  clau collective policy set ateneu --file ateneu.toml`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeCollective(),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			return a.setPolicy(ctx, d, directory.CollectiveName(args[0]), name)
		}),
	}
	c.Flags().StringVarP(&name, "file", "f", "", "`file` with the policy (needed)")
	_ = c.MarkFlagRequired("file")
	return c
}

func (a *app) setPolicy(ctx context.Context, d directory.Backend, name directory.CollectiveName, file string) error {
	text, err := a.read(file)
	if err != nil {
		return err
	}
	if _, err := findCollective(ctx, d, name); err != nil {
		return err
	}
	p, err := consent.ParsePolicy(text, formatOf(text))
	if err != nil {
		return sayf("nothing was changed\n%s", eachFault(file, err))
	}
	kept, err := policyEntry(p)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		kept = nil
	}
	if err := d.ChangeCollective(ctx, directory.System(), name, directory.CollectiveChange{Policy: &kept}); err != nil {
		return err
	}
	if err := a.warnOfStrangers(ctx, d, p); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "policy of %s set\n", name)
	return a.showPolicy(ctx, d, name)
}

// formatOf tells the formats apart: no TOML begins with a brace.
func formatOf(text []byte) consent.Format {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return consent.JSON
	}
	return consent.TOML
}

// policyEntry is a policy as the directory keeps it.
func policyEntry(p consent.Policy) ([]byte, error) {
	text, err := p.Encode(consent.JSON)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, err
	}
	if b.Len() > directory.PolicyMax {
		return nil, sayf("nothing was changed: the policy takes %d bytes in the directory, and %d is the most", b.Len(), directory.PolicyMax)
	}
	return b.Bytes(), nil
}

// eachFault lists what is wrong, with the file before the line as compilers do.
func eachFault(file string, err error) string {
	var faults consent.Faults
	if !errors.As(err, &faults) {
		return err.Error()
	}
	if file == "-" {
		file = "standard input"
	}
	out := make([]string, len(faults))
	for i, f := range faults {
		out[i] = printable(file + ": " + f.String())
	}
	return strings.Join(out, "\n")
}

// warnOfStrangers names services that nobody knows: one may come yet, or the
// name was mistyped and the rule holds for nobody.
func (a *app) warnOfStrangers(ctx context.Context, d directory.Backend, p consent.Policy) error {
	for _, name := range slices.Sorted(maps.Keys(p.Services)) {
		_, err := d.ServiceByName(ctx, name)
		if errors.Is(err, directory.ErrNotFound) {
			fmt.Fprintf(a.err, "note: there is no service %q (yet)\n", name)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readMax is more than anything that commands read at once.
const readMax = 1 << 20

// read returns what a file holds; "-" is the standard input.
func (a *app) read(name string) ([]byte, error) {
	in := io.Reader(a.in)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, sayf("%s cannot be read: %v", name, cause(err))
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, readMax+1))
	switch {
	case err != nil:
		return nil, sayf("%s cannot be read: %v", name, cause(err))
	case len(text) > readMax:
		return nil, sayf("%s is too long", name)
	}
	return text, nil
}
