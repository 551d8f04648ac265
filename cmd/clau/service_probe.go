// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
)

// probeView is the result of testing a service.
type probeView struct {
	OK       bool                  `json:"ok"`
	Service  directory.ServiceName `json:"service"`
	Protocol string                `json:"protocol"`
	Findings []finding             `json:"findings"`
}

func (a *app) serviceTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test NAME",
		Short: "look from here whether a service can work",
		Long: `Looks at what can be seen from this machine: whether Clau answers at its address,
whether the service's addresses are there and have a good certificate, whether it can
be told of log-outs, whether its metadata is fresh and its keys are there. It logs
nobody in and changes nothing.

The exit status is 0 if there is no fault; warnings are no faults.`,
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: a.completeService(),
		RunE: a.inServices(func(ctx context.Context, d directory.Backend, at config.Settings, args []string) error {
			s, err := findService(ctx, d, directory.ServiceName(args[0]))
			if err != nil {
				return err
			}
			v := a.probe(ctx, d, at, s)
			if err := a.printProbe(v); err != nil {
				return err
			}
			if !v.OK {
				return errSilent
			}
			return nil
		}),
	}
}

// prober looks at one service.
type prober struct {
	*app
	client *http.Client
	keys   directory.Keys
	at     config.Settings
	s      directory.Service
}

func (a *app) probe(ctx context.Context, d directory.Keys, at config.Settings, s directory.Service) probeView {
	p := prober{app: a, client: outbound(at), keys: d, at: at, s: s}
	looks := []func(context.Context) []finding{p.registration}
	switch {
	case s.OIDC != nil && s.OIDC.Metadata.Bridge == "":
		looks = append(looks, p.discovery, p.redirects, p.logoutAddress)
	case s.OIDC != nil:
		looks = append(looks, p.answers, p.redirects, p.logoutAddress)
	case s.SAML != nil:
		looks = append(looks, p.ownMetadata, p.itsMetadata)
	case s.Discourse != nil:
		looks = append(looks, p.answers, p.redirects, p.forum)
	case s.Forward != nil:
		looks = append(looks, p.answers, p.redirects)
	}
	v := probeView{OK: true, Service: s.Name, Protocol: s.Protocol(), Findings: []finding{}}
	for _, look := range looks {
		bounded, cancel := context.WithTimeout(ctx, checkTime)
		v.Findings = append(v.Findings, look(bounded)...)
		cancel()
	}
	for _, f := range v.Findings {
		v.OK = v.OK && f.Level != "fault"
	}
	return v
}

func (a *app) printProbe(v probeView) error {
	if a.json {
		return a.printJSON(v)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(a.out, "%s  %-12s %s\n", a.painted(f.Level), f.Area, f.Message)
		if f.Advice != "" {
			fmt.Fprintf(a.out, "%22s%s\n", "", strings.ReplaceAll(f.Advice, "\n", "\n"+strings.Repeat(" ", 22)))
		}
	}
	return nil
}

// registration looks at the record itself.
func (p prober) registration(context.Context) []finding {
	const area = "record"
	var out []finding
	if p.s.State != directory.Active {
		out = append(out, fault(area, "the service is "+string(p.s.State)+": nobody gets in", `open it by "clau service set `+string(p.s.Name)+` --state active"`))
	}
	if p.s.Protocol() == "" {
		out = append(out, fault(area, "it is registered for nothing", "add it again with a preset"))
	}
	if known, err := presetOf(p.s); err == nil && p.s.Preset != "" && known.Name != p.s.Preset {
		out = append(out, warning(area, "its preset "+p.s.Preset+" is not known (any more)", ""))
	}
	if p.s.OIDC != nil {
		out = append(out, p.secrets()...)
	}
	if len(out) == 0 {
		out = append(out, ok(area, "registered and open, by "+p.s.Protocol()))
	}
	return out
}

// secrets warns of a change of secrets that nobody finished.
func (p prober) secrets() []finding {
	c := *p.s.OIDC
	now := p.now()
	for _, secret := range c.Secrets {
		if secret.Expires.IsZero() || secret.Expires.After(now) {
			return nil
		}
	}
	if c.Public() || c.Metadata.AuthMethod == rules.AuthJWT {
		return nil
	}
	return []finding{fault("record", "all its secrets have ended", `make one by "clau service rotate-secret `+string(p.s.Name)+`"`)}
}
