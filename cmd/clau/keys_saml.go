// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

func (a *app) keysSAML() *cobra.Command {
	c := &cobra.Command{
		Use:   "saml",
		Short: "the certificates of SAML, and turning them over",
		Long: `Services that speak SAML know Clau by a certificate, and many of them by one that
somebody copied once. It is good for ten years and nothing changes it but you:

  clau keys saml publish       the next one stands in the metadata, and signs nothing
  (two weeks, and a letter to the admins of services that do not read metadata)
  clau keys saml sign ID       it signs; the old one stays in the metadata
  (a service that is not ready: clau service set NAME --sign-with OLD-ID)
  clau keys saml withdraw ID   the old one goes

Until a certificate is withdrawn, "sign" leads back to it.`,
		RunE: group, Args: cobra.ArbitraryArgs,
	}
	c.AddCommand(a.samlList(), a.samlShow(), a.samlPublish(), a.samlSign(), a.samlWithdraw())
	return c
}

func (a *app) samlList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list the certificates and what each is for now",
		Args:  arguments(cobra.NoArgs),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, _ []string) error {
			return a.listCertificates(ctx, d)
		}),
	}
}

func (a *app) samlShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show [ID]",
		Short:             "print a certificate for a service that wants a file: the one that signs",
		Args:              arguments(cobra.MaximumNArgs(1)),
		ValidArgsFunction: a.completeNames(false, certificateNames),
		RunE: a.inDirectory(func(ctx context.Context, d directory.Backend, args []string) error {
			stored, err := d.ListKeys(ctx)
			if err != nil {
				return err
			}
			for _, v := range viewCertificates(stored) {
				if len(args) > 0 && string(v.ID) == args[0] || len(args) == 0 && v.Use == "signing" {
					fmt.Fprint(a.out, v.pem)
					return nil
				}
			}
			return said(`there is no such certificate; "clau keys saml list" shows those there are`)
		}),
	}
}

func (a *app) samlPublish() *cobra.Command {
	return &cobra.Command{
		Use:   "publish",
		Short: "make the next certificate, which signs nothing yet",
		Args:  arguments(cobra.NoArgs),
		RunE: a.inCertificates(func(ctx context.Context, d directory.Backend, all *keys.Certificates, _ []string) error {
			id, err := all.Publish(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s stands in the metadata within a minute; let services read it before \"clau keys saml sign %s\"\n", id, id)
			if err := a.nameByHand(ctx, d, "write to those who keep these, where somebody must enter or load it by hand:"); err != nil {
				return err
			}
			return a.listCertificates(ctx, d)
		}),
	}
}

func (a *app) samlSign() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "sign ID",
		Short: "sign with a certificate that is published",
		Long: `From now on SAML messages are signed with it. Services that do not know it by then
let nobody in. The one before stays published, and "sign" leads back to it.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeNames(false, certificateNames),
		RunE: a.inCertificates(func(ctx context.Context, d directory.Backend, all *keys.Certificates, args []string) error {
			id := directory.KeyID(args[0])
			err := all.Sign(ctx, id, yes)
			if errors.Is(err, keys.ErrEarly) {
				return sayf("%s was published less than %d days ago: services may still keep metadata that does not name it, and would let nobody in; --yes signs with it all the same", id, int(keys.CertificateNotice.Hours()/24))
			}
			if err != nil {
				return certificateFault(err, id)
			}
			fmt.Fprintf(a.err, "%s signs; running nodes notice within a minute\n", id)
			if err := a.nameByHand(ctx, d, "these let nobody in until somebody has entered or loaded it there by hand:"); err != nil {
				return err
			}
			return a.listCertificates(ctx, d)
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "also when it was published a short time ago")
	return c
}

func (a *app) samlWithdraw() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "withdraw ID",
		Short: "take a certificate out of the metadata, and destroy its key",
		Long: `Services that still expect it refuse people from now on. Of one that others may have
got hold of it is the end; otherwise wait until no service needs it. While there are
services where somebody enters the certificate by hand, it takes --yes.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeNames(false, certificateNames),
		RunE: a.inCertificates(func(ctx context.Context, d directory.Backend, all *keys.Certificates, args []string) error {
			id := directory.KeyID(args[0])
			if err := notNeeded(ctx, d, id); err != nil {
				return err
			}
			hand, err := byHand(ctx, d)
			if err != nil {
				return err
			}
			if len(hand) > 0 && !yes {
				return sayf("%s know Clau by a certificate that somebody entered or loaded there by hand; when they have the current one, add --yes", strings.Join(hand, ", "))
			}
			if err := a.confirm(yes, "withdrawing certificate "+args[0], args[0]); err != nil {
				return err
			}
			if err := all.Withdraw(ctx, id); err != nil {
				return certificateFault(err, id)
			}
			fmt.Fprintf(a.err, "%s is withdrawn\n", id)
			return a.listCertificates(ctx, d)
		}),
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// nameByHand lists the services that have to be written to, after the words.
func (a *app) nameByHand(ctx context.Context, d directory.Services, words string) error {
	hand, err := byHand(ctx, d)
	if err == nil && len(hand) > 0 {
		fmt.Fprintln(a.err, words, strings.Join(hand, ", "))
	}
	return err
}

// byHand are the services of which Clau knows that somebody must change the
// certificate there.
func byHand(ctx context.Context, d directory.Services) ([]string, error) {
	var names []string
	for s, err := range d.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			return nil, err
		}
		if p, err := presetOf(s); err == nil && s.SAML != nil && p.ByHand() {
			names = append(names, string(s.Name))
		}
	}
	return names, nil
}

// notNeeded refuses while a service is answered with that certificate.
func notNeeded(ctx context.Context, d directory.Services, id directory.KeyID) error {
	var names []string
	for s, err := range d.ListServices(ctx, directory.ServiceFilter{}) {
		if err != nil {
			return err
		}
		if s.SAML != nil && s.SAML.Settings.Key == id {
			names = append(names, string(s.Name))
		}
	}
	if len(names) > 0 {
		return sayf("%s is what is signed with for %s; let those have the current one first", id, strings.Join(names, ", "))
	}
	return nil
}

func certificateFault(err error, id directory.KeyID) error {
	switch {
	case errors.Is(err, keys.ErrSigns):
		return sayf("%s is the one that signs; let another sign first", id)
	case errors.Is(err, directory.ErrNotFound):
		return sayf(`no certificate %q is published; "clau keys saml list" shows those that are`, id)
	}
	return err
}

// inCertificates opens the directory and the certificates for a command.
func (a *app) inCertificates(run func(context.Context, directory.Backend, *keys.Certificates, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s, err := a.settings()
		if err != nil {
			return err
		}
		return a.within(c.Context(), s, func(ctx context.Context, d directory.Backend) error {
			all, err := a.certificates(d, s)
			if err != nil {
				return err
			}
			return run(ctx, d, all, args)
		})
	}
}

func (a *app) certificates(d directory.Keys, s config.Settings) (*keys.Certificates, error) {
	sealer, err := a.sealer(s)
	if err != nil {
		return nil, err
	}
	return keys.NewCertificates(keys.CertificatesConfig{
		Directory: d, Sealer: sealer, Now: a.now, Rand: a.rand, Logger: slog.New(slog.DiscardHandler), Name: s.Issuer.Hostname(),
	}), nil
}
