// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
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

func (a *app) serviceSet() *cobra.Command {
	var f serviceFlags
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "change how a service is registered",
		Long: `Changes what the flags name and leaves the rest. A flag that may be repeated
replaces all that was there before. With --url, the addresses that the preset made of
the old one are made of the new one. With --state suspended the service is closed
to everybody until it is active again. What it speaks cannot be changed: people would
be others to it; add another service.`,
		Example: `  clau service set nuvol --redirect-uri https://nuvol.ateneu.example/index.php/apps/user_oidc/code
  clau service set forum --api-key-file ./api.key
  clau service set aula --metadata ./new-metadata.xml`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
	}
	f.register(a, c)
	c.Flags().StringVar(&f.url, "url", "", "`address` of the application, where people find it")
	c.Flags().StringVar(&f.state, "state", string(directory.Active), "active or suspended")
	c.RunE = a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error {
		return a.setService(ctx, d, c, at, directory.ServiceName(args[0]), &f)
	})
	return c
}

func (a *app) setService(ctx context.Context, d directory.Backend, c *cobra.Command, at config.Settings, name directory.ServiceName, f *serviceFlags) error {
	f.settleAliases()
	s, err := findService(ctx, d, name)
	if err != nil {
		return err
	}
	if err := errors.Join(f.check(c), wordFault("state", f.state, "active", "suspended")); err != nil {
		return err
	}
	for _, guest := range f.guests {
		if _, err := findCollective(ctx, d, directory.CollectiveName(guest)); err != nil {
			return err
		}
	}
	minter, err := a.minter(at, s.Protocol())
	if err != nil {
		return err
	}
	if err := errors.Join(a.moveService(c, f, minter, &s), a.applyFlags(c, f, minter, &s)); err != nil {
		return err
	}
	if err := errors.Join(a.renewMetadata(ctx, c, at, f, &s), published(ctx, d, f.provider.signWith)); err != nil {
		return err
	}
	made, err := matchSecret(minter, &s)
	if err != nil {
		return err
	}
	if err := d.ReplaceService(ctx, directory.System(), s); err != nil {
		return err
	}
	return a.showService(ctx, d, at, name, made)
}

// moveService takes the addresses that a preset made along to another one. What
// flags say of them goes before that.
func (a *app) moveService(c *cobra.Command, f *serviceFlags, m preset.Minter, s *directory.Service) error {
	p, err := presetOf(*s)
	if err != nil || !c.Flags().Changed("url") || f.url == "" || p.NoAddress || p.Name != s.Preset {
		return err
	}
	moved, stay, err := p.Move(*s, f.url)
	if err != nil {
		return registrationFault(err)
	}
	*s, f.url = moved, moved.URL
	if s.Discourse != nil { // the key of its API is the old forum's
		if err := m.SetReturnURLs(s, s.Discourse.ReturnURLs); err != nil {
			return err
		}
	}
	for _, one := range stay {
		fmt.Fprintln(a.err, "stays as it was:", one)
	}
	if s.SAML != nil && len(stay) > 0 {
		fmt.Fprintln(a.err, "where answers go stands in its metadata: give the new one by --metadata; if its entityID is another now, add another service")
	}
	return nil
}

// published refuses to sign with a certificate that metadata does not name.
func published(ctx context.Context, d directory.Keys, id string) error {
	if id == "" {
		return nil
	}
	stored, err := d.ListKeys(ctx)
	if err != nil {
		return err
	}
	for _, v := range viewCertificates(stored) {
		if string(v.ID) == id && v.Use != "withdrawn" {
			return nil
		}
	}
	return sayf(`no certificate %q is published; "clau keys saml list" shows those that are`, id)
}

// applyFlags writes what the command line has over the service.
func (a *app) applyFlags(c *cobra.Command, f *serviceFlags, m preset.Minter, s *directory.Service) error {
	if c.Flags().Changed("title") && f.title == "" {
		return said("a title cannot be empty")
	}
	if err := misplaced(c, *s); err != nil {
		return err
	}
	overwrite(c, "title", &s.Title, f.title)
	overwrite(c, "description", &s.Description, f.description)
	overwrite(c, "access", &s.Access, directory.AccessPolicy(f.access))
	overwrite(c, "public", &s.Access, directory.AccessPolicy(f.access))
	overwrite(c, "guest", &s.Guests, collectives(f.guests))
	overwrite(c, "sector", &s.Sector, f.sector)
	if c.Flags().Lookup("state") != nil { // of a service that is there already
		overwrite(c, "state", &s.State, directory.State(f.state))
		overwrite(c, "state", &s.StoppedBy, "") // an operator: nobody else undoes it
		overwrite(c, "url", &s.URL, f.url)
	}
	f.applyShared(c, s)
	switch {
	case s.OIDC != nil:
		return errors.Join(a.applyClient(c, &f.client, s.OIDC), f.addressFaults(s.OIDC.Public()))
	case s.SAML != nil:
		return f.provider.apply(c, &s.SAML.Settings)
	case s.Discourse != nil:
		return errors.Join(a.applyForum(c, &f.forum, m, s), f.addressFaults(false))
	case s.Forward != nil:
		return f.proxy.apply(c, s.Forward)
	}
	return nil
}

