// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/idp/directory"
)

// usageError is a command line that could not be understood.
type usageError struct{ error }

func misused(c *cobra.Command, err error) error {
	return usageError{fmt.Errorf("%w; see \"%s --help\"", err, c.CommandPath())}
}

// arguments turns cobra's own check of the number of arguments into a sentence
// that shows what the command takes.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check(c, args) != nil {
			return misused(c, fmt.Errorf("usage: %s", c.UseLine()))
		}
		return nil
	}
}

// errSilent ends a command that has already said what is wrong.
var errSilent = errors.New("")

// said is an error whose text is already meant for people.
type said string

func (s said) Error() string { return string(s) }

func sayf(format string, args ...any) error { return said(fmt.Errorf(format, args...).Error()) }

// explain is what people read of an error. Of what the directory answers they
// read what it means, and nothing of LDAP.
func explain(err error) string {
	var plain said
	if errors.As(err, &plain) {
		return err.Error()
	}
	if flags, ok := strings.CutPrefix(err.Error(), "required flag(s) "); ok { // cobra has no type for it
		return missing(strings.TrimSuffix(flags, " not set"))
	}
	for _, known := range []struct {
		is   error
		says string
	}{
		{context.Canceled, "stopped"},
		{context.DeadlineExceeded, "the directory did not answer in time; try again, or see \"clau check\""},
		{directory.ErrUnavailable, "the directory cannot be reached; see \"clau check\""},
		{directory.ErrBusy, "the directory is busy; try again in a moment"},
		{directory.ErrRefused, "the directory refused it by its access rules; \"clau check\" tells whether Clau has its rights"},
		{directory.ErrWeakPassword, "the password is too weak for the directory's policy; take a longer one: by itself it asks for 10 characters"},
		{directory.ErrInvalid, "the directory refused a value; see \"clau check\" whether its schema is the right one"},
		{directory.ErrConflict, "somebody else changed it at the same time; look, and repeat"},
		{directory.ErrExists, "it is already there"},
		{directory.ErrNotFound, "it is not there (any more)"},
	} {
		if errors.Is(err, known.is) {
			return known.says
		}
	}
	return err.Error()
}

// missing says which flags a command cannot do without, of their quoted names.
func missing(quoted string) string {
	names := strings.Split(strings.ReplaceAll(quoted, `"`, ""), ", ")
	for i, name := range names {
		names[i] = "--" + name
	}
	verb := " is"
	if len(names) > 1 {
		verb = " are"
	}
	return strings.Join(names, " and ") + verb + " needed; --help tells what for"
}
