// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// step is one step of a guide, as a preset has it.
type step struct {
	Head     string     `toml:"head"`  // name of a title that several share, in words.toml
	Title    Text       `toml:"title"` // its own
	Path     string     `toml:"path"`  // to the screen, in that screen's words
	Text     Text       `toml:"text"`
	Fields   [][]string `toml:"fields"` // pairs: the field's name as that screen shows it, and the value
	Commands []command  `toml:"commands"`
}

type command struct {
	Where  string `toml:"where"` // a file or a place; the same in every language
	Syntax Syntax `toml:"syntax"`
	Text   string `toml:"text"`
}

// Values are what a guide needs beside the service.
type Values struct {
	Issuer      string
	Secret      string // empty: a placeholder stands in its place
	Certificate []byte // DER, of Clau, for SAML; nil: a placeholder

	// Params go before what can be told from the service's addresses.
	Params map[string]string
}

// Guide says what to do at the other side.
type Guide struct {
	Title    string   `json:"title"`
	About    string   `json:"about"`
	Steps    []Step   `json:"steps"`
	Warnings []string `json:"warnings,omitempty"` // what the application does that people should know of
	Logout   Logout   `json:"logout"`
	LogoutIs string   `json:"logout_is"` // what that means, in a sentence
}

// Step is one step of it.
type Step struct {
	Title    string    `json:"title"`
	Path     string    `json:"path,omitempty"` // how to get to the screen
	Text     string    `json:"text,omitempty"`
	Fields   []Field   `json:"fields,omitempty"`
	Commands []Command `json:"commands,omitempty"`
}

// Field is something to enter on a screen.
type Field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Secret bool   `json:"secret,omitempty"` // the value holds the secret
}

// Command is something to run, or to write into a file.
type Command struct {
	Where  string `json:"where"`
	Syntax Syntax `json:"syntax"`
	Text   string `json:"text"`
	Secret bool   `json:"secret,omitempty"`
}

// Guide returns the instructions for a service that was registered by the
// preset, in a language. The secret is in it only if the values have it. Params
// that the preset cannot have are returned as [Faults].
func (p Preset) Guide(s directory.Service, v Values, lang string) (Guide, error) {
	if err := errors.Join(p.givenFaults(v.Params)...); err != nil {
		return Guide{}, err
	}
	f := p.guideFacts(s, v, lang)
	g := Guide{Title: p.Title, About: p.About.In(lang), Warnings: p.warnings(lang), Logout: p.LogoutOf(s)}
	g.LogoutIs = p.words.Logout[g.Logout].In(lang)
	if p.LogoutIf != nil {
		g.LogoutIs = p.LogoutIf.In(lang)
	}
	for _, one := range p.Steps {
		if one.Head != "" {
			one.Title = p.words.Heads[one.Head]
		}
		made, err := one.fill(f, v.Secret, lang)
		if err != nil {
			return g, fmt.Errorf("%w in %s", err, p.Name)
		}
		g.Steps = append(g.Steps, made)
	}
	return g, nil
}

func (p Preset) guideFacts(s directory.Service, v Values, lang string) facts {
	f := p.recall(s)
	for name, value := range v.Params {
		f.Param[name] = cmp.Or(value, f.Param[name])
	}
	f.issue(v.Issuer)
	f.Endpoints, f.Secret = EndpointsOf(v.Issuer, s), v.Secret
	if f.Secret == "" {
		f.Secret = p.words.Placeholder["secret"].In(lang)
	}
	if p.OIDC != nil {
		f.IntrospectAs = as(f.Introspect, f.ClientID, f.Secret)
		f.Scopes = strings.Join(p.Scopes(s), " ")
	}
	f.certify(v.Certificate)
	if len(v.Certificate) == 0 {
		f.Certificate = p.words.Placeholder["certificate"].In(lang)
		f.PEM = f.Certificate
	}
	return f
}

// as puts a name and a secret into an address.
func as(address, name, secret string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	return scheme + "://" + name + ":" + secret + "@" + rest
}

func (p Preset) warnings(lang string) []string {
	var out []string
	for _, name := range p.Warnings {
		out = append(out, p.words.Warnings[name].In(lang))
	}
	for _, text := range p.Beware {
		out = append(out, text.In(lang))
	}
	if p.NeedsMail {
		out = append(out, p.words.NeedsMail.In(lang))
	}
	return out
}

func (s step) fill(f facts, secret, lang string) (Step, error) {
	text, err := expand(s.Text.In(lang), f)
	made := Step{Title: s.Title.In(lang), Path: s.Path, Text: strings.TrimSpace(text)}
	if err != nil {
		return made, err
	}
	holds := func(text string) bool { return secret != "" && strings.Contains(text, secret) }
	for _, pair := range s.Fields {
		value, err := expand(pair[1], f)
		if err != nil {
			return made, err
		}
		made.Fields = append(made.Fields, Field{Name: pair[0], Value: value, Secret: holds(value)})
	}
	for _, c := range s.Commands {
		where, err := expand(c.Where, f)
		if err != nil {
			return made, err
		}
		text, err := expandIn(c.Syntax, c.Text, f)
		if err != nil {
			return made, err
		}
		made.Commands = append(made.Commands, Command{Where: where, Syntax: c.Syntax, Text: strings.TrimSpace(text), Secret: holds(text)})
	}
	return made, nil
}
