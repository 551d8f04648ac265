// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// valueMax is how much of a value is shown, in bytes.
const valueMax = 500

// harmless are the parameters whose values are nobody's secret and say nothing
// of a person: what a service is, where it wants answers, and what it asks for.
// A parameter that is not here is shown as a number of characters, also if
// nobody has heard of it.
func harmless() []string {
	return []string{
		"client_id", "response_type", "response_mode", "scope", "prompt", "max_age", "acr_values", "ui_locales", "display",
		"grant_type", "code_challenge_method", "resource", "error", "error_description", "iss", "token_type", "expires_in",
		"SigAlg", "sigalg",
	}
}

// addresses are parameters that are addresses: of those the values within are
// blanked as well.
func addresses() []string {
	return []string{"redirect_uri", "post_logout_redirect_uri", "return_sso_url", "rd"}
}

// blank is a parameter as it may be shown.
func blank(name, value string) Said {
	name = clip(name)
	switch {
	case value == "":
		return Said{Name: name}
	case slices.Contains(harmless(), name):
		return Said{Name: name, Value: clip(value)}
	case slices.Contains(addresses(), name):
		return Said{Name: name, Value: address(value)}
	}
	return Said{Name: name, Hidden: utf8.RuneCountInString(value)}
}

// address is an address without who it is for, and without the values in it.
func address(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "?"
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return clip(u.String())
}

// clip keeps a line a line.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if len(text) <= valueMax {
		return text
	}
	return strings.ToValidUTF8(text[:valueMax], "") + "…"
}

// parameters are all of a message, by name.
func (l *Line) parameters(of url.Values) {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range of[name] {
			l.Message(name, value)
		}
	}
}
