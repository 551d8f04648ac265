// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Problem is the public half of an error: all that whoever asked is told.
type Problem struct {
	Status     int
	Code       string        // of themes.Error: "not-found", "busy" …
	Detail     string        // a plain value named in the sentence, such as a service's title
	Back       string        // address to try again or go on to; empty: none
	RetryAfter time.Duration // when to come back; zero: not said
}

// Fail is an error that whoever asked is told of as code. The cause may be nil;
// it goes to the log and nowhere else.
func Fail(status int, code string, cause error) error {
	return FailWith(Problem{Status: status, Code: code}, cause)
}

// FailDetail is [Fail] with a plain value for the sentence of the page.
func FailDetail(status int, code, detail string, cause error) error {
	return FailWith(Problem{Status: status, Code: code, Detail: detail}, cause)
}

// FailWith is [Fail] with everything that a problem may say.
func FailWith(p Problem, cause error) error {
	return &failure{problem: p, cause: cause}
}

func tooMany(wait time.Duration, cause error) error {
	return FailWith(Problem{Status: http.StatusTooManyRequests, Code: "too-many", RetryAfter: wait}, cause)
}

// failure is an error with a public and a private half.
type failure struct {
	problem Problem
	cause   error
}

func (f *failure) Unwrap() error { return f.cause }

func (f *failure) Error() string {
	if f.cause == nil {
		return f.problem.Code
	}
	return f.problem.Code + ": " + f.cause.Error()
}

// ProblemOf is the one place where errors become what people and programs are
// told. What [Fail] did not name is named here: a directory or a store that is
// away, a body that is too large, a deadline; anything else is "internal".
func ProblemOf(err error) Problem {
	var named *failure
	if errors.As(err, &named) {
		return named.problem
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return Problem{Status: http.StatusRequestEntityTooLarge, Code: "too-large"}
	case errors.Is(err, directory.ErrBusy):
		return Problem{Status: http.StatusServiceUnavailable, Code: "busy", RetryAfter: 2 * time.Second}
	case errors.Is(err, directory.ErrUnavailable), errors.Is(err, store.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded):
		return Problem{Status: http.StatusServiceUnavailable, Code: "unavailable", RetryAfter: 10 * time.Second}
	}
	return Problem{Status: http.StatusInternalServerError, Code: "internal"}
}

// protocolError is the problem in the words of OAuth 2.0 (RFC 6749 section
// 4.1.2.1), for programs.
func (p Problem) protocolError() string {
	switch {
	case p.Status == http.StatusServiceUnavailable, p.Status == http.StatusTooManyRequests:
		return "temporarily_unavailable"
	case p.Status >= 500:
		return "server_error"
	case p.Status == http.StatusUnauthorized, p.Status == http.StatusForbidden:
		return "access_denied"
	}
	return "invalid_request"
}
