// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The example is the manual of the file. Every key must be there once, in its
// own table, and nothing that is not a key.
func TestExampleNamesEveryKey(t *testing.T) {
	uncommented := regexp.MustCompile(`(?m)^# (\[[a-z.]+\]|[a-z_]+ = .*)$`).ReplaceAllString(example, "$1")
	if _, faults := decode([]byte(uncommented)); faults != nil {
		t.Fatalf("with every comment taken away:\n%v", faults)
	}
	found := positions([]byte(uncommented))
	for _, key := range keysOf(reflect.TypeFor[file](), "") {
		if _, ok := found[key]; !ok {
			t.Errorf("%s is not in config.example.toml", key)
		}
	}
}

func keysOf(t reflect.Type, prefix string) []string {
	var keys []string
	for field := range t.Fields() {
		key := prefix + field.Tag.Get("toml")
		keys = append(keys, key)
		if field.Type.Kind() == reflect.Struct {
			keys = append(keys, keysOf(field.Type, key+".")...)
		}
	}
	return keys
}

func TestExampleAtTheTopIsTheOneBuiltIn(t *testing.T) {
	top, err := os.ReadFile("../../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	if string(top) != example {
		t.Error("config.example.toml at the top is not the one that clau init writes")
	}
}

func TestExampleAsItStandsIsValid(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "master.secret", "x")
	write(t, dir, "clau.toml", example)
	s, err := Load(filepath.Join(dir, "clau.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Directory.Embedded() || s.State.RedisURL != "" || s.DataDir != filepath.Join(dir, "data") {
		t.Errorf("the example does not say embedded, beside the file: %+v", s)
	}
}

func TestInitialIsValid(t *testing.T) {
	for _, issuer := range []string{"https://id.example.coop", "http://localhost:8080", "https://example.coop/id"} {
		t.Run(issuer, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "m.secret", "x")
			text, err := Initial(Choices{Issuer: issuer, SecretFile: "m.secret", DataDir: "d", Listen: "127.0.0.1:9090"})
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "clau.toml", text)
			s, err := Load(filepath.Join(dir, "clau.toml"))
			if err != nil {
				t.Fatal(err)
			}
			if s.Issuer.String() != issuer || s.Listen != "127.0.0.1:9090" || s.SecretFile != filepath.Join(dir, "m.secret") {
				t.Errorf("the choices did not get into the file: %+v", s)
			}
			if strings.Count(text, "\n# ") < 40 {
				t.Error("the comments got lost")
			}
		})
	}
}

func TestInitialRefusesWhatLoadWouldRefuse(t *testing.T) {
	for _, c := range []Choices{
		{Issuer: "http://id.example.coop"},
		{Issuer: ""},
		{Issuer: "https://id.example.coop/"},
		{Issuer: "https://id.example.coop", Listen: "nowhere"},
	} {
		if _, err := Initial(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
