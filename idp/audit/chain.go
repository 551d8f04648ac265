// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrBroken is in every error of a chain that does not hold.
var ErrBroken = errors.New("audit: the chain is broken")

// Head is where a chain stands: the number of its last line and that line's sum.
type Head struct {
	Line uint64
	Sum  string // SHA-256 in hexadecimal
}

// origin is what the first line of a chain follows.
func origin() Head { return Head{Sum: strings.Repeat("0", 2*sha256.Size)} }

// line is an event in its place in the chain.
type line struct {
	Line     uint64 `json:"line"`
	Previous string `json:"previous"` // sum of the line before
	Event
}

const (
	sumMark   = `,"sum":"`
	sumEnd    = `"}`
	sumLength = len(sumMark) + 2*sha256.Size + len(sumEnd)
)

// append writes an event behind head and returns the new head. The line's own
// sum covers every byte before it, so that the last line is guarded as well.
func (h Head) append(to *bytes.Buffer, e Event) (Head, error) {
	body, err := json.Marshal(line{Line: h.Line + 1, Previous: h.Sum, Event: e})
	if err != nil {
		return h, fmt.Errorf("audit: %w", err)
	}
	body = bytes.TrimSuffix(body, []byte("}"))
	sum := sumOf(body)
	to.Write(body)
	to.WriteString(sumMark + sum + sumEnd + "\n")
	return Head{Line: h.Line + 1, Sum: sum}, nil
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// parse reads one line, without its end, and checks its own sum.
func parse(text []byte) (line, Head, error) {
	if len(text) < sumLength {
		return line{}, Head{}, fmt.Errorf("%w: not a line of this record", ErrBroken)
	}
	body, tail := text[:len(text)-sumLength], string(text[len(text)-sumLength:])
	sum := sumOf(body)
	if tail != sumMark+sum+sumEnd {
		return line{}, Head{}, fmt.Errorf("%w: the line was changed", ErrBroken)
	}
	var l line
	err := json.Unmarshal(append(bytes.Clone(body), '}'), &l)
	if err != nil {
		return line{}, Head{}, fmt.Errorf("%w: not a line of this record", ErrBroken)
	}
	return l, Head{Line: l.Line, Sum: sum}, nil
}
