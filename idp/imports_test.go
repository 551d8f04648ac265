// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "commonscloud.coop/clau/"

// layers is the house from the ground up. A package imports packages of lower
// layers only, so packages of one layer are strangers to each other: what the
// protocols share is below them, and cannot hold in one and be missing in another.
var layers = [][]string{
	{"idp/directory", "idp/store", "idp/retention", "themes"},
	{"idp/audit", "idp/mail", "idp/pseudonym", "idp/ticket"},
	{"idp/web", "idp/letter", "idp/activity"},
	{"idp/keys", "idp/session", "idp/trace"},
	{"idp/release", "idp/login"},
	{"consent"},
	{"idp/logout"},
	{"idp/signon", "idp/membership", "idp/farewell"},
	{"idp/oidc", "idp/saml", "idp/discourse", "idp/bridge", "idp/forwardauth", "idp/upstream",
		"idp/onboarding", "idp/account", "idp/collective", "idp/services"},
	{"idp"},
	{"cmd/clau"},
}

// apart are rooms beside the layers, with all of Clau that they may know.
var apart = map[string][]string{
	"idp/store/bolt":       {"idp/store"},
	"idp/store/redis":      {"idp/store"},
	"ldapbackend":          {"idp/directory", "ldapbackend/schema"},
	"ldapbackend/schema":   {},
	"ldapbackend/embedded": {"idp/directory", "ldapbackend/schema"},
}

// rooms says which packages alone may know a library. Only one place can then
// misuse it, and only one place changes when it does.
var rooms = map[string][]string{
	"github.com/go-jose/go-jose":        {"idp/keys"},
	"github.com/redis/go-redis":         {"idp/store/redis"},
	"github.com/go-ldap/ldap":           {"ldapbackend"},
	"github.com/go-asn1-ber/asn1-ber":   {"ldapbackend"},
	"go.etcd.io/bbolt":                  {"idp/store/bolt", "ldapbackend/embedded"},
	"github.com/zitadel/oidc":           {"idp/oidc"},
	"github.com/wneessen/go-mail":       {"idp/mail"},
	"github.com/prometheus":             {"idp/web", "cmd/clau"},
	"github.com/spf13/cobra":            {"cmd/clau"},
	"github.com/pelletier/go-toml":      {"cmd/clau", "consent", "idp/services/preset"},
	"github.com/coreos/go-oidc":         {"cmd/clau"},
	"golang.org/x/oauth2":               {"cmd/clau"},
	"golang.org/x/crypto/acme/autocert": {"cmd/clau"},
	"github.com/crewjam/saml":           {"idp/saml"},
	"github.com/russellhaering":         {"idp/saml/xmlsig"},
	"github.com/beevik/etree":           {"idp/saml"},
	"github.com/mattermost":             {"idp/saml/xmlsig"},
}

// modules are those that go.mod may name itself, and what each is for. A
// dependency is somebody else's power over every account of the federation:
// adding one is a decision, and this is where it is written down.
var modules = map[string]string{
	"github.com/beevik/etree":                       "SAML: reading and writing XML",
	"github.com/crewjam/saml":                       "SAML: the types of messages and their XML",
	"github.com/mattermost/xml-roundtrip-validator": "tests: a second opinion on XML that is read otherwise the second time",
	"github.com/russellhaering/goxmldsig":           "tests: a second opinion on XML signatures",
	"github.com/chromedp/chromedp":                  "tests: drives Chromium, as a person would",
	"github.com/coreos/go-oidc/v3":                  "the demonstration services and tests: a relying party that is not ours",
	"github.com/go-asn1-ber/asn1-ber":               "the wire of LDAP",
	"github.com/go-jose/go-jose/v4":                 "JWS, JWK: signing and verifying",
	"github.com/go-ldap/ldap/v3":                    "LDAP client",
	"github.com/google/uuid":                        "clauId and entryUUID",
	"github.com/hashicorp/golang-lru/v2":            "bounded caches",
	"github.com/pelletier/go-toml/v2":               "what people write by hand, with the line of each fault",
	"github.com/prometheus/client_golang":           "metrics",
	"github.com/redis/go-redis/v9":                  "Redis client: Sentinel, Cluster",
	"github.com/rogpeppe/go-internal":               "tests: commands told as scripts",
	"github.com/spf13/cobra":                        "commands and shell completion",
	"github.com/wneessen/go-mail":                   "SMTP client",
	"github.com/zitadel/oidc/v3":                    "endpoints of the OpenID Provider",
	"go.etcd.io/bbolt":                              "the one-file stores",
	"golang.org/x/crypto":                           "argon2id, ACME",
	"golang.org/x/net":                              "tests: reading pages",
	"golang.org/x/oauth2":                           "the demonstration services and tests",
	"golang.org/x/sync":                             "one read for many who ask at once; bounded work",
	"golang.org/x/sys":                              "who is at the other end of a Unix socket",
	"golang.org/x/term":                             "asking for a password without showing it",
	"golang.org/x/text":                             "choosing a language",
	"golang.org/x/time":                             "rate limits in the process",
}

