// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/account/export"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

func (a *app) personExport() *cobra.Command {
	var to, lang string
	c := &cobra.Command{
		Use:   "export HANDLE",
		Short: "write everything that is kept of a person into one file",
		Long: `Writes the file that people get on their own page: a .zip with export.json, for
programs, and index.html, to read. What happened with the account is from the audit
log of this machine. In which browsers somebody is logged in only the running Clau
knows: their own page tells it, this file does not.`,
		Example:           `  clau person export marta --to marta.zip`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completePerson(),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
				return a.exportPerson(ctx, s, d, args[0], to, lang)
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "`file` to write (default: HANDLE-DATE.zip; - is the standard output)")
	c.Flags().StringVar(&lang, "lang", "", "`language` of index.html (default: the person's)")
	a.completeFlags(c, map[string][]string{"lang": {"ca", "es", "en"}})
	return c
}

func (a *app) exportPerson(ctx context.Context, s config.Settings, d directory.Backend, login, to, lang string) error {
	p, err := findPerson(ctx, d, login)
	if err != nil {
		return err
	}
	maker, err := a.exportMaker(s, d)
	if err != nil {
		return err
	}
	if lang == "" {
		lang = p.Language
	}
	file, err := maker.Gather(ctx, p.ID, lang)
	if err != nil {
		return err
	}
	if err := a.note(ctx, s, audit.Event{Kind: audit.DataExported, Person: p.ID}); err != nil {
		return err
	}
	if to == "-" {
		return file.Write(a.out)
	}
	if to == "" {
		to = file.Name()
	}
	if err := writePrivate(to, file.Write); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "written to %s; it is %s's alone\n", to, p.Handle)
	return nil
}

// writePrivate writes a new file that nobody else on the machine can read.
func writePrivate(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return sayf("%s cannot be written: %v", name, cause(err))
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (a *app) exportMaker(s config.Settings, d directory.Backend) (*export.Maker, error) {
	master, err := keys.LoadMaster(s.SecretFile)
	if err != nil {
		return nil, said(err.Error())
	}
	pages, err := themes.New(overlay(s))
	if err != nil {
		return nil, said(err.Error())
	}
	cache := directory.NewCache(d, directory.CacheConfig{Now: a.now})
	return &export.Maker{
		Issuer: s.Issuer.String(), Source: d, Directory: d, Consents: d,
		Subjects: signon.New(signon.Config{Directory: cache, Consents: d, Pseudonyms: pseudonym.New(master), Now: a.now}),
		Cases:    openedBy{d}, Sessions: unknownSessions{}, Activity: recordReader{s.Log.AuditFile}, Pages: pages, Now: a.now,
	}, nil
}

// openedBy finds the cases that a person opened about themselves.
type openedBy struct{ directory.Backend }

func (o openedBy) Asked(ctx context.Context, id directory.PersonID) ([]directory.Case, error) {
	var all []directory.Case
	for c, err := range o.ListCases(ctx, directory.CaseFilter{Person: id}) {
		if err != nil {
			return nil, err
		}
		if c.By == id {
			all = append(all, c)
		}
	}
	return all, nil
}

// unknownSessions are those of a Clau that may be running.
type unknownSessions struct{}

func (unknownSessions) Of(context.Context, directory.PersonID) ([]session.Session, error) {
	return nil, nil
}

// recordReader reads what happened from the audit log itself.
type recordReader struct{ path string }

func (r recordReader) OfPerson(_ context.Context, id directory.PersonID, since time.Time, limit int) ([]audit.Event, error) {
	return r.newest(audit.Filter{Person: id, Since: since}, limit)
}

func (r recordReader) OfCollective(_ context.Context, name directory.CollectiveName, since time.Time, limit int) ([]audit.Event, error) {
	return r.newest(audit.Filter{Collective: name, Since: since}, limit)
}

func (r recordReader) newest(f audit.Filter, limit int) ([]audit.Event, error) {
	var found []audit.Event
	for e, err := range audit.Search(r.path, f) {
		if err != nil {
			return nil, sayf("the audit log cannot be read: %v", err)
		}
		found = append(found, e)
	}
	slices.Reverse(found)
	return found[:min(len(found), limit)], nil
}
