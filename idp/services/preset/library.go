// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"commonscloud.coop/clau/idp/directory"
)

//go:embed library/*.toml
var files embed.FS

const wordsFile = "words.toml"

// Library is all presets.
type Library struct{ presets []Preset }

// Load reads the presets that are built in. It fails only on those that no test
// has seen.
func Load() (*Library, error) {
	inside, err := fs.Sub(files, "library")
	if err != nil {
		return nil, err
	}
	return read(inside)
}

// read reads a library strictly: a key that nobody knows is an error, since a
// quirk with a mistyped name would be a quirk that is not there.
func read(dir fs.FS) (*Library, error) {
	var w words
	if err := decode(dir, wordsFile, &w); err != nil {
		return nil, err
	}
	names, err := fs.Glob(dir, "*.toml")
	if err != nil {
		return nil, err
	}
	l := &Library{}
	var faults []error
	for _, name := range names {
		if name == wordsFile {
			continue
		}
		p := Preset{Name: strings.TrimSuffix(path.Base(name), ".toml"), words: w}
		if err := decode(dir, name, &p); err != nil {
			faults = append(faults, err)
			continue
		}
		for _, fault := range p.faults() {
			faults = append(faults, fmt.Errorf("preset: %s: %s", name, fault))
		}
		l.presets = append(l.presets, p)
	}
	slices.SortFunc(l.presets, func(x, y Preset) int { return strings.Compare(x.Name, y.Name) })
	return l, errors.Join(faults...)
}

func decode(dir fs.FS, name string, into any) error {
	text, err := fs.ReadFile(dir, name)
	if err != nil {
		return fmt.Errorf("preset: %w", err)
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	err = d.Decode(into)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		return fmt.Errorf("preset: %s: %s", name, strict.String())
	}
	if err != nil {
		return fmt.Errorf("preset: %s: %w", name, err)
	}
	return nil
}

// All returns every preset, by name.
func (l *Library) All() []Preset { return slices.Clone(l.presets) }

// Names are those that [Library.Find] knows, without aliases.
func (l *Library) Names() []string {
	var names []string
	for _, p := range l.presets {
		names = append(names, p.Name)
	}
	return names
}

// Find returns the preset of a name or alias.
func (l *Library) Find(name string) (Preset, bool) {
	for _, p := range l.presets {
		if p.Name == name || slices.Contains(p.Aliases, name) {
			return p, true
		}
	}
	return Preset{}, false
}

// ForProtocol returns the preset for an application of the protocol that nobody
// has described.
func (l *Library) ForProtocol(protocol string) (Preset, bool) {
	generic := map[string]string{
		directory.ProtocolOIDC: "generic-oidc", directory.ProtocolSAML: "generic-saml",
		directory.ProtocolDiscourse: "discourse-connect", directory.ProtocolForward: "forward-auth",
		directory.ProtocolPhabricator: "phabricator", directory.ProtocolGitLab: "mattermost-gitlab",
	}
	return l.Find(generic[protocol])
}

// Near returns names that somebody may have meant who wrote this one.
func (l *Library) Near(name string) []string {
	var out []string
	for _, p := range l.presets {
		if len(name) > 2 && (strings.Contains(p.Name, name) || strings.Contains(name, p.Name)) {
			out = append(out, p.Name)
		}
	}
	return out
}
