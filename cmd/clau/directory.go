// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/ldapbackend/schema"
)

func (a *app) directory() *cobra.Command {
	c := &cobra.Command{
		Use:   "directory",
		Short: "where people and services are kept",
		Long: `By itself Clau keeps people and services in a directory of its own, in one file.
To use an OpenLDAP instead, teach it what Clau needs, as its administrator:

    clau directory schema | ldapadd -Y EXTERNAL -H ldapi:///
    clau directory setup access --base dc=example,dc=coop | ldapmodify -Y EXTERNAL -H ldapi:///
    clau directory setup entries --base dc=example,dc=coop |
        ldapadd -H ldapi:/// -D cn=admin,dc=example,dc=coop -W
    clau directory setup password --base dc=example,dc=coop --password-file ldap.secret |
        ldapmodify -H ldapi:/// -D cn=admin,dc=example,dc=coop -W

ldapi:/// is the socket of the OpenLDAP of this machine; from then on it takes no
password over a line in clear, not even from this machine. Name its servers in
[directory] of the configuration, as ldaps://, as ldap:// with start_tls, or as
ldapi:///, and see what "clau check" says.

An OpenLDAP that was set up for an earlier Clau needs what "clau directory upgrade"
prints. "clau directory export" moves what an embedded directory has.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(a.directorySchema(), a.directorySetup(), a.directoryUpgrade(), a.directoryExport(), a.directoryImport())
	return c
}

func (a *app) directorySchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "print the schema that OpenLDAP needs, as LDIF for cn=config",
		Args:  arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.out, schema.OpenLDAP())
			return err
		},
	}
}

func (a *app) directorySetup() *cobra.Command {
	var base, database, secret, identity string
	identify := func() (string, error) {
		if identity == "" {
			return "", said("name the SASL identity that may be Clau with --identity")
		}
		return schema.MapIdentity(base, identity)
	}
	parts := map[string]func() (string, error){
		"access":   func() (string, error) { return schema.Access(base, database) },
		"entries":  func() (string, error) { return schema.BaseEntries(base) },
		"password": func() (string, error) { return setupPassword(base, secret) },
		"identity": identify,
	}
	c := &cobra.Command{
		Use:   "setup access|entries|password|identity",
		Short: "print what prepares an OpenLDAP for Clau, as LDIF to load",
		Long: `Prints LDIF to load with ldapmodify or ldapadd:

  access    access rules, limits, overlays and indexes of the database that will
            hold Clau, for cn=config
  entries   the entries below which everything else is kept
  password  a password for the account of Clau, from --password-file
  identity  instead of a password: who on the machine of the directory may be
            Clau (a SASL identity), for cn=config

The base is that of --base, or of the configuration.`,
		Args:      arguments(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		ValidArgs: []string{"access", "entries", "password", "identity"},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := a.settleBase(&base); err != nil {
				return err
			}
			text, err := parts[args[0]]()
			if err != nil {
				return sayf("%v", err)
			}
			_, err = io.WriteString(a.out, text)
			return err
		},
	}
	c.Flags().StringVar(&base, "base", "", "`suffix` of the directory, as dc=example,dc=coop")
	c.Flags().StringVar(&database, "database", "{1}mdb", "the `database` with that suffix, as cn=config names it")
	c.Flags().StringVar(&secret, "password-file", "", "`file` with the password of Clau's account")
	c.Flags().StringVar(&identity, "identity", "", "SASL `identity`, as gidNumber=998+uidNumber=998,cn=peercred,cn=external,cn=auth")
	return c
}

func (a *app) directoryUpgrade() *cobra.Command {
	var base, database, entry string
	c := &cobra.Command{
		Use:   "upgrade",
		Short: "print what an OpenLDAP of an earlier Clau lacks, as LDIF for cn=config",
		Long: `Prints schema, access rules, indexes and overlays of this Clau, to replace those of
an earlier one: load it before the new Clau starts. Nothing in the directory is
changed by it, and loading it twice does no harm.

    clau directory upgrade --base dc=example,dc=coop | ldapmodify -Y EXTERNAL -H ldapi:///`,
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if err := a.settleBase(&base); err != nil {
				return err
			}
			text, err := schema.Upgrade(base, database, entry)
			if err != nil {
				return sayf("%v", err)
			}
			_, err = io.WriteString(a.out, text)
			return err
		},
	}
	c.Flags().StringVar(&base, "base", "", "`suffix` of the directory, as dc=example,dc=coop")
	c.Flags().StringVar(&database, "database", "{1}mdb", "the `database` with that suffix, as cn=config names it")
	c.Flags().StringVar(&entry, "schema", "{6}clau", "the schema of Clau, as cn=config names it")
	return c
}

// settleBase takes the base from the configuration when the command line has
// none.
func (a *app) settleBase(base *string) error {
	if *base != "" {
		return nil
	}
	s, err := a.settings()
	if err != nil {
		return said("name the suffix of the directory with --base, or a configuration that has one with --config")
	}
	*base = s.Directory.Base
	return nil
}

func setupPassword(base, name string) (string, error) {
	if name == "" {
		return "", said("name the file with the password with --password-file")
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := readLine(f)
	if err != nil {
		return "", err
	}
	return schema.SystemPassword(base, text)
}

func (a *app) directoryExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "print the embedded directory as LDIF that OpenLDAP loads with slapadd",
		Long: `Prints everything in the embedded directory, hashes of passwords included: let
nobody read it. Clau must not be running.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return a.withFile(func(p *place) error {
				w := bufio.NewWriter(a.out)
				return errors.Join(p.server.Export(w), w.Flush())
			})
		},
	}
}

func (a *app) directoryImport() *cobra.Command {
	return &cobra.Command{
		Use:   "import [FILE]",
		Short: "fill the embedded directory from LDIF, as slapcat writes it",
		Long: `Adds entries to the embedded directory, from FILE or the standard input. Either all
of them are taken or none. Clau must not be running.`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			in := io.Reader(a.in)
			if len(args) > 0 {
				f, err := os.Open(args[0])
				if err != nil {
					return sayf("%s cannot be read: %v", args[0], cause(err))
				}
				defer f.Close()
				in = f
			}
			err := a.withFile(func(p *place) error { return p.server.Import(in) })
			if err == nil {
				fmt.Fprintln(a.err, "imported")
			}
			return err
		},
	}
}

// withFile opens the embedded directory in this process alone.
func (a *app) withFile(do func(*place) error) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if err := onlyEmbedded(s); err != nil {
		return err
	}
	p, err := a.fileDirectory(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(do(p), p.Close())
}

func onlyEmbedded(s config.Settings) error {
	if !s.Directory.Embedded() {
		return said("the configuration names LDAP servers; use slapcat and slapadd there")
	}
	if runs(s.DirectorySocket()) {
		return said("Clau is running; stop it first, so that the copy is of one moment")
	}
	return nil
}

// cause is what went wrong with a file, without its name, which the sentence
// around it has.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
