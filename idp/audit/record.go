// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Span is what a record covers, with the files of all months.
type Span struct {
	Files    []string // in the order of the chain
	From, To Head
	Since    time.Time // of the first line; zero: there is none
	Until    time.Time // of the last

	// Whole is set when nothing is missing before From: the chain begins there,
	// or says itself that what was before was removed when its time was over.
	Whole bool
}

// VerifyRecord is [Verify] for the record at a path with the months before. It
// may run beside a server that writes.
func VerifyRecord(path string) (Span, error) {
	parts, err := snapshot(path)
	if err != nil {
		return Span{}, err
	}
	defer parts.close()
	span := Span{From: origin(), To: origin(), Whole: true}
	var gone Head
	for _, p := range parts {
		span.Files = append(span.Files, p.path)
		for l, err := range lines(p.reader()) {
			if err != nil {
				return span, fmt.Errorf("%s: %w", p.path, err)
			}
			if span.Since.IsZero() {
				span.From = Head{Line: l.Line - 1, Sum: l.Previous}
				span.To, span.Since, span.Whole = span.From, l.At, span.From == origin()
			}
			if l.Line != span.To.Line+1 || l.Previous != span.To.Sum {
				return span, fmt.Errorf("%s: %w: line %d does not follow line %d", p.path, ErrBroken, l.Line, span.To.Line)
			}
			span.To, span.Until = l.head, l.At
			if head, is := removed(l.Event); is {
				gone = head
			}
		}
	}
	// A month that could not be removed is still there, before what was to go.
	span.Whole = span.Whole || gone == span.From || span.From.Line < gone.Line
	return span, nil
}

// Filter chooses events. Zero fields do not restrict.
type Filter struct {
	Person     directory.PersonID // whom it happened to, or who did it
	Collective directory.CollectiveName
	Service    directory.ServiceID
	Kind       Kind
	Since      time.Time
	Until      time.Time // before it
}

// Fits reports whether an event is among those chosen.
func (f Filter) Fits(e Event) bool {
	return (f.Person == "" || f.Person == e.Person || f.Person == e.Actor) &&
		(f.Collective == "" || f.Collective == e.Collective) &&
		(f.Service == "" || f.Service == e.Service) &&
		(f.Kind == "" || f.Kind == e.Kind) &&
		!e.At.Before(f.Since) && (f.Until.IsZero() || e.At.Before(f.Until))
}

// Search yields the events of a record that fit, of all months, oldest first. It
// checks each line by itself; that none is missing is for [VerifyRecord].
func Search(path string, f Filter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		parts, err := snapshot(path)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer parts.close()
		for _, p := range parts {
			for e, err := range Read(p.reader()) {
				if err != nil {
					yield(Event{}, fmt.Errorf("%s: %w", p.path, err))
					return
				}
				if f.Fits(e) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// part is one file of a record, as it was at one moment.
type part struct {
	path string
	file *os.File
	size int64
}

func (p part) reader() io.Reader { return io.NewSectionReader(p.file, 0, p.size) }

type parts []part

func (all parts) close() {
	for _, p := range all {
		p.file.Close()
	}
}

// snapshot opens all files of a record. The lock, held no longer than that,
// keeps a line from being seen in half and a month from being turned meanwhile.
func snapshot(path string) (parts, error) {
	now, err := openLocked(path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return nil, err
	}
	months, err := monthsOf(path)
	var all parts
	for _, m := range months {
		if err == nil {
			all, err = all.with(m.path)
		}
	}
	if !missing {
		defer now.Close()
		if err == nil {
			all, err = all.with(path)
		}
	}
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("audit: %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		all.close()
		return nil, err
	}
	return all, nil
}

func openLocked(path string) (*os.File, error) {
	for {
		opened, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if err := lock(opened); err != nil {
			return nil, errors.Join(fmt.Errorf("audit: lock: %w", err), opened.Close())
		}
		if isAt(opened, path) {
			return opened, nil
		}
		opened.Close()
	}
}

func (all parts) with(path string) (parts, error) {
	opened, err := os.Open(path)
	if err != nil {
		return all, fmt.Errorf("audit: %w", err)
	}
	info, err := opened.Stat()
	if err != nil {
		opened.Close()
		return all, fmt.Errorf("audit: %w", err)
	}
	return append(all, part{path, opened, info.Size()}), nil
}
