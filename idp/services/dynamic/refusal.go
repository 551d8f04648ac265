// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
	"commonscloud.coop/clau/idp/web"
)

// Error codes of RFC 7591 section 3.2.2, RFC 6750 section 3.1 and RFC 6749.
const (
	invalidRedirect  = "invalid_redirect_uri"
	invalidMetadata  = "invalid_client_metadata"
	unapproved       = "unapproved_software_statement"
	invalidToken     = "invalid_token"
	accessDenied     = "access_denied"
	unavailable      = "temporarily_unavailable"
	serverError      = "server_error"
	tokenFault       = "the token is not good"
	unreachableFault = " cannot be read, or is not what it should be"
)

// refusal is what software is told. The cause is for the log.
type refusal struct {
	code, description string
	cause             error
}

func refuse(code, description string) *refusal { return &refusal{code: code, description: description} }

func (r *refusal) Error() string { return r.code + ": " + r.description }
func (r *refusal) Unwrap() error { return r.cause }

func (r *refusal) because(err error) *refusal {
	r.cause = err
	return r
}

// refusalOf is the one place where what went wrong inside becomes what software
// is told.
func refusalOf(err error) *refusal {
	var known *refusal
	var fault *rules.Fault
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &fault):
		return refuse(invalidMetadata, fault.Why)
	case errors.Is(err, directory.ErrUnavailable), errors.Is(err, directory.ErrBusy), errors.Is(err, directory.ErrConflict),
		errors.Is(err, context.DeadlineExceeded):
		return refuse(unavailable, "try again in a moment").because(err)
	}
	return refuse(serverError, "something went wrong here").because(err)
}

func (r *refusal) status() int {
	switch r.code {
	case invalidToken:
		return http.StatusUnauthorized
	case accessDenied:
		return http.StatusForbidden
	case unavailable:
		return http.StatusServiceUnavailable
	case serverError:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func (r *refusal) answer(w http.ResponseWriter, req *http.Request) error {
	web.Note(req.Context(), "registration_error", r.code)
	if r.cause != nil {
		web.NoteError(req.Context(), r.cause)
	}
	switch r.code {
	case invalidToken:
		w.Header().Set("WWW-Authenticate", `Bearer realm="clau", error="invalid_token"`)
	case unavailable:
		w.Header().Set("Retry-After", "5")
	}
	return web.WriteJSON(w, r.status(), map[string]string{"error": r.code, "error_description": plain(r.description)})
}

// plain has the characters of RFC 6749 section 5.2 only: a description quotes
// what was sent.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < ' ' || r > '~' || r == '\\':
			return '?'
		}
		return r
	}, s)
}
