// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
)

func (a *app) serviceLink() *cobra.Command {
	return &cobra.Command{
		Use:   "link NAME HANDLE SUBJECT",
		Short: "let a service know a person by an identifier it has already",
		Long: `Links an account that a service had before Clau: from now on the service is told
SUBJECT as the identifier of the person, in place of a pseudonym. The person is
asked for consent like everybody, and sees the identifier among what the service
knows. An identifier that is somebody else's there, or was, is refused.`,
		Example: `  clau service link nuvol marta 1f3a-marta`,
		Args:    arguments(cobra.ExactArgs(3)),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, _ config.Settings, args []string) error {
			return a.linkService(ctx, d, directory.ServiceName(args[0]), args[1], args[2])
		}),
	}
}

func (a *app) linkService(ctx context.Context, d directory.Backend, name directory.ServiceName, handle, subject string) error {
	if !validSubject(subject) {
		return sayf("%q cannot be an identifier; it has 1 to 255 printable characters of ASCII, and no space", subject)
	}
	s, err := findService(ctx, d, name)
	if err != nil {
		return err
	}
	p, err := findPerson(ctx, d, handle)
	if err != nil {
		return err
	}
	c, err := decisionOf(ctx, d, s, p, a.now())
	if err != nil {
		return err
	}
	c.Subject = subject
	err = d.PutConsent(ctx, pseudonym.Sector(s), c)
	if errors.Is(err, directory.ErrExists) {
		return sayf("%q is somebody else's at %s, or was", subject, name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s knows %s as %s\n", name, p.Handle, subject)
	return nil
}

// validSubject holds an identifier against what a sub may be (OpenID Connect
// Core section 2).
func validSubject(s string) bool {
	odd := func(c rune) bool { return c <= ' ' || c > '~' }
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, odd)
}

// decisionOf is what the person has decided about the service, or the empty
// decision of somebody who was never there.
func decisionOf(ctx context.Context, d directory.Backend, s directory.Service, p directory.Person, now time.Time) (directory.Consent, error) {
	c, err := d.Consent(ctx, p.ID, s.ID)
	if !errors.Is(err, directory.ErrNotFound) {
		return c, err
	}
	standing, err := d.Standing(ctx, p.ID)
	if err != nil {
		return c, err
	}
	return directory.Consent{
		Person: p.ID, Service: s.ID, Collective: consent.Through(s, p, standing), State: directory.Active, Decided: now,
	}, nil
}
