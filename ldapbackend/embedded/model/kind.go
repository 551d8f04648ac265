// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import (
	"errors"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind joins a syntax with its equality rule (RFC 4517 sections 3.3 and 4.2):
// in the schemas that Clau uses the pairs are few.
type Kind byte

const (
	Opaque    Kind = iota // any octets, without a rule: values cannot be compared
	Octets                // octetStringMatch
	Text                  // Directory String, caseIgnoreMatch
	TextExact             // Directory String, caseExactMatch
	TextBare              // Directory String without a rule
	IA5                   // IA5 String, caseIgnoreIA5Match
	IA5Exact              // IA5 String, caseExactIA5Match
	Number                // Telephone or Numeric String: spaces and dashes do not count
	Name                  // DN, distinguishedNameMatch
	Integer               // integerMatch
	Time                  // Generalized Time, generalizedTimeMatch
	Boolean               // booleanMatch
	OID                   // objectIdentifierMatch
	UUID                  // UUIDMatch
)

var errSyntax = errors.New("model: value does not have the syntax of the attribute")

// Matches reports whether values can be compared.
func (k Kind) Matches() bool { return k != Opaque && k != TextBare }

// Ordered reports whether values can be compared by size.
func (k Kind) Ordered() bool { return k == Time || k == Integer || k == UUID || k == Octets }

// Substrings reports whether parts of values can be searched.
func (k Kind) Substrings() bool { return k >= Text && k <= Number && k != TextBare }

// normalize checks a value's syntax and returns the form by which equal values
// are equal bytes. Names are normalized by [Schema.Normalize], which knows types.
func (k Kind) normalize(v string) (string, error) {
	switch k {
	case Text:
		return text(v, true)
	case TextExact, TextBare:
		return text(v, false)
	case IA5, IA5Exact:
		return ia5(v, k == IA5)
	case Number:
		return number(v)
	case Integer:
		return integer(v)
	case Time:
		return generalizedTime(v)
	case Boolean:
		if v != "TRUE" && v != "FALSE" {
			return "", errSyntax
		}
	case OID:
		if v == "" {
			return "", errSyntax
		}
		return strings.ToLower(v), nil
	case UUID:
		return uuid(v)
	}
	return v, nil
}

// text prepares a Directory String (RFC 4518): it is never empty, and runs of
// spaces count as one.
func text(v string, fold bool) (string, error) {
	if v == "" || !utf8.ValidString(v) {
		return "", errSyntax
	}
	if ascii(v) {
		return spaces(foldASCII(v, fold)), nil
	}
	v = norm.NFKC.String(v)
	if fold {
		v = norm.NFKC.String(strings.ToLower(v))
	}
	return spaces(v), nil
}

func ia5(v string, fold bool) (string, error) {
	if !ascii(v) {
		return "", errSyntax
	}
	return spaces(foldASCII(v, fold)), nil
}

func ascii(v string) bool {
	for i := range len(v) {
		if v[i] >= 0x80 {
			return false
		}
	}
	return true
}

func foldASCII(v string, fold bool) string {
	if !fold {
		return v
	}
	return strings.ToLower(v)
}

// spaces trims, and makes every run of spaces one (RFC 4518 section 2.6.1).
func spaces(v string) string {
	trimmed := strings.Trim(v, " ")
	if !strings.Contains(trimmed, "  ") {
		return trimmed
	}
	return strings.Join(strings.FieldsFunc(trimmed, func(r rune) bool { return r == ' ' }), " ")
}

func number(v string) (string, error) {
	if v == "" || !ascii(v) {
		return "", errSyntax
	}
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(v)), nil
}

func integer(v string) (string, error) {
	if len(v) > 100 || strings.HasPrefix(v, "+") {
		return "", errSyntax
	}
	n, ok := new(big.Int).SetString(v, 10)
	if !ok {
		return "", errSyntax
	}
	return n.String(), nil
}

// generalizedTime brings a time to UTC with seconds (RFC 4517 section 3.3.13),
// so that times sort as bytes. A year zero is legal: password policy writes
// 000001010000Z to lock an account for good.
func generalizedTime(v string) (string, error) {
	body, zone := v, "Z"
	if i := strings.IndexAny(v, "Z+-"); i >= 0 {
		body, zone = v[:i], v[i:]
	} else {
		return "", errSyntax
	}
	whole, fraction, dotted := strings.Cut(strings.Replace(body, ",", ".", 1), ".")
	layout := map[int]string{10: "2006010215", 12: "200601021504", 14: "20060102150405"}[len(whole)]
	if layout == "" || dotted && (len(whole) != 14 || !digits(fraction)) {
		return "", errSyntax
	}
	t, err := time.Parse(layout, whole)
	if err != nil {
		return "", errSyntax
	}
	shift, err := offset(zone)
	if err != nil {
		return "", err
	}
	out := t.Add(-shift).Format("20060102150405")
	if f := strings.TrimRight(fraction, "0"); f != "" {
		out += "." + f
	}
	return out + "Z", nil
}

func offset(zone string) (time.Duration, error) {
	if zone == "Z" {
		return 0, nil
	}
	layout := map[int]string{3: "-07", 5: "-0700"}[len(zone)]
	t, err := time.Parse(layout, zone)
	if err != nil || layout == "" {
		return 0, errSyntax
	}
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second, nil
}

func digits(v string) bool {
	return v != "" && strings.Trim(v, "0123456789") == ""
}

func uuid(v string) (string, error) {
	if len(v) != 36 {
		return "", errSyntax
	}
	for i := range len(v) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (v[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(v[i])) {
			return "", errSyntax
		}
	}
	return strings.ToLower(v), nil
}

// Compare orders two normalized values; ok is false when the kind has no order.
func (k Kind) Compare(a, b string) (order int, ok bool) {
	if k != Integer {
		return strings.Compare(timeKey(k, a), timeKey(k, b)), k.Ordered()
	}
	x, okX := new(big.Int).SetString(a, 10)
	y, okY := new(big.Int).SetString(b, 10)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

// timeKey drops the final Z, which would sort a whole second behind its
// fractions.
func timeKey(k Kind, v string) string {
	if k == Time {
		return strings.TrimSuffix(v, "Z")
	}
	return v
}
