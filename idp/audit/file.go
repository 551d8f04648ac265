// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// file is a record on disk. It is opened anew for every batch, so that it may
// be moved away at any time, and locked meanwhile, so that a command and a
// running server write one chain.
type file struct {
	path string
	at   Head // used when the file is new; otherwise its own end counts
}

var _ sink = (*file)(nil)

func openFile(path string) (*file, error) {
	f := &file{path: path, at: origin()}
	opened, err := f.open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	end, err := endOf(opened)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if end.held > 0 {
		f.at = end.head
	}
	return f, nil
}

func (f *file) open() (*os.File, error) {
	opened, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	err = lock(opened)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("audit: lock: %w", err), opened.Close())
	}
	return opened, nil
}

func (f *file) head() Head { return f.at }

func (f *file) append(events []Event) error {
	opened, err := f.open()
	if err != nil {
		return err
	}
	// What matters about closing was said by Sync already.
	defer opened.Close()
	end, err := endOf(opened)
	if errors.Is(err, ErrBroken) {
		// Somebody wrote over the end. Going on from what we know keeps the
		// fault visible where it is.
		end.head, err = f.at, nil
	}
	if err != nil {
		return err
	}
	return f.write(opened, end, events)
}

func (f *file) write(opened *os.File, end ending, events []Event) error {
	head := f.at
	if end.held > 0 {
		head = end.head
	}
	if end.torn > 0 {
		torn := Event{At: events[0].At, Kind: LineTorn, Actor: System}
		events = append([]Event{torn}, events...)
	}
	var text bytes.Buffer
	head, err := encode(&text, head, events)
	if err != nil {
		return err
	}
	err = opened.Truncate(end.held)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = opened.WriteAt(text.Bytes(), end.held)
	if err != nil {
		return errors.Join(fmt.Errorf("audit: %w", err), opened.Truncate(end.held))
	}
	err = opened.Sync()
	if err != nil {
		return errors.Join(fmt.Errorf("audit: %w", err), opened.Truncate(end.held))
	}
	f.at = head
	return nil
}

func encode(to *bytes.Buffer, head Head, events []Event) (Head, error) {
	for _, e := range events {
		next, err := head.append(to, e)
		if err != nil {
			return head, err
		}
		head = next
	}
	return head, nil
}

// ending is where a file ends: the head of its last whole line, the bytes up to
// there, and the bytes of a line without an end behind it.
type ending struct {
	head       Head
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
	_, end.head, err = parse(last)
	return end, err
}

// stream is a record that only goes out.
type stream struct {
	to io.Writer
	at Head
}

var _ sink = (*stream)(nil)

func (s *stream) head() Head { return s.at }

func (s *stream) append(events []Event) error {
	var text bytes.Buffer
	head, err := encode(&text, s.at, events)
	if err != nil {
		return err
	}
	_, err = s.to.Write(text.Bytes())
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	s.at = head
	return nil
}
