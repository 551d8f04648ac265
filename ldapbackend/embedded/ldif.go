// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// ErrLDIF is returned for text that is not LDIF content records (RFC 2849).
var ErrLDIF = errors.New("embedded: not LDIF")

// maxLine bounds one line of LDIF with its continuations.
const maxLine = 16 << 20

// ldifReader reads content records.
type ldifReader struct {
	scanner *bufio.Scanner
	number  int // of the line last read
	ahead   *string
}

func newLDIFReader(r io.Reader) *ldifReader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	return &ldifReader{scanner: s}
}

// next returns the next record, or io.EOF.
func (l *ldifReader) next() (dn string, attributes []wire.Attribute, err error) {
	for {
		name, value, err := l.pair()
		if errors.Is(err, errBlank) || err == nil && name == "version" {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		if !strings.EqualFold(name, "dn") {
			return "", nil, l.fault("record does not begin with dn")
		}
		attributes, err := l.attributes()
		return value, attributes, err
	}
}

func (l *ldifReader) attributes() ([]wire.Attribute, error) {
	var all []wire.Attribute
	at := map[string]int{}
	for {
		name, value, err := l.pair()
		if errors.Is(err, errBlank) || errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		key := strings.ToLower(name)
		if key == "changetype" || key == "control" {
			return nil, l.fault("change records are not read")
		}
		i, known := at[key]
		if !known {
			i, at[key] = len(all), len(all)
			all = append(all, wire.Attribute{Name: name})
		}
		all[i].Values = append(all[i].Values, value)
	}
}

// errBlank is the empty line between records.
var errBlank = errors.New("embedded: blank line")

func (l *ldifReader) pair() (name, value string, err error) {
	line, err := l.logical()
	if err != nil {
		return "", "", err
	}
	if line == "" {
		return "", "", errBlank
	}
	name, rest, found := strings.Cut(line, ":")
	if !found || name == "" {
		return "", "", l.fault("no attribute")
	}
	switch {
	case strings.HasPrefix(rest, ":"):
		b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest[1:]))
		if err != nil {
			return "", "", l.fault("bad base64")
		}
		return name, string(b), nil
	case strings.HasPrefix(rest, "<"):
		// A URL would let whoever wrote the file read others.
		return "", "", l.fault("values by URL are not read")
	}
	return name, strings.TrimLeft(rest, " "), nil
}

// logical joins a line with its continuations and skips comments.
func (l *ldifReader) logical() (string, error) {
	line, err := l.physical()
	if err != nil {
		return "", err
	}
	comment := strings.HasPrefix(line, "#")
	var b strings.Builder
	b.WriteString(line)
	for {
		more, err := l.physical()
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if err == nil && strings.HasPrefix(more, " ") && line != "" {
			b.WriteString(more[1:])
			if b.Len() > maxLine {
				return "", l.fault("line too long")
			}
			continue
		}
		if err == nil {
			l.ahead = &more
		}
		if comment {
			return l.logical()
		}
		return b.String(), nil
	}
}

func (l *ldifReader) physical() (string, error) {
	if l.ahead != nil {
		line := *l.ahead
		l.ahead = nil
		return line, nil
	}
	if !l.scanner.Scan() {
		if l.scanner.Err() != nil {
			return "", l.fault("line too long or unreadable")
		}
		return "", io.EOF
	}
	l.number++
	return strings.TrimSuffix(l.scanner.Text(), "\r"), nil
}

func (l *ldifReader) fault(text string) error {
	return fmt.Errorf("%w: line %d: %s", ErrLDIF, l.number, text)
}

// ldifWriter writes content records. Lines are not folded.
type ldifWriter struct{ w *bufio.Writer }

func (l ldifWriter) pair(name, value string) {
	if safeValue(value) {
		_, _ = l.w.WriteString(name + ": " + value + "\n")
		return
	}
	_, _ = l.w.WriteString(name + ":: " + base64.StdEncoding.EncodeToString([]byte(value)) + "\n")
}

// safeValue is SAFE-STRING, without a space at the end.
func safeValue(v string) bool {
	if v == "" {
		return true
	}
	if strings.IndexByte(" :<", v[0]) >= 0 || v[len(v)-1] == ' ' {
		return false
	}
	for i := range len(v) {
		if v[i] < 0x20 || v[i] >= 0x7f {
			return false
		}
	}
	return true
}
