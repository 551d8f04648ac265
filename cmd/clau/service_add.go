// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/services/rules"
)

// The presets of applications that nobody has described yet, by protocol.
const (
	presetOIDC = "generic-oidc"
	presetSAML = "generic-saml"
)

func (a *app) serviceAdd() *cobra.Command {
	var f serviceFlags
	c := &cobra.Command{
		Use:   "add NAME --collective COLLECTIVE --preset PRESET --url ADDRESS",
		Short: "add a service",
		Long: `Adds a service, and prints what to enter at the other side. The secret among it is
printed once; "clau service rotate-secret" makes another. "clau service presets"
lists the applications that Clau knows; what a preset says, flags may say otherwise.

Without a preset the service speaks OpenID Connect, and needs --redirect-uri; with
--protocol saml it needs --metadata.

Redirect addresses are compared letter by letter. They must be https; only those
of this machine (localhost) may be http.`,
		Example: `  clau service add nuvol --collective ateneu --preset nextcloud --url https://nuvol.ateneu.example
  clau service add tasques --collective ateneu --preset phabricator --url https://tasques.ateneu.example --param server=ateneu
  clau service add aula --collective ateneu --protocol saml --metadata https://aula.ateneu.example/saml/metadata
  clau service add wiki --collective ateneu --redirect-uri https://wiki.ateneu.example/callback`,
		Args: arguments(cobra.ExactArgs(1)),
	}
	c.Flags().StringVar(&f.collective, "collective", "", "`collective` that it belongs to (needed)")
	c.Flags().StringVar(&f.preset, "preset", "", "kind of `application`, as \"clau service presets\" lists them (default generic-oidc)")
	c.Flags().StringVar(&f.protocol, "protocol", "", "oidc or saml, where no preset says so")
	c.Flags().StringArrayVar(&f.params, "param", nil, "`NAME=VALUE` that the preset asks for; may be repeated")
	c.Flags().StringVar(&f.url, "url", "", "`address` of the application's front page")
	c.Flags().StringVar(&f.client.id, "client-id", "", "client id (default: the name)")
	f.register(a, c)
	a.completeFlags(c, map[string][]string{"preset": presetNames(), "protocol": {"oidc", "saml"}})
	c.MarkFlagsMutuallyExclusive("preset", "protocol")
	_ = c.MarkFlagRequired("collective")
	c.RunE = a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error {
		return a.addService(ctx, d, c, at, directory.ServiceName(args[0]), &f)
	})
	return c
}

func (a *app) addService(ctx context.Context, d directory.Backend, c *cobra.Command, at config.Settings, name directory.ServiceName, f *serviceFlags) error {
	f.settleAliases()
	p, err := choosePreset(f)
	if err != nil {
		return err
	}
	if err := errors.Join(nameFault(name), f.check(c), rules.ClientID(f.client.id)); err != nil {
		return err
	}
	for _, of := range slices.Concat([]string{f.collective}, f.guests) {
		if _, err := findCollective(ctx, d, directory.CollectiveName(of)); err != nil {
			return err
		}
	}
	if err := published(ctx, d, f.provider.signWith); err != nil {
		return err
	}
	s, made, err := a.newService(ctx, c, p, at, name, f)
	if err != nil {
		return err
	}
	err = d.AddService(ctx, directory.System(), s)
	if errors.Is(err, directory.ErrExists) {
		return sayf(`there is a service %q, or one with that client id or entityID, already; "clau service list" shows them`, name)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "service %s added\n", name)
	if err := a.certify(ctx, d, at, s); err != nil {
		return err
	}
	if err := a.showService(ctx, d, at, name, made); err != nil || a.json {
		return err
	}
	return a.printGuide(ctx, d, at, s, p, made, guideOf{lang: ownLanguage(), brief: true})
}

// certify sees that there is a certificate for those who enter it by hand. It is
// otherwise made when Clau is first served.
func (a *app) certify(ctx context.Context, d directory.Backend, at config.Settings, s directory.Service) error {
	if s.SAML == nil {
		return nil
	}
	certificate, err := signingCertificate(ctx, d, s)
	if err != nil || certificate != nil {
		return err
	}
	all, err := a.certificates(d, at)
	if err != nil {
		return err
	}
	return all.Load(ctx)
}

func nameFault(name directory.ServiceName) error {
	if name.Valid() {
		return nil
	}
	return sayf("%q cannot name a service; use lower-case letters, digits, dots, dashes and underscores, at most 32, and no reserved word", name)
}

// newService makes the service by its preset, and writes over it what was said.
func (a *app) newService(ctx context.Context, c *cobra.Command, p preset.Preset, at config.Settings, name directory.ServiceName, f *serviceFlags) (directory.Service, preset.Credentials, error) {
	in, err := a.input(ctx, c, p, at, name, f)
	if err != nil {
		return directory.Service{}, preset.Credentials{}, err
	}
	s, made, err := p.Register(in)
	if errors.Is(err, preset.ErrMetadata) {
		return s, made, said("a SAML service provider is known by its metadata; add --metadata FILE, or its address")
	}
	if err != nil {
		return s, made, registrationFault(err)
	}
	if p.NoAddress {
		s.URL = f.url
	}
	if err := a.applyFlags(c, f, in.Minter, &s); err != nil {
		return s, made, err
	}
	matched, err := matchSecret(in.Minter, &s)
	if err != nil {
		return s, made, err
	}
	if !preset.Keeps(s) {
		made = preset.Credentials{}
	}
	return s, preset.Credentials{Secret: cmp.Or(matched.Secret, made.Secret)}, nil
}

func (a *app) input(ctx context.Context, c *cobra.Command, p preset.Preset, at config.Settings, name directory.ServiceName, f *serviceFlags) (preset.Input, error) {
	minter, err := a.minter(at, p.Protocol())
	if err != nil {
		return preset.Input{}, err
	}
	params, err := pairs("param", f.params)
	if err != nil {
		return preset.Input{}, err
	}
	in := preset.Input{
		Name: name, Collective: directory.CollectiveName(f.collective), Title: f.title, Description: f.description,
		URL: f.url, Access: directory.AccessPolicy(f.access), ClientID: directory.ClientID(f.client.id),
		Params: params, Minter: minter,
	}
	if p.NoAddress {
		in.URL = ""
	}
	if p.SAML != nil {
		in.Provider, err = a.providerFor(ctx, c, p, at, in, f)
	}
	return in, err
}

// registrationFault says all that is wrong with what a preset was given.
func registrationFault(err error) error {
	var all []error
	for _, fault := range preset.Faults(err) {
		if fault.Field == "url" {
			fault.Why = "--url: " + fault.Why
		}
		all = append(all, said(fault.Why))
	}
	if len(all) == 0 {
		return err
	}
	return errors.Join(all...)
}

// choosePreset finds the preset that was named, or that of the protocol.
func choosePreset(f *serviceFlags) (preset.Preset, error) {
	name := f.preset
	switch f.protocol {
	case "":
	case directory.ProtocolOIDC:
		name = presetOIDC
	case directory.ProtocolSAML:
		name = presetSAML
	default:
		return preset.Preset{}, sayf("--protocol may be oidc or saml; %q is neither: take a --preset", f.protocol)
	}
	return findPreset(cmp.Or(name, presetOIDC))
}

func collectives(names []string) []directory.CollectiveName {
	var all []directory.CollectiveName
	for _, name := range names {
		all = append(all, directory.CollectiveName(name))
	}
	return all
}
