// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Error codes of RFC 6749 sections 4.1.2.1 and 5.2 and RFC 6750 section 3.1.
const (
	invalidRequest          = "invalid_request"
	invalidClient           = "invalid_client"
	invalidGrant            = "invalid_grant"
	invalidToken            = "invalid_token"
	unsupportedGrantType    = "unsupported_grant_type"
	unsupportedResponseType = "unsupported_response_type"
	accessDenied            = "access_denied"
	serverError             = "server_error"
	unavailable             = "temporarily_unavailable"
)

// errOver says that a grant is nobody's any more: spent, expired, or of somebody
// whom the service would know otherwise by now.
var errOver = errors.New("bridge: the grant is over")

// refusal is an error in the protocol's words: all that an application is told.
// The cause is for the log.
type refusal struct {
	code        string
	description string // a sentence of ours: never another error's text
	cause       error
}

func refuse(code, description string) *refusal {
	return &refusal{code: code, description: description}
}

func (r *refusal) Error() string { return r.code + ": " + r.description }
func (r *refusal) Unwrap() error { return r.cause }

// refusalOf is the one place where what went wrong inside becomes what an
// application is told. Why a grant is over concerns nobody outside.
func refusalOf(err error) *refusal {
	var known *refusal
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, directory.ErrUnavailable),
		errors.Is(err, directory.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return &refusal{unavailable, "try again in a moment", err}
	case errors.Is(err, errUnknownClient):
		return &refusal{invalidClient, "client authentication failed", err}
	case over(err):
		return &refusal{invalidGrant, "the grant is over", err}
	}
	return &refusal{serverError, "something went wrong here", err}
}

// over reports whether err says that a grant is, and not that nobody can tell
// right now.
func over(err error) bool {
	for _, known := range []error{errOver, store.ErrNotFound, signon.ErrStopped, signon.ErrClosed, signon.ErrWithdrawn} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// refusalFor puts a reason into the words of RFC 6749 section 4.1.2.1. The
// requests of a bridge ask for nothing that could not be met but the person.
func refusalFor(reason signon.Reason) *refusal {
	switch reason {
	case signon.AccessDenied:
		return refuse(accessDenied, "the person does not enter")
	case signon.Unavailable:
		return refuse(unavailable, "try again in a moment")
	}
	return refuse(serverError, "something went wrong here")
}

func (r *refusal) status() int {
	switch r.code {
	case invalidClient, invalidToken:
		return http.StatusUnauthorized
	case unavailable:
		return http.StatusServiceUnavailable
	case serverError:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// params is the refusal in a redirect, and leaves it in the log.
func (r *refusal) params(ctx context.Context) url.Values {
	r.note(ctx)
	return url.Values{"error": {r.code}, "error_description": {r.description}}
}

// body is RFC 6749 section 5.2.
func (r *refusal) body() any {
	return struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}{r.code, r.description}
}

func (r *refusal) note(ctx context.Context) {
	web.Note(ctx, "oauth_error", r.code)
	web.NoteError(ctx, r.cause)
}
