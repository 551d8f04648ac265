// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
)

const (
	issuer  = "https://id.federacio.example"
	address = "https://app.ateneu.example"
)

// stream is randomness that is the same every time.
type stream struct{ state [32]byte }

func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		if i%32 == 0 {
			s.state = sha256.Sum256(s.state[:])
		}
		p[i] = s.state[i%32]
	}
	return len(p), nil
}

var _ io.Reader = (*stream)(nil)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func library(t *testing.T) *Library {
	t.Helper()
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func find(t *testing.T, name string) Preset {
	t.Helper()
	p, ok := library(t).Find(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	return p
}

func minter(t *testing.T) Minter {
	t.Helper()
	random := &stream{}
	master, err := keys.NewMaster(random)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := keys.NewSealer(master, random)
	if err != nil {
		t.Fatal(err)
	}
	return Minter{Rand: random, Now: noon, Sealer: sealer}
}

// input is what somebody says of an application: as little as there can be.
func input(t *testing.T, p Preset) Input {
	t.Helper()
	in := Input{Name: "app", Title: "L'aplicació", Collective: "ateneu", URL: address, Minter: minter(t)}
	if p.NoAddress {
		in.URL = ""
	}
	if p.SAML != nil && !p.TakesNoMetadata() {
		url, err := p.MetadataURL(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Provider = &directory.SAMLProvider{EntityID: address + "/sp", Metadata: []byte("<EntityDescriptor/>")}
		in.Provider.Settings.MetadataURL = url
	}
	return in
}

func register(t *testing.T, p Preset) (directory.Service, Credentials) {
	t.Helper()
	s, made, err := p.Register(input(t, p))
	if err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	return s, made
}
