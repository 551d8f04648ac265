// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
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
	c.AddCommand(a.auditVerify(), a.auditPerson())
	return c
}

// auditView is where the chain of a record stands.
type auditView struct {
	File  string    `json:"file"`
	Files []string  `json:"files,omitempty"` // of all months, in the order of the chain
	Since time.Time `json:"since,omitzero"`  // of the first line
	Whole bool      `json:"whole"`           // nothing is missing before it
	From  headView  `json:"from"`            // before the first line
	To    headView  `json:"to"`              // after the last
}

type headView struct {
	Line uint64 `json:"line"`
	Sum  string `json:"sum"`
}

func (a *app) auditVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [FILE]",
		Short: "see whether somebody changed the record",
		Long: `Reads the audit log of the configuration with the months before, or FILE alone ("-"
is the standard input), and says where its chain begins and ends. Note the end from time to time, somewhere else:
lines taken away from the end of a file leave no other trace.`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := a.verified(args)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(v)
			}
			return a.printVerified(v)
		},
	}
}

func (a *app) verified(args []string) (auditView, error) {
	if len(args) == 0 {
		return a.verifiedRecord()
	}
	name, in, err := a.auditFile(args[0])
	if err != nil {
		return auditView{}, err
	}
	defer in.Close()
	from, to, err := audit.Verify(in)
	if err != nil {
		return auditView{}, sayf("%s: %v", name, err)
	}
	return auditView{File: name, Whole: true, From: headView(from), To: headView(to)}, nil
}

func (a *app) verifiedRecord() (auditView, error) {
	s, err := a.settings()
	if err != nil {
		return auditView{}, err
	}
	name := s.Log.AuditFile
	span, err := audit.VerifyRecord(name)
	if err != nil {
		return auditView{}, sayf("%s: %v", name, err)
	}
	return auditView{name, span.Files, span.Since, span.Whole, headView(span.From), headView(span.To)}, nil
}

func (a *app) printVerified(v auditView) error {
	fmt.Fprintf(a.out, "%s is whole\n  from line %d  %s\n  to line   %d  %s\n", v.File, v.From.Line, v.From.Sum, v.To.Line, v.To.Sum)
	if !v.Since.IsZero() {
		fmt.Fprintf(a.out, "  since     %s, in %d files\n", v.Since.Local().Format("2006-01-02 15:04"), len(v.Files))
	}
	if !v.Whole {
		fmt.Fprintln(a.err, "what was before its first line is missing, and the record does not say that its time was over")
	}
	return nil
}

func (a *app) auditPerson() *cobra.Command {
	return &cobra.Command{
		Use:               "person HANDLE",
		Short:             "list what is on record about a person",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
				p, err := findPerson(ctx, d, args[0])
				if err != nil {
					return err
				}
				events, err := recordReader{s.Log.AuditFile}.newest(audit.Filter{Person: p.ID}, math.MaxInt)
				if err != nil {
					return err
				}
				return a.printEvents(events)
			})
		},
	}
}

func (a *app) printEvents(events []audit.Event) error {
	if a.json {
		return a.printJSON(events)
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		rows[i] = []string{e.At.Local().Format("2006-01-02 15:04:05"), string(e.Kind), e.Reason, string(e.Collective), string(e.Actor)}
	}
	return a.printTable([]string{"WHEN", "WHAT", "WHY", "COLLECTIVE", "BY"}, rows)
}

func (a *app) auditFile(name string) (string, io.ReadCloser, error) {
	if name == "-" {
		return "standard input", a.in, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return name, nil, sayf("%s cannot be read: %v", name, cause(err))
	}
	return name, f, nil
}
