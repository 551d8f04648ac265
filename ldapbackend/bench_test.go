// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// The costs of a sign-on, over slapd with cheap hashes. The last two must be
// alike: their difference tells which logins exist.
func BenchmarkSlapd(b *testing.B) {
	server := slapdtest.Start(b)
	d := open(b, server.Config())
	ctx := b.Context()
	p := somebody("marta")
	if err := d.AddPerson(ctx, directory.System(), p); err != nil {
		b.Fatal(err)
	}
	if err := d.SetPassword(ctx, directory.System(), p.ID, password); err != nil {
		b.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"Person":             func() error { _, err := d.Person(ctx, p.ID); return err },
		"PersonByLogin":      func() error { _, err := d.PersonByLogin(ctx, "marta"); return err },
		"Standing":           func() error { _, err := d.Standing(ctx, p.ID); return err },
		"Authenticate":       func() error { _, err := d.Authenticate(ctx, p.ID, password); return err },
		"AuthenticateNobody": func() error { _ = d.AuthenticateNobody(ctx, password); return nil },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
