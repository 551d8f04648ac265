// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// attributes are those of an entry to be added. LDAP knows no empty value
// (RFC 4512 section 2.2), so what is empty is left out.
type attributes []attribute

type attribute struct {
	name   string
	values []string
}

func (a *attributes) set(name string, values ...string) {
	if kept := present(values); len(kept) > 0 {
		*a = append(*a, attribute{name, kept})
	}
}

func present(values []string) []string {
	var kept []string
	for _, v := range values {
		if v != "" {
			kept = append(kept, v)
		}
	}
	return kept
}

// replace makes a change of what is given; an empty value removes.
func replace(m *ldap.ModifyRequest, name string, values ...string) {
	m.Replace(name, present(values))
}

// filter is (name=value) with the escapes of RFC 4515.
func filter(name, value string) string {
	return "(" + name + "=" + ldap.EscapeFilter(value) + ")"
}

// until is a filter for times that have come at t.
func until(name string, t time.Time) string { return "(" + name + "<=" + formatTime(t) + ")" }

func and(parts ...string) string { return "(&" + strings.Join(parts, "") + ")" }
func or(parts ...string) string  { return "(|" + strings.Join(parts, "") + ")" }

// GeneralizedTime (RFC 4517 section 3.3.13), to the second.
const timeForm = "20060102150405Z"

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeForm)
}

// parseTime also takes the fractions that others may have written.
func parseTime(s string) time.Time {
	head, _, fraction := strings.Cut(s, ".")
	if fraction {
		s = head + "Z"
	}
	t, err := time.Parse(timeForm, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func formatBool(b bool) string {
	if b {
		return "TRUE"
	}
	return ""
}

// fields reads the attributes of an entry. Names are compared without regard
// to case, as servers may answer in any.
type fields struct{ *ldap.Entry }

func (f fields) text(name string) string     { return f.GetEqualFoldAttributeValue(name) }
func (f fields) time(name string) time.Time  { return parseTime(f.text(name)) }
func (f fields) bool(name string) bool       { return f.text(name) == "TRUE" }
func (f fields) is(class string) bool        { return f.has("objectClass", class) }
func (f fields) number(name string) int64    { n, _ := strconv.ParseInt(f.text(name), 10, 64); return n }
func (f fields) has(name, value string) bool { return containsFold(f.texts(name), value) }
func containsFold(list []string, v string) bool {
	for _, each := range list {
		if strings.EqualFold(each, v) {
			return true
		}
	}
	return false
}

// texts are the values of an attribute, nil if there are none.
func (f fields) texts(name string) []string {
	return present(f.GetEqualFoldAttributeValues(name))
}

func (f fields) bytes(name string) []byte {
	if v := f.GetEqualFoldRawAttributeValue(name); len(v) > 0 {
		return v
	}
	return nil
}
