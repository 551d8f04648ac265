// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/keys"
)

// initView is what a new installation begins with.
type initView struct {
	Issuer     string `json:"issuer"`
	Config     string `json:"config"`
	SecretFile string `json:"secret_file"`
	DataDir    string `json:"data_dir"`
}

func (a *app) initialise() *cobra.Command {
	var issuer, dir, listen string
	c := &cobra.Command{
		Use:   "init --issuer URL --dir DIR",
		Short: "make a configuration and the master secret",
		Long: `Writes DIR/clau.toml, in which every key is explained, and DIR/master.secret, from
which every other secret and every pseudonym is derived. Neither is ever written
over.

The issuer is the address by which everybody reaches Clau. Choose it once: services
know people by it.`,
		Example: `  clau init --issuer https://id.example.coop --dir /etc/clau`,
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			v, err := a.makeInstallation(dir, config.Choices{Issuer: issuer, Listen: cmp.Or(listen, listenFor(issuer)), SecretFile: "master.secret", DataDir: "data"})
			if err != nil {
				return err
			}
			return a.printInit(v)
		},
	}
	c.Flags().StringVar(&issuer, "issuer", "", "the `address` of Clau, as https://id.example.coop (needed)")
	c.Flags().StringVar(&dir, "dir", "", "`directory` to write to; made if it is not there (needed)")
	c.Flags().StringVar(&listen, "listen", "", "`address` to listen on (default \"127.0.0.1:8080\", or the port of a loopback issuer)")
	_ = c.MarkFlagRequired("issuer")
	_ = c.MarkFlagRequired("dir")
	return c
}

// listenFor is where to listen when nothing is said: an issuer on this machine
// says it already, any other has a proxy before it. Empty: the default.
func listenFor(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "http" || u.Port() == "" || !config.Loopback(u.Hostname()) {
		return ""
	}
	return net.JoinHostPort("127.0.0.1", u.Port())
}

// makeInstallation writes the two files. The secret comes first: a
// configuration without one helps nobody, and a secret is never written over.
func (a *app) makeInstallation(dir string, choices config.Choices) (initView, error) {
	text, err := config.Initial(choices)
	if err != nil {
		return initView{}, said(err.Error())
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return initView{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return initView{}, sayf("the directory cannot be made: %v", err)
	}
	v := initView{
		Issuer: choices.Issuer, Config: filepath.Join(dir, "clau.toml"),
		SecretFile: filepath.Join(dir, choices.SecretFile), DataDir: filepath.Join(dir, choices.DataDir),
	}
	if _, err := os.Stat(v.Config); err == nil {
		return v, sayf("%s is there already; look at it, or choose another --dir", v.Config)
	}
	if err := a.makeSecret(v.SecretFile); err != nil {
		return v, err
	}
	return v, writeNew(v.Config, text)
}

func (a *app) makeSecret(name string) error {
	master, err := keys.NewMaster(a.rand)
	if err != nil {
		return err
	}
	err = master.Save(name)
	if errors.Is(err, fs.ErrExist) {
		return sayf("%s is there already, and is never written over: it may be the only copy of the secret of another installation", name)
	}
	return err
}

func writeNew(name, text string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return sayf("the configuration cannot be written: %v", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func (a *app) printInit(v initView) error {
	if a.json {
		return a.printJSON(v)
	}
	_, err := fmt.Fprintf(a.out, `Written:
  %[1]s
  %[2]s

Keep a copy of the master secret in a safe place: without it, nobody would be
recognised at any service any more.

Next:
  1. read the configuration and set what is yours, then
         clau check --config %[1]s
  2. start it
         clau serve --config %[1]s
  3. let the first people in
         clau collective add ateneu --title "Ateneu Popular" --config %[1]s
         clau person add marta --name "Marta Puig" --collective ateneu --manager --config %[1]s
`, v.Config, v.SecretFile)
	return err
}
