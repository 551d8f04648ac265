// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lateness is how much older an event may be than the file that it is written
// to, before that counts as a clock that was set back.
const lateness = 24 * time.Hour

// month is a file of a month that is over: "audit.log" of October 2026 is
// "audit-2026-10.log".
type month struct {
	path  string
	first uint64 // number of its first line
	end   ending
	sound bool // first and last line hold
}

// monthsOf lists the files beside the one at path, in the order of the chain.
func monthsOf(path string) ([]month, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	stem, ext := split(path)
	form := regexp.MustCompile("^" + regexp.QuoteMeta(filepath.Base(stem)) + `-[0-9]{4}-[0-9]{2}(-[0-9]+)?` + regexp.QuoteMeta(ext) + "$")
	var months []month
	for _, e := range entries {
		if !form.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		m, err := readMonth(filepath.Join(filepath.Dir(path), e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process removed it just now
		}
		if err != nil {
			return nil, err
		}
		months = append(months, m)
	}
	slices.SortStableFunc(months, func(a, b month) int { return cmp.Compare(a.first, b.first) })
	return months, nil
}

func split(path string) (stem, ext string) {
	ext = filepath.Ext(path)
	return strings.TrimSuffix(path, ext), ext
}

func readMonth(path string) (month, error) {
	opened, err := os.Open(path)
	if err != nil {
		return month{}, fmt.Errorf("audit: %w", err)
	}
	defer opened.Close()
	first, begins := beginning(opened)
	end, err := endOf(opened)
	if err != nil && !errors.Is(err, ErrBroken) {
		return month{}, err
	}
	return month{path: path, first: first.Line, end: end, sound: begins && err == nil}, nil
}

// isOver reports whether the file is of another month than that of now. One that
// begins with what is no line, or ends in half of one, stays until that is mended.
func (f *file) isOver(opened *os.File, end ending, now time.Time) bool {
	first, begins := beginning(opened)
	if !begins || end.torn > 0 {
		return false
	}
	of, is := monthName(first.At), monthName(now)
	return is > of || is < of && now.Before(first.At.Add(-lateness))
}

// monthName sorts like the months.
func monthName(at time.Time) string { return at.UTC().Format("2006-01") }

// turn moves the file aside and begins another. Should moving not be possible the
// month goes on where it is: the record matters more than the order of its files.
func (f *file) turn(opened *os.File, end ending) (*os.File, ending, error) {
	first, _ := beginning(opened)
	to := f.nameFor(first.At)
	if err := os.Rename(f.path, to); err != nil {
		f.logger.Error("audit month not turned", "error", err)
		return opened, end, nil
	}
	f.at, f.tidied = end.head, time.Time{}
	syncDir(filepath.Dir(f.path))
	f.logger.Info("audit month closed", "file", to, "line", end.head.Line, "sum", end.head.Sum)
	next, err := f.open()
	if err != nil {
		return opened, end, err
	}
	opened.Close()
	end, err = endOf(next)
	return next, end, err
}

// nameFor is a name that no file has yet.
func (f *file) nameFor(at time.Time) string {
	stem, ext := split(f.path)
	for n := 1; ; n++ {
		name := stem + "-" + monthName(at)
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		if _, err := os.Lstat(name + ext); errors.Is(err, fs.ErrNotExist) {
			return name + ext
		}
	}
}

// syncDir makes a new name last. A disk that cannot is no reason to stop.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
