// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/themes"
)

// finding is one thing that was looked at.
type finding struct {
	Area    string `json:"area"`
	Level   string `json:"level"` // ok, warning, fault
	Message string `json:"message"`
	Advice  string `json:"advice,omitempty"`
}

func ok(area, message string) finding { return finding{Area: area, Level: "ok", Message: message} }

func warning(area, message, advice string) finding {
	return finding{area, "warning", message, advice}
}

func fault(area, message, advice string) finding { return finding{area, "fault", message, advice} }

// checkView is the result of a whole check.
type checkView struct {
	OK       bool          `json:"ok"`
	Config   string        `json:"config"`
	Issuer   string        `json:"issuer,omitempty"`
	Findings []finding     `json:"findings"`
	Faults   config.Faults `json:"faults,omitempty"` // of the file
}

// checkTime bounds each look: an address that swallows packets must not keep an
// operator waiting.
const checkTime = 10 * time.Second

func (a *app) check() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "look whether everything is as it must be",
		Long: `Reads the configuration and says everything that is wrong with it. If nothing is, it
looks at the secret, the directory with its schema and rights, the state, the mail
server, the certificate and the clock. It leaves nothing behind, and works while Clau
runs.

The exit status is 0 if there is no fault; warnings are no faults.`,
		Args: arguments(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := a.lookAround(c.Context())
			if err != nil {
				return err
			}
			if err := a.printCheck(v); err != nil {
				return err
			}
			if !v.OK {
				return errSilent
			}
			return nil
		},
	}
}

func (a *app) lookAround(ctx context.Context) (checkView, error) {
	name, err := a.configPath()
	if err != nil {
		return checkView{}, err
	}
	v := checkView{OK: true, Config: name, Findings: []finding{}}
	s, err := config.Load(name)
	if errors.As(err, &v.Faults) {
		v.OK = false
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Issuer = s.Issuer.String()
	looks := []func(context.Context, config.Settings) []finding{
		checkConfig, checkSecret, checkThemes, a.checkDirectory, a.checkState, checkMail, a.checkTLS, a.checkClock,
	}
	for _, look := range looks {
		bounded, cancel := context.WithTimeout(ctx, checkTime)
		v.Findings = append(v.Findings, look(bounded, s)...)
		cancel()
	}
	for _, f := range v.Findings {
		v.OK = v.OK && f.Level != "fault"
	}
	return v, nil
}

func (a *app) printCheck(v checkView) error {
	if a.json {
		return a.printJSON(v)
	}
	for _, f := range v.Faults {
		fmt.Fprintln(a.out, f)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(a.out, "%s  %-10s %s\n", a.painted(f.Level), f.Area, f.Message)
		if f.Advice != "" {
			fmt.Fprintf(a.out, "%20s%s\n", "", strings.ReplaceAll(f.Advice, "\n", "\n"+strings.Repeat(" ", 20)))
		}
	}
	if n := len(v.Faults); n > 0 {
		fmt.Fprintf(a.err, "%d to set right in %s; config.example.toml explains every key\n", n, v.Config)
	}
	return nil
}

// painted colours a level on a terminal. It is padded before: to a format,
// colours have a width.
func (a *app) painted(level string) string {
	padded := fmt.Sprintf("%-7s", level)
	if !a.colours() {
		return padded
	}
	colour := map[string]string{"ok": "32", "warning": "33", "fault": "31"}[level]
	return "\x1b[" + colour + "m" + padded + "\x1b[0m"
}

func checkConfig(_ context.Context, s config.Settings) []finding {
	return []finding{ok("config", s.File)}
}

func checkSecret(_ context.Context, s config.Settings) []finding {
	if _, err := keys.LoadMaster(s.SecretFile); err != nil {
		return []finding{fault("secret", err.Error(), "bring the copy back that you kept; without it nobody is recognised at any service")}
	}
	return []finding{ok("secret", "the master secret is whole, and for its owner alone")}
}

func checkThemes(_ context.Context, s config.Settings) []finding {
	if _, err := themes.New(overlay(s)); err != nil {
		return []finding{fault("themes", err.Error(), "set right the files in "+s.ThemeDir)}
	}
	return nil
}

// checkState looks at the embedded state only if nobody is using it: whoever is
// using it has opened it well.
func (a *app) checkState(ctx context.Context, s config.Settings) []finding {
	if s.State.RedisURL == "" && runs(s.DirectorySocket()) {
		return []finding{ok("state", "embedded, in use by the running Clau")}
	}
	state, err := a.openState(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return []finding{fault("state", explain(err), "")}
	}
	defer state.Close()
	if err := state.Ping(ctx); err != nil {
		return []finding{fault("state", "Redis does not answer", "see whether it runs, and whether redis_url and the password are right")}
	}
	if s.State.RedisURL != "" {
		return []finding{ok("state", "Redis answers")}
	}
	return []finding{ok("state", "embedded")}
}
