// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

func (a *app) keys() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "the keys that sign tokens, and the certificates of SAML",
		Long: `Keys for tokens are made, published a day before they are used, and let go by
themselves: "list" and "rotate" are for looking, and for the day on which one must go
at once. The certificates of SAML stay until you turn them over: see "clau keys saml".`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(a.keysList(), a.keysRotate(), a.keysSAML())
	return c
}

// keyView is a signing key as commands print it.
type keyView struct {
	KID       directory.KeyID `json:"kid"`
	Alg       string          `json:"alg"`
	Use       string          `json:"use"` // waiting, signing, verifying, withdrawn
	Created   time.Time       `json:"created"`
	Activates time.Time       `json:"activates"`
	Retires   time.Time       `json:"retires,omitzero"`
	Expires   time.Time       `json:"expires,omitzero"`
}

func viewKey(k directory.Key, now time.Time) keyView {
	v := keyView{KID: k.ID, Alg: k.Algorithm, Use: "signing", Created: k.Created, Activates: k.Activates, Retires: k.Retires, Expires: k.Expires}
	switch {
	case k.State == directory.Retired:
		v.Use = "withdrawn"
	case now.Before(k.Activates):
		v.Use = "waiting"
	case !k.Retires.IsZero() && !now.Before(k.Retires):
		v.Use = "verifying"
	}
	return v
}

func (a *app) keysList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list the keys and what each is for now",
		Args:  arguments(cobra.NoArgs),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, _ []string) error {
			return a.listKeys(ctx, d)
		}),
	}
}

func (a *app) listKeys(ctx context.Context, d directory.Keys) error {
	stored, err := d.ListKeys(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(stored, func(x, y directory.Key) int {
		return cmp.Or(strings.Compare(x.Algorithm, y.Algorithm), x.Activates.Compare(y.Activates))
	})
	views := []keyView{}
	rows := [][]string{}
	for _, k := range stored {
		if k.Algorithm == keys.SAML {
			continue
		}
		v := viewKey(k, a.now())
		views = append(views, v)
		rows = append(rows, []string{string(v.KID), v.Alg, v.Use, moment(v.Activates), moment(v.Retires), moment(v.Expires)})
	}
	if a.json {
		return a.printJSON(views)
	}
	return a.printTable([]string{"KID", "ALG", "USE", "SIGNS FROM", "UNTIL", "VERIFIES UNTIL"}, rows)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func (a *app) keysRotate() *cobra.Command {
	var alg string
	var now bool
	c := &cobra.Command{
		Use:   "rotate",
		Short: "publish new signing keys, to take over in a day",
		Long: `Makes a new key for each algorithm, or that of --alg. Services see it for a day
before it signs, and old tokens go on being good.

With --now it signs at once: for a key that can no longer be trusted. Services that
read keys once a day will refuse people until they read them again.`,
		Args: arguments(cobra.NoArgs),
	}
	c.Flags().StringVar(&alg, "alg", "", "only this `algorithm`: RS256, ES256 or EdDSA")
	c.Flags().BoolVar(&now, "now", false, "sign with it at once")
	a.completeFlags(c, map[string][]string{"alg": {"RS256", "ES256", "EdDSA"}})
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		algs := keys.Algorithms()
		if alg != "" {
			if err := wordFault("alg", alg, algs...); err != nil {
				return err
			}
			algs = []string{alg}
		}
		return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
			return a.rotateKeys(ctx, d, s, algs, now)
		})
	}
	return c
}

func (a *app) rotateKeys(ctx context.Context, d directory.Backend, s config.Settings, algs []string, now bool) error {
	ring, err := a.ring(d, s)
	if err != nil {
		return err
	}
	if err := ring.Load(ctx); err != nil {
		return err
	}
	for _, alg := range algs {
		if err := ring.Rotate(ctx, alg, now); err != nil {
			return err
		}
	}
	fmt.Fprintln(a.err, "rotated; running nodes notice within a minute")
	return a.listKeys(ctx, d)
}

func (a *app) ring(d directory.Keys, s config.Settings) (*keys.Ring, error) {
	sealer, err := a.sealer(s)
	if err != nil {
		return nil, err
	}
	return keys.NewRing(keys.Config{
		Directory: d, Sealer: sealer, Now: a.now, Rand: a.rand, Logger: slog.New(slog.DiscardHandler),
	}), nil
}

// sealer is that of the master secret.
func (a *app) sealer(s config.Settings) (*keys.Sealer, error) {
	master, err := keys.LoadMaster(s.SecretFile)
	if err != nil {
		return nil, said(err.Error())
	}
	return keys.NewSealer(master, a.rand)
}