// optional modules may come and go while rooms that use them are built.
var optional = []string{"golang.org/x/sys", "github.com/beevik/etree", "github.com/crewjam/saml",
	"github.com/mattermost/xml-roundtrip-validator", "github.com/russellhaering/goxmldsig"}

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func (p goPackage) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// forTests reports whether a package is made for tests and never linked into Clau.
func forTests(name string) bool { return strings.HasSuffix(name, "test") }

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Doc,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []goPackage
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := in.Decode(&p)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		found = append(found, p)
	}
}

// TestImportsPointDown holds the drawing of the house against the code.
func TestImportsPointDown(t *testing.T) {
	for _, p := range listPackages(t) {
		if forTests(p.name()) {
			continue
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, module)
			if !ours {
				continue
			}
			if fault := importFault(p.name(), imported); fault != "" {
				t.Errorf("%s imports %s: %s", p.name(), imported, fault)
			}
		}
	}
}

func importFault(from, to string) string {
	switch {
	case forTests(to):
		return "it is for tests"
	case room(from) == room(to):
		return ""
	case apart[room(from)] != nil:
		if slices.Contains(apart[room(from)], room(to)) {
			return ""
		}
		return "it stands apart, and may know only " + strings.Join(apart[room(from)], ", ")
	case layer(from) < 0:
		return "the importing package has no place in the house: draw it in"
	case apart[room(to)] != nil:
		if layer(from) >= layer("idp") {
			return ""
		}
		return "only the wiring knows which store and directory are used"
	case layer(to) < 0:
		return "the imported package has no place in the house: draw it in"
	case layer(to) >= layer(from):
		return "imports point down"
	}
	return ""
}

// room returns the drawn package that name is or lies below: a room's inner
// packages have its rank and may know each other. Nothing but idp itself is in
// the room idp.
func room(name string) string {
	best := ""
	for _, drawn := range house() {
		inside := drawn == name || drawn != "idp" && strings.HasPrefix(name, drawn+"/")
		if inside && len(drawn) > len(best) {
			best = drawn
		}
	}
	return cmp.Or(best, name)
}

func house() []string {
	names := slices.Collect(maps.Keys(apart))
	return append(names, slices.Concat(layers...)...)
}

func layer(name string) int {
	for i, names := range layers {
		if slices.Contains(names, room(name)) {
			return i
		}
	}
	return -1
}

// TestEachLibraryHasOneRoom: JOSE, LDAP, Redis and the like are each known in
// one place.
func TestEachLibraryHasOneRoom(t *testing.T) {
	for _, p := range listPackages(t) {
		if forTests(p.name()) {
			continue
		}
		for _, path := range p.Imports {
			for library, allowed := range rooms {
				if strings.HasPrefix(path+"/", library+"/") && !inRooms(p.name(), allowed) {
					t.Errorf("%s imports %s, which is for %s alone", p.name(), path, strings.Join(allowed, ", "))
				}
			}
		}
	}
}

func inRooms(name string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(room string) bool {
		return strings.HasPrefix(name+"/", room+"/")
	})
}

// TestTestingStaysOutside: no package of Clau links what only tests need.
func TestTestingStaysOutside(t *testing.T) {
	outside := []string{"testing", "net/http/httptest", "github.com/chromedp/chromedp", "golang.org/x/net/html"}
	for _, p := range listPackages(t) {
		if forTests(p.name()) {
			continue
		}
		for _, path := range outside {
			if slices.Contains(p.Imports, path) {
				t.Errorf("%s imports %s, which is for tests", p.name(), path)
			}
		}
	}
}

// TestDirectModules holds go.mod against the list above.
func TestDirectModules(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var file struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Replace []json.RawMessage
	}
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Replace) > 0 {
		t.Error("go.mod replaces a module: who builds upon Clau would get another one")
	}
	direct := map[string]bool{}
	for _, r := range file.Require {
		direct[r.Path] = direct[r.Path] || !r.Indirect
	}
	for path, is := range direct {
		if is && modules[path] == "" {
			t.Errorf("go.mod requires %s, which nobody decided on", path)
		}
	}
	for path := range modules {
		if !direct[path] && !slices.Contains(optional, path) {
			t.Errorf("%s is decided on and not required directly", path)
		}
	}
}
