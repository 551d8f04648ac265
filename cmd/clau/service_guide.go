// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/services/preset"
)

// guideOf says how a guide is printed.
type guideOf struct {
	lang   string
	brief  bool // beside the service, which was printed before
	params map[string]string
}

func (a *app) serviceGuide() *cobra.Command {
	var f serviceFlags
	var lang string
	c := &cobra.Command{
		Use:   "guide NAME",
		Short: "say what to enter at the other side",
		Long: `Prints what the administrators of the application have to do: fields of its screens,
lines of its configuration, commands, all with the values of this service. Where the
secret belongs a placeholder stands, since Clau does not have it; "clau service
rotate-secret" makes another.

With --preset and --url it is the guide of a service that is not there yet.`,
		Example: `  clau service guide nuvol --lang ca
  clau service guide intranet --preset mellon --url https://intranet.ateneu.example`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
	}
	c.Flags().StringVar(&lang, "lang", ownLanguage(), "language: ca, es or en")
	c.Flags().StringArrayVar(&f.params, "param", nil, "`NAME=VALUE` of the preset that cannot be told from the service's addresses; may be repeated")
	c.Flags().StringVar(&f.preset, "preset", "", "kind of `application`, of a service that is not there yet")
	c.Flags().StringVar(&f.url, "url", "", "`address` of its front page")
	a.completeFlags(c, map[string][]string{"lang": preset.Languages(), "preset": presetNames()})
	c.RunE = a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error {
		if err := wordFault("lang", lang, preset.Languages()...); err != nil {
			return err
		}
		if (f.preset == "") != (f.url == "") {
			return said("--preset and --url go together: the guide of a service that is not there yet is made of both")
		}
		params, err := pairs("param", f.params)
		if err != nil {
			return err
		}
		s, p, err := guided(ctx, d, directory.ServiceName(args[0]), f.preset, f.url, params)
		if err != nil {
			return err
		}
		return a.printGuide(ctx, d, at, s, p, preset.Credentials{}, guideOf{lang: lang, params: params})
	})
	return c
}

// guided is the service that a guide is for, or what it would be.
func guided(ctx context.Context, d directory.Backend, name directory.ServiceName, kind, url string, params map[string]string) (directory.Service, preset.Preset, error) {
	if kind == "" {
		s, err := findService(ctx, d, name)
		if err != nil {
			return s, preset.Preset{}, err
		}
		p, err := presetOf(s)
		return s, p, err
	}
	p, err := findPreset(kind)
	if err != nil {
		return directory.Service{}, p, err
	}
	s, err := p.Preview(preset.Input{Name: name, Collective: "COLLECTIVE", URL: url, Params: params})
	if err != nil {
		return s, p, registrationFault(err)
	}
	return s, p, nil
}

// ownLanguage is that of the terminal, if Clau speaks it.
func ownLanguage() string {
	set := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))
	if len(set) > 1 && slices.Contains(preset.Languages(), set[:2]) {
		return set[:2]
	}
	return "en"
}

// presetOf is the preset of a service, or that of its protocol where it has none,
// or one that is not there any more.
func presetOf(s directory.Service) (preset.Preset, error) {
	library, err := preset.Load()
	if err != nil {
		return preset.Preset{}, err
	}
	if p, ok := library.Find(s.Preset); ok && p.Protocol() == s.Protocol() {
		return p, nil
	}
	if p, ok := library.ForProtocol(s.Protocol()); ok {
		return p, nil
	}
	return preset.Preset{}, sayf("%s is registered for nothing that Clau has a guide to", s.Name)
}

func (a *app) printGuide(ctx context.Context, d directory.Keys, at config.Settings, s directory.Service, p preset.Preset, made preset.Credentials, how guideOf) error {
	certificate, err := signingCertificate(ctx, d, s)
	if err != nil {
		return err
	}
	g, err := p.Guide(s, preset.Values{Issuer: at.Issuer.String(), Secret: made.Secret, Certificate: certificate, Params: how.params}, how.lang)
	if err != nil {
		return registrationFault(err)
	}
	if a.json {
		return a.printJSON(g)
	}
	fmt.Fprintln(a.out)
	if !how.brief {
		fmt.Fprintf(a.out, "%s\n%s\n\n", g.Title, g.About)
	}
	for i, step := range g.Steps {
		a.printStep(i+1, step)
	}
	for _, warning := range g.Warnings {
		fmt.Fprintf(a.out, "! %s\n", warning)
	}
	fmt.Fprintf(a.out, "! %s\n", g.LogoutIs)
	return nil
}

func (a *app) printStep(number int, s preset.Step) {
	fmt.Fprintf(a.out, "%d. %s\n", number, s.Title)
	for _, text := range []string{s.Path, s.Text} {
		if text != "" {
			fmt.Fprintf(a.out, "   %s\n", text)
		}
	}
	var fields []field
	for _, f := range s.Fields {
		fields = append(fields, field{f.Name, f.Value})
	}
	a.printFields(fields...)
	for _, c := range s.Commands { // to be copied whole, so not indented
		fmt.Fprintf(a.out, "   %s:\n\n%s\n\n", c.Where, c.Text)
	}
	if len(s.Commands) == 0 {
		fmt.Fprintln(a.out)
	}
}

// signingCertificate is what a service provider has to know Clau by, or nil
// before Clau has one: it is made when Clau is first served.
func signingCertificate(ctx context.Context, d directory.Keys, s directory.Service) ([]byte, error) {
	if s.SAML == nil {
		return nil, nil
	}
	stored, err := d.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	views := viewCertificates(stored)
	for _, k := range stored {
		at := slices.IndexFunc(views, func(v certificateView) bool { return v.ID == k.ID })
		if k.Algorithm != keys.SAML || at < 0 {
			continue
		}
		if wanted := s.SAML.Settings.Key; wanted == k.ID || wanted == "" && views[at].Use == "signing" {
			return k.Public, nil
		}
	}
	return nil, nil
}
