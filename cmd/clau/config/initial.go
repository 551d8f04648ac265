// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	_ "embed"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

//go:embed config.example.toml
var example string

// Choices is what a new configuration is begun with.
type Choices struct {
	Issuer     string
	Listen     string // empty: as in the example
	SecretFile string
	DataDir    string
}

// Initial returns the text of a new configuration: the example, comments and
// all, with the choices in their places.
func Initial(c Choices) (string, error) {
	if problem := issuerProblem(c.Issuer); problem != "" {
		return "", fmt.Errorf("the issuer %s", problem)
	}
	if problem := optional(c.Listen, listenProblem); problem != "" {
		return "", fmt.Errorf("the address to listen on %s", problem)
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return "", err
	}
	text := set(example, "issuer", strconv.Quote(c.Issuer))
	text = set(text, "secret_file", strconv.Quote(c.SecretFile))
	text = set(text, "data_dir", strconv.Quote(c.DataDir))
	if c.Listen != "" {
		text = set(text, "listen", strconv.Quote(c.Listen))
	}
	if issuer.Scheme == "http" { // nobody stands between a loopback name and Clau
		text = set(text, "trusted_proxies", "[]")
	}
	return text, nil
}

// Move returns the text of a configuration with another issuer and another
// address to listen on, and all else as it was.
func Move(text, issuer, listen string) string {
	return set(set(text, "issuer", strconv.Quote(issuer)), "listen", strconv.Quote(listen))
}

// set replaces the value of a key outside of any table. The example has each of
// them on one line of its own, which its test sees to.
func set(text, key, value string) string {
	top, tables, _ := strings.Cut(text, "\n[")
	before, rest, found := strings.Cut("\n"+top, "\n"+key+" = ")
	if !found {
		return text
	}
	_, after, _ := strings.Cut(rest, "\n")
	top = strings.TrimPrefix(before+"\n"+key+" = "+value+"\n"+after, "\n")
	if tables == "" {
		return top
	}
	return top + "\n[" + tables
}
