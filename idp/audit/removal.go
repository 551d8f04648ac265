// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// tidyEvery is how often it is looked what is too old, beside the turn of months.
const tidyEvery = 24 * time.Hour

// silence is longer than a record is ever quiet. When so much time seems to have
// gone by since the last event it may be the clock that is wrong, and nothing is
// removed before it says the same a day later.
const silence = 62 * 24 * time.Hour

// tooOld are the oldest months, as far as all that is in them is older than the
// record is kept. A month that does not hold is evidence: it stays, and so does
// what follows it.
func (f *file) tooOld(last, now time.Time) []month {
	if now.Sub(f.tidied) < tidyEvery {
		return nil
	}
	f.tidied = now
	if now.Sub(last) > silence {
		return nil
	}
	months, err := monthsOf(f.path)
	if err != nil {
		f.logger.Error("audit months not read", "error", err)
		return nil
	}
	n := 0
	for n < len(months) && months[n].sound && now.Sub(months[n].end.at) > f.keep {
		n++
	}
	return months[:n]
}

// removal is the event by which the chain itself vouches for where it begins: it
// is written before months are removed, and its Reason is the head they end with.
func removal(old []month, now time.Time) Event {
	head := old[len(old)-1].end.head
	return Event{At: now, Kind: MonthsRemoved, Actor: System, Reason: strconv.FormatUint(head.Line, 10) + "." + head.Sum}
}

// removed reads the head back from such an event.
func removed(e Event) (Head, bool) {
	number, sum, found := strings.Cut(e.Reason, ".")
	line, err := strconv.ParseUint(number, 10, 64)
	return Head{Line: line, Sum: sum}, e.Kind == MonthsRemoved && found && err == nil
}

// remove removes them. What cannot be removed now is tried again tomorrow.
func (f *file) remove(old []month) {
	for _, m := range old {
		if err := os.Remove(m.path); err != nil {
			f.logger.Error("audit month not removed", "error", err)
			return
		}
		f.logger.Info("audit month removed", "file", m.path, "line", m.end.head.Line, "sum", m.end.head.Sum)
	}
}
