// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"encoding/json"
	"strings"
)

// Syntax is what a command is written in. It decides how values in it are
// quoted: titles are chosen by people, and one with a quotation mark in it must
// not become a command of its own on somebody's server.
type Syntax string

const (
	Shell  Syntax = "shell"  // POSIX
	Ruby   Syntax = "ruby"   // single-quoted strings
	PHP    Syntax = "php"    // single-quoted strings
	YAML   Syntax = "yaml"   // double-quoted scalars (YAML 1.2 section 7.3.1), which JSON strings are
	JSON   Syntax = "json"   // RFC 8259 section 7
	Env    Syntax = "env"    // NAME=value, as Compose and systemd read it
	Ini    Syntax = "ini"    // name = "value"
	Apache Syntax = "apache" // directives
	Nginx  Syntax = "nginx"  // directives; a dollar cannot be escaped there, and is left out
	Caddy  Syntax = "caddy"
	Conf   Syntax = "conf" // name = value to the end of the line
	XML    Syntax = "xml"  // attributes and text
)

func syntaxes() []string {
	var out []string
	for _, s := range []Syntax{Shell, Ruby, PHP, YAML, JSON, Env, Ini, Apache, Nginx, Caddy, Conf, XML} {
		out = append(out, string(s))
	}
	return out
}

// quote writes a value so that it is one value there, whatever it holds.
func (s Syntax) quote(value string) string {
	switch s {
	case Shell:
		if bare(value) {
			return value
		}
		return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	case Ruby, PHP:
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
	case YAML, JSON:
		return quoteJSON(value)
	case Env:
		if bare(value) {
			return value
		}
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(value) + `"`
	case Conf:
		return oneLine(value)
	case Nginx:
		return quoteDouble(strings.ReplaceAll(value, "$", ""))
	case Caddy:
		return quoteDouble(strings.NewReplacer("{", "", "}", "").Replace(value))
	case XML:
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(value)
	default:
		return quoteDouble(value)
	}
}

func quoteDouble(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

func quoteJSON(value string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // a string can be written, and a Builder never fails
	return strings.TrimSuffix(b.String(), "\n")
}

// bare reports whether no shell makes anything of the value.
func bare(value string) bool {
	odd := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_./:@%+,=", r)
	}
	return value != "" && value[0] != '-' && !strings.ContainsFunc(value, odd)
}