// applyShared writes what several protocols have, where each has it.
func (f *serviceFlags) applyShared(c *cobra.Command, s *directory.Service) {
	renamed, _ := pairs("group-name", f.groupNames) // checked before
	format := directory.GroupFormat(f.groupFormat)
	switch {
	case s.OIDC != nil:
		overwrite(c, "subject-type", &s.OIDC.Metadata.SubjectType, f.subjectType)
		overwrite(c, "group-format", &s.OIDC.Metadata.GroupFormat, format)
		overwrite(c, "group-name", &s.OIDC.Metadata.GroupNames, renamed)
	case s.SAML != nil:
		overwrite(c, "subject-type", &s.SAML.Settings.SubjectType, f.subjectType)
		overwrite(c, "group-format", &s.SAML.Settings.GroupFormat, format)
		overwrite(c, "group-name", &s.SAML.Settings.GroupNames, renamed)
		overwrite(c, "attribute", &s.SAML.Settings.Attributes, f.attributes)
	case s.Discourse != nil:
		overwrite(c, "group-name", &s.Discourse.Settings.GroupNames, renamed)
		overwrite(c, "attribute", &s.Discourse.Settings.Attributes, f.attributes)
	case s.Forward != nil:
		overwrite(c, "subject-type", &s.Forward.SubjectType, f.subjectType)
		overwrite(c, "group-format", &s.Forward.GroupFormat, format)
		overwrite(c, "attribute", &s.Forward.Attributes, f.attributes)
	}
}

// addressFaults holds the addresses that were given against the rules.
func (f *serviceFlags) addressFaults(public bool) error {
	var faults []error
	for _, uri := range slices.Concat(f.client.redirects, f.client.afterLogout, f.forum.returnURLs) {
		faults = append(faults, rules.Redirect(uri, public))
	}
	for _, uri := range []string{f.client.backchannel, f.client.frontchannel} {
		if uri != "" {
			faults = append(faults, rules.Endpoint(uri))
		}
	}
	faults = append(faults, linkFault(f.client.initiateLogin))
	return errors.Join(faults...)
}

// misplaced refuses flags that mean nothing for what the service speaks: they
// would be passed over without a word.
func misplaced(c *cobra.Command, s directory.Service) error {
	others := map[string][]string{
		"OpenID Connect": clientFlagNames(), "SAML": providerFlagNames(),
		"DiscourseConnect": forumFlagNames(), "forward-auth": proxyFlagNames(),
	}
	switch {
	case s.OIDC != nil:
		others["another protocol"] = []string{"attribute"}
		delete(others, "OpenID Connect")
	case s.SAML != nil:
		delete(others, "SAML")
	case s.Discourse != nil:
		others["another protocol"] = []string{"subject-type", "group-format"}
		delete(others, "DiscourseConnect")
	case s.Forward != nil:
		others["another protocol"] = []string{"group-name"}
		delete(others, "forward-auth")
	}
	var faults []error
	for protocol, names := range others {
		for _, name := range names {
			if c.Flags().Changed(name) {
				faults = append(faults, sayf("--%s is for %s, and %s speaks %s", name, protocol, s.Name, orElse(s.Protocol(), "nothing")))
			}
		}
	}
	return errors.Join(faults...)
}

// matchSecret sees that a client has a secret if, and only if, it uses one.
func matchSecret(m preset.Minter, s *directory.Service) (preset.Credentials, error) {
	if s.OIDC == nil {
		return preset.Credentials{}, nil
	}
	if !preset.Keeps(*s) {
		s.OIDC.Secrets = nil
		return preset.Credentials{}, nil
	}
	if len(s.OIDC.Secrets) > 0 {
		return preset.Credentials{}, nil
	}
	return m.Give(s)
}
