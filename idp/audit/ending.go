// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// ending is where a file ends: the head of its last whole line, the bytes up to
// there, and the bytes of a line without an end behind it.
type ending struct {
	head       Head
	at         time.Time // of that line
	held, torn int64
}

func endOf(opened *os.File) (ending, error) {
	size, err := opened.Seek(0, io.SeekEnd)
	if err != nil {
		return ending{}, fmt.Errorf("audit: %w", err)
	}
	tail := make([]byte, min(size, 2*maxLine))
	_, err = opened.ReadAt(tail, size-int64(len(tail)))
	if err != nil {
		return ending{}, fmt.Errorf("audit: %w", err)
	}
	whole := tail[:bytes.LastIndexByte(tail, '\n')+1]
	end := ending{torn: int64(len(tail) - len(whole))}
	end.held = size - end.torn
	if size == end.torn {
		return end, nil
	}
	if len(whole) == 0 {
		return ending{held: size}, fmt.Errorf("%w: not a record", ErrBroken)
	}
	last := whole[bytes.LastIndexByte(whole[:len(whole)-1], '\n')+1 : len(whole)-1]
	l, head, err := parse(last)
	end.head, end.at = head, l.At
	return end, err
}

// beginning is the first line of a file, if it has a whole one.
func beginning(opened *os.File) (line, bool) {
	start := make([]byte, maxLine)
	n, err := opened.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return line{}, false
	}
	text, _, whole := bytes.Cut(start[:n], []byte("\n"))
	if !whole {
		return line{}, false
	}
	l, _, err := parse(text)
	return l, err == nil
}
