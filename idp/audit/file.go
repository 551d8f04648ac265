// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"commonscloud.coop/clau/idp/retention"
)

// file is a record on disk: the file of this month, and beside it those of the
// months before. It is opened anew for every batch, so that it may be moved away
// at any time, and locked meanwhile, so that a command and a running server
// write one chain.
type file struct {
	path   string
	keep   time.Duration
	logger *slog.Logger
	at     Head      // used when nothing is there; otherwise the end of what is there counts
	tidied time.Time // when it was last looked what is too old
}

var _ sink = (*file)(nil)

func openFile(path string, c Config) (*file, error) {
	f := &file{path: path, keep: cmp.Or(c.Keep, retention.Audit), logger: c.Logger, at: origin()}
	opened, err := f.open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	end, err := endOf(opened)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.at, err = f.behind(end); err != nil {
		return nil, err
	}
	return f, nil
}

// open opens and locks the file at the path. Whoever waited for the lock may
// hold what another process has moved away meanwhile, and tries again.
func (f *file) open() (*os.File, error) {
	for {
		opened, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if err := lock(opened); err != nil {
			return nil, errors.Join(fmt.Errorf("audit: lock: %w", err), opened.Close())
		}
		if isAt(opened, f.path) {
			return opened, nil
		}
		opened.Close()
	}
}

func isAt(opened *os.File, path string) bool {
	held, err := opened.Stat()
	if err != nil {
		return true // the next use of it says what is wrong
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(held, there)
}

func (f *file) head() Head { return f.at }

// behind is the head that a batch follows.
func (f *file) behind(end ending) (Head, error) {
	if end.held > 0 {
		return end.head, nil
	}
	months, err := monthsOf(f.path)
	if err != nil || len(months) == 0 {
		return f.at, err
	}
	last := months[len(months)-1].end.head
	if last.Line > f.at.Line {
		return last, nil
	}
	return f.at, nil
}

func (f *file) append(events []Event) error {
	opened, err := f.open()
	if err != nil {
		return err
	}
	// What matters about closing was said by Sync already.
	defer func() { opened.Close() }()
	end, err := endOf(opened)
	if errors.Is(err, ErrBroken) {
		// Somebody wrote over the end. Going on from what we know keeps the
		// fault visible where it is.
		end.head, err = f.at, nil
		return f.write(opened, end, events)
	}
	if err != nil {
		return err
	}
	last := end.at
	if f.isOver(opened, end, events[0].At) {
		if opened, end, err = f.turn(opened, end); err != nil {
			return err
		}
	}
	if end.head, err = f.behind(end); err != nil {
		return err
	}
	old := f.tooOld(last, events[0].At)
	if len(old) > 0 {
		events = append([]Event{removal(old, events[0].At)}, events...)
	}
	if err := f.write(opened, end, events); err != nil {
		return err
	}
	f.remove(old)
	return nil
}

// write puts events behind an end, all or none.
func (f *file) write(opened *os.File, end ending, events []Event) error {
	if end.torn > 0 {
		torn := Event{At: events[0].At, Kind: LineTorn, Actor: System}
		events = append([]Event{torn}, events...)
	}
	var text bytes.Buffer
	head, err := encode(&text, end.head, events)
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
