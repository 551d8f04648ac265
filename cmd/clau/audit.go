// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/audit"
)

func (a *app) audit() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "the record of who did what",
		Long: `Clau records log-ins, sign-ons, refusals and changes, one line each. Each line
carries a digest of the one before it: a line that was changed, taken away or put in
breaks the chain.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(a.auditVerify())
	return c
}

// auditView is where the chain of a record stands.
type auditView struct {
	File string   `json:"file"`
	From headView `json:"from"` // before the first line
	To   headView `json:"to"`   // after the last
}

type headView struct {
	Line uint64 `json:"line"`
	Sum  string `json:"sum"`
}

func (a *app) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [FILE]",
		Short: "see whether somebody changed the record",
		Long: `Reads the audit log of the configuration, or FILE ("-" is the standard input), and
says where its chain begins and ends. Note the end from time to time, somewhere else:
lines taken away from the end of a file leave no other trace.`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			name, in, err := a.auditFile(args)
			if err != nil {
				return err
			}
			defer in.Close()
			from, to, err := audit.Verify(in)
			if err != nil {
				return sayf("%s: %v", name, err)
			}
			if a.json {
				return a.printJSON(auditView{name, headView(from), headView(to)})
			}
			_, err = fmt.Fprintf(a.out, "%s is whole\n  from line %d  %s\n  to line   %d  %s\n", name, from.Line, from.Sum, to.Line, to.Sum)
			return err
		},
	}
}

func (a *app) auditFile(args []string) (string, io.ReadCloser, error) {
	if len(args) > 0 && args[0] == "-" {
		return "standard input", a.in, nil
	}
	var name string
	if len(args) > 0 {
		name = args[0]
	} else {
		s, err := a.settings()
		if err != nil {
			return "", nil, err
		}
		name = s.Log.AuditFile
	}
	f, err := os.Open(name)
	if err != nil {
		return name, nil, sayf("%s cannot be read: %v", name, cause(err))
	}
	return name, f, nil
}
