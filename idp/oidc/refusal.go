// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Error codes of RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1 and
// OpenID Connect Core sections 3.1.2.6.
const (
	invalidRequest          = "invalid_request"
	invalidClient           = "invalid_client"
	invalidGrant            = "invalid_grant"
	invalidScope            = "invalid_scope"
	invalidToken            = "invalid_token"
	insufficientScope       = "insufficient_scope"
	unauthorizedClient      = "unauthorized_client"
	unsupportedGrantType    = "unsupported_grant_type"
	unsupportedResponseType = "unsupported_response_type"
	requestNotSupported     = "request_not_supported"
	requestURINotSupported  = "request_uri_not_supported"
	registrationUnsupported = "registration_not_supported"
	loginRequired           = "login_required"
	serverError             = "server_error"
	unavailable             = "temporarily_unavailable"
)

// refusal is an error in the protocol's words: all that a client is told. The
// cause is for the log.
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

// because keeps the cause for the log.
func (r *refusal) because(err error) *refusal {
	r.cause = err
	return r
}

// refusalOf is the one place where what went wrong inside becomes what a client
// is told. An account or a service that was stopped makes the grant invalid:
// which of the two it was concerns nobody outside.
func refusalOf(err error) *refusal {
	var known *refusal
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, directory.ErrUnavailable),
		errors.Is(err, directory.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return refuse(unavailable, "try again in a moment").because(err)
	case errors.Is(err, store.ErrNotFound), notAdmitted(err):
		return refuse(invalidGrant, "the grant is over").because(err)
	}
	return refuse(serverError, "something went wrong here").because(err)
}

// notAdmitted reports whether err says that the person, or the service, does
// not come in any more.
func notAdmitted(err error) bool {
	return errors.Is(err, signon.ErrStopped) || errors.Is(err, signon.ErrClosed) || errors.Is(err, signon.ErrWithdrawn)
}

func (r *refusal) status() int {
	switch r.code {
	case invalidClient, invalidToken:
		return http.StatusUnauthorized
	case insufficientScope:
		return http.StatusForbidden
	case unavailable:
		return http.StatusServiceUnavailable
	case serverError:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// body is RFC 6749 section 5.2.
func (r *refusal) body() any {
	return struct {
		Code        string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{r.code, r.description}
}

// note leaves the refusal in the event of the request, with its cause.
func (r *refusal) note(ctx context.Context) {
	web.Note(ctx, "oauth_error", r.code)
	if r.cause != nil {
		web.NoteError(ctx, r.cause)
	}
}
