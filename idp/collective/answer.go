// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
)

// notices are what the pages say has been done: the address says which, and an
// address can come from anywhere.
func notices() []string {
	return []string{
		"accepted", "accepted-unwritten", "agreed", "second", "asked", "asked-unwritten",
		"refused", "refused-unwritten", "opposed", "passed", "passed-unwritten", "expelled-unwritten",
		"suspended", "restored", "expelled", "appointed", "dismissed", "reset-sent", "entrusted", "relieved",
		"invited", "withdrawn", "admitted", "shut", "saved", "logo-saved", "logo-removed",
	}
}

func noticeOf(done string) string {
	if !slices.Contains(notices(), done) {
		return ""
	}
	return "collective.notice." + done
}

// came says which notice tells of a decision.
func came(r membership.Result, done string) string {
	if r == membership.Second {
		return "second"
	}
	return done
}

// told is the notice of what was done to somebody: nobody is written to who has
// no address, and the notice must not say so.
func told(done string, p directory.Person) string {
	if p.Mail == "" && slices.Contains(notices(), done+"-unwritten") {
		return done + "-unwritten"
	}
	return done
}

// refused is why nothing was done, in a sentence on the page from which it was
// asked. Everything else is an error page's to tell.
type refused struct {
	status int
	key    string
}

// refusal reads why package membership, or the directory behind it, did not do
// something. Without a sentence for it the error is returned: that something is
// not there reads the same whatever and wherever it is.
func refusal(err error) (refused, error) {
	conflicts := map[error]string{
		membership.ErrSelf:        "self",
		membership.ErrExceeds:     "exceeds",
		membership.ErrLastManager: "last-manager",
		membership.ErrDone:        "done",
		membership.ErrClosed:      "closed",
		membership.ErrNoAddress:   "no-address",
		directory.ErrConflict:     "conflict",
		directory.ErrExists:       "done",
	}
	for cause, word := range conflicts {
		if errors.Is(err, cause) {
			return refused{http.StatusConflict, "collective.error." + word}, nil
		}
	}
	switch {
	case errors.Is(err, membership.ErrSlow):
		return refused{http.StatusTooManyRequests, "collective.error.slow"}, nil
	case away(err):
		return refused{http.StatusServiceUnavailable, "collective.error.unavailable"}, nil
	}
	return refused{}, absent(err)
}

func away(err error) bool {
	return errors.Is(err, directory.ErrUnavailable) || errors.Is(err, directory.ErrBusy) || errors.Is(err, context.DeadlineExceeded)
}

// absent turns what is missing, and what is somebody else's, into one answer.
func absent(err error) error {
	switch {
	case errors.Is(err, membership.ErrNotThere), errors.Is(err, directory.ErrNotFound), errors.Is(err, directory.ErrRefused):
		return notThere(err)
	}
	return err
}

// tell notes the cause of a sentence for the operator.
func (r refused) tell(ctx context.Context, err error) {
	if r.status >= http.StatusInternalServerError {
		web.NoteError(ctx, err)
	}
}
