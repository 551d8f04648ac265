// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
)

// maxLine is longer than any line that is written.
const maxLine = 16 << 10

// Verify reads a whole record and returns where its chain stands, or an error
// that wraps [ErrBroken] and names the first line that does not hold. A record
// may begin in the middle of a chain, where an older file ended: compare from.
// The last line being there is for the caller to know, by an earlier head.
func Verify(r io.Reader) (from, to Head, err error) {
	from, to = origin(), origin()
	first := true
	for l, err := range lines(r) {
		if err != nil {
			return from, to, err
		}
		if first {
			from = Head{Line: l.Line - 1, Sum: l.Previous}
			to = from
		}
		first = false
		if l.Line != to.Line+1 || l.Previous != to.Sum {
			return from, to, fmt.Errorf("%w: line %d does not follow line %d", ErrBroken, l.Line, to.Line)
		}
		to = l.head
	}
	return from, to, nil
}

// Read yields the events of a record, oldest first. It checks each line by
// itself; that none is missing is for [Verify].
func Read(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for l, err := range lines(r) {
			if !yield(l.Event, err) || err != nil {
				return
			}
		}
	}
}

// linked is a line that was read, and the head behind it.
type linked struct {
	line
	head Head
}

// lines stops at the first line that does not hold.
func lines(r io.Reader) iter.Seq2[linked, error] {
	return func(yield func(linked, error) bool) {
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, maxLine)
		scanner.Split(wholeLines)
		for place := 1; scanner.Scan(); place++ {
			l, head, err := parse(scanner.Bytes())
			if err != nil {
				yield(linked{}, fmt.Errorf("place %d: %w", place, err))
				return
			}
			if !yield(linked{line: l, head: head}, nil) {
				return
			}
		}
		if scanner.Err() != nil {
			yield(linked{}, fmt.Errorf("audit: read: %w", scanner.Err()))
		}
	}
}

// wholeLines differs from [bufio.ScanLines] in keeping a carriage return, which
// nobody wrote, and in refusing a last line without an end.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	end := bytes.IndexByte(data, '\n')
	if end >= 0 {
		return end + 1, data[:end], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, fmt.Errorf("%w: the last line has no end", ErrBroken)
	}
	return 0, nil, nil
}
