// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// app is what the commands share.
type app struct {
	in  *os.File
	out io.Writer
	err io.Writer

	now  func() time.Time
	rand io.Reader

	configFile string // --config
	json       bool   // --json
}

func main() {
	quietLibraries(os.Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now, rand: rand.Reader}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// quietLibraries lets libraries complain, and not chat: they write to the
// process's default logger, while Clau hands its own about.
func quietLibraries(w io.Writer) {
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn})))
	slog.SetLogLoggerLevel(slog.LevelWarn) // so that package log counts as a complaint
}

// run executes a command line and returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if said := explain(err); said != "" {
		fmt.Fprintln(a.err, "clau:", said)
	}
	var misuse usageError
	if errors.As(err, &misuse) {
		return 2
	}
	return 1
}

// root is the table of contents of the command line.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "clau",
		Short: "one key to every service of a federation of cooperatives",
		Long: `Clau is the identity provider of federations of cooperatives: people log in
once and use every service that is open to them, each under its own pseudonym.

To look around, without installing anything:

    clau demo

To set up a real one:

    clau init --issuer https://id.example.coop --dir /etc/clau
    clau check --config /etc/clau/clau.toml
    clau serve --config /etc/clau/clau.toml

Commands that read or change people, collectives and services work while Clau
runs, and what they change holds at once.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          group,
		Args:          cobra.ArbitraryArgs,
	}
	root.PersistentFlags().StringVarP(&a.configFile, "config", "c", "", "configuration `file` (default $CLAU_CONFIG, ./clau.toml or /etc/clau/clau.toml)")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return misused(c, err) })
	root.AddCommand(
		a.demo(), a.serve(), a.initialise(), a.check(),
		a.person(), a.collective(), a.service(),
		a.directory(), a.keys(), a.audit(), a.receipt(), a.version(),
	)
	return root
}

// group is the action of a command that only holds others: alone it shows its
// manual, with anything after it the line was mistyped.
func group(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	return misused(c, fmt.Errorf("there is no command %q", args[0]))
}
