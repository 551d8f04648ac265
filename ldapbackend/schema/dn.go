// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// ErrBase is returned for a base DN that cannot be the root of a tree.
var ErrBase = errors.New("schema: unusable base DN")

// suffix is the base DN in the spellings that the configuration of slapd asks
// for. A rule whose DN is spelled wrong is no error: it just never matches.
type suffix struct {
	dn    string // RFC 4514, with special characters as \XX: without quotes, also between quotes
	regex string // as part of a dn.regex pattern
	url   string // as the DN of an LDAP URL (RFC 4516)
	first []*ldap.AttributeTypeAndValue
}

func parseBase(base string) (suffix, error) {
	dn, err := ldap.ParseDN(base)
	if err != nil {
		return suffix{}, fmt.Errorf("%w: %q: %w", ErrBase, base, err)
	}
	if len(dn.RDNs) == 0 {
		return suffix{}, fmt.Errorf("%w: it is empty", ErrBase)
	}
	for _, r := range dn.RDNs {
		for _, a := range r.Attributes {
			if strings.ContainsFunc(a.Value, control) {
				return suffix{}, fmt.Errorf("%w: %q holds a control character", ErrBase, base)
			}
		}
	}
	plain := canonical(dn)
	return suffix{
		dn:    plain,
		regex: unusual.ReplaceAllString(plain, "[^,=]+"),
		url:   strings.ReplaceAll(url.PathEscape(plain), "?", "%3F"),
		first: dn.RDNs[0].Attributes,
	}, nil
}

func control(r rune) bool { return r < 0x20 || r == 0x7f }

// canonical spells a DN as slapd does before it matches patterns: lower-case
// attribute types, no space around separators, special characters as \XX.
func canonical(dn *ldap.DN) string {
	var rdns []string
	for _, r := range dn.RDNs {
		var parts []string
		for _, a := range r.Attributes {
			parts = append(parts, strings.ToLower(a.Type)+"="+escapeValue(a.Value))
		}
		rdns = append(rdns, strings.Join(parts, "+"))
	}
	return strings.Join(rdns, ",")
}

func escapeValue(v string) string {
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		edge := i == 0 && (c == ' ' || c == '#') || i == len(v)-1 && c == ' '
		if edge || strings.IndexByte(`,+"\<>;=`, c) >= 0 {
			b.WriteString(`\` + strings.ToUpper(hex.EncodeToString([]byte{c})))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unusual are the characters that a pattern of slapd does not spell. How many
// backslashes survive depends on the attribute, and letters beyond ASCII have
// more than one normal form. Any characters within a value stand for them: a
// pattern is only held against names that end with the base anyway.
var unusual = regexp.MustCompile(`[^A-Za-z0-9 ,=_-]+`)
