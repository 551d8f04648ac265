// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import (
	"encoding/hex"
	"slices"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// maxNames bounds the parts of a DN and maxRDN the bytes of one normalized
// name: back-mdb of OpenLDAP takes no more, and entries shall be movable there.
const (
	maxNames = 64
	maxRDN   = 240
)

// DN is a distinguished name (RFC 4514), in the order in which it is written.
type DN []RDN

// RDN is one name of a [DN]: usually one attribute, at times several.
type RDN []AVA

// AVA is an attribute with the value that names the entry.
type AVA struct {
	Attribute *Attribute
	Value     string // as given
	norm      string
}

func badDN(text string) *wire.Error { return wire.Errorf(wire.InvalidDNSyntax, "%s", text) }

// ParseDN reads a DN. Its attributes must be known, or nobody could say when
// two names are equal.
func (s *Schema) ParseDN(text string) (DN, error) {
	p := dnParser{s, text}
	var dn DN
	if strings.Trim(text, " ") == "" {
		return dn, nil
	}
	for {
		rdn, err := p.rdn()
		if err != nil {
			return nil, err
		}
		if dn = append(dn, rdn); len(dn) > maxNames {
			return nil, badDN("name is too deep")
		}
		if p.rest == "" {
			return dn, nil
		}
		p.rest = p.rest[1:] // rdn stops only at a comma
	}
}

// ParseRDN reads one name.
func (s *Schema) ParseRDN(text string) (RDN, error) {
	dn, err := s.ParseDN(text)
	if err != nil || len(dn) != 1 {
		return nil, badDN("not a single name")
	}
	return dn[0], nil
}

type dnParser struct {
	schema *Schema
	rest   string
}

func (p *dnParser) rdn() (RDN, error) {
	var rdn RDN
	for {
		ava, err := p.ava()
		if err != nil {
			return nil, err
		}
		rdn = append(rdn, ava)
		if p.rest == "" || p.rest[0] != '+' {
			break
		}
		p.rest = p.rest[1:]
	}
	slices.SortFunc(rdn, func(a, b AVA) int { return strings.Compare(a.Attribute.Name, b.Attribute.Name) })
	for i := range rdn[1:] {
		if rdn[i].Attribute == rdn[i+1].Attribute {
			return nil, badDN("attribute is twice in one name")
		}
	}
	if len(rdn.norm()) > maxRDN {
		return nil, badDN("name is too long")
	}
	return rdn, nil
}

func (p *dnParser) ava() (AVA, error) {
	name, rest, found := strings.Cut(p.rest, "=")
	if !found {
		return AVA{}, badDN("no = in name")
	}
	a := p.schema.Attribute(strings.Trim(name, " "))
	if a == nil || !a.Kind.Matches() {
		return AVA{}, badDN("name has an attribute that is unknown or cannot be compared")
	}
	p.rest = strings.TrimLeft(rest, " ")
	value, err := p.value()
	if err != nil {
		return AVA{}, err
	}
	norm, err := p.schema.Normalize(a, value)
	if err != nil || norm == "" {
		return AVA{}, badDN("value in name is not valid")
	}
	return AVA{a, value, norm}, nil
}

// value reads up to the next separator that is not escaped.
func (p *dnParser) value() (string, error) {
	if strings.HasPrefix(p.rest, "#") {
		return p.hexValue()
	}
	var out []byte
	keep := 0 // bytes up to here are not trailing blanks
	for p.rest != "" && p.rest[0] != ',' && p.rest[0] != '+' {
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch {
		case c == '\\':
			octet, err := p.escaped()
			if err != nil {
				return "", err
			}
			out, keep = append(out, octet), len(out)+1
		case c == ';' || c == '<' || c == '>' || c == '"' || c == 0:
			return "", badDN("character must be escaped")
		case c == ' ':
			out = append(out, c)
		default:
			out, keep = append(out, c), len(out)+1
		}
	}
	return string(out[:keep]), nil
}

func (p *dnParser) escaped() (byte, error) {
	if len(p.rest) >= 2 {
		if b, err := hex.DecodeString(p.rest[:2]); err == nil {
			p.rest = p.rest[2:]
			return b[0], nil
		}
	}
	if p.rest == "" || strings.IndexByte(` "#+,;<=>\`, p.rest[0]) < 0 {
		return 0, badDN("bad escape")
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	return c, nil
}

// hexValue reads the #-form (RFC 4514 section 2.4): the BER of a string.
func (p *dnParser) hexValue() (string, error) {
	end := strings.IndexAny(p.rest, ",+")
	if end < 0 {
		end = len(p.rest)
	}
	b, err := hex.DecodeString(strings.TrimRight(p.rest[1:end], " "))
	if err != nil {
		return "", badDN("bad hexadecimal value")
	}
	p.rest = p.rest[end:]
	r := wire.NewReader(b)
	_, content, err := r.Next()
	if err != nil || !r.Empty() {
		return "", badDN("bad hexadecimal value")
	}
	return string(content), nil
}

// String spells the DN in the one form in which Clau stores and sends it.
func (dn DN) String() string {
	names := make([]string, len(dn))
	for i, rdn := range dn {
		names[i] = rdn.String()
	}
	return strings.Join(names, ",")
}

// Norm is the form by which equal DNs are equal strings.
func (dn DN) Norm() string {
	names := make([]string, len(dn))
	for i, rdn := range dn {
		names[i] = rdn.norm()
	}
	return strings.Join(names, ",")
}

// Path is the normalized names from the root to the entry.
func (dn DN) Path() []string {
	path := make([]string, len(dn))
	for i, rdn := range dn {
		path[len(dn)-1-i] = rdn.norm()
	}
	return path
}

// Parent is the DN above; that of an empty DN is empty.
func (dn DN) Parent() DN {
	if len(dn) == 0 {
		return nil
	}
	return dn[1:]
}

// Child is the DN of rdn below dn.
func (dn DN) Child(rdn RDN) DN { return append(DN{rdn}, dn...) }

func (r RDN) String() string {
	return r.join(func(a AVA) string { return a.Attribute.Name + "=" + escape(a.Value) })
}

func (r RDN) norm() string {
	return r.join(func(a AVA) string { return strings.ToLower(a.Attribute.Name) + "=" + escape(a.norm) })
}

// Equal reports whether two names name the same entry below one parent.
func (r RDN) Equal(other RDN) bool { return r.norm() == other.norm() }

func (r RDN) join(spell func(AVA) string) string {
	if len(r) == 1 {
		return spell(r[0])
	}
	parts := make([]string, len(r))
	for i, a := range r {
		parts[i] = spell(a)
	}
	return strings.Join(parts, "+")
}

// escape writes what separates names, and what no terminal should see, as \XX.
func escape(v string) string {
	if !strings.ContainsFunc(v, special) && !strings.HasPrefix(v, " ") && !strings.HasSuffix(v, " ") && !strings.HasPrefix(v, "#") {
		return v
	}
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		edge := c == ' ' && (i == 0 || i == len(v)-1) || c == '#' && i == 0
		if edge || special(rune(c)) && c < 0x80 {
			b.WriteString(`\` + hex.EncodeToString([]byte{c}))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func special(r rune) bool {
	return r < 0x20 || r == 0x7f || strings.ContainsRune(`,+"\<>;=`, r)
}
