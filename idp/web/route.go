// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import "net/http"

// Handler answers a request, or returns an error that [NewRouter]'s handler
// renders: a handler never writes an error page itself. Use [Fail] to say what
// the person is told; any other error is an internal one and tells nothing.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Permission is what a route needs of whoever asks. The zero value needs
// something that nobody has: a route without a permission does not mount.
type Permission string

const (
	// Anyone may ask. Unsafe methods are refused from other sites.
	Anyone Permission = "anyone"

	// AnyoneFromAnySite may ask even by a form on a service's page: protocol
	// messages that services post through the browser (OpenID Connect Core
	// section 3.1.2.1, SAML HTTP-POST). The handler must change nothing that a
	// stranger could want changed in somebody's name.
	AnyoneFromAnySite Permission = "anyone-from-any-site"

	// Person is a browser with a session of a person whose account is usable.
	// Others are sent to log in first. Unsafe methods are refused from other
	// sites.
	Person Permission = "person"

	// Manager is a [Person] who manages the collective that the path names as
	// {collective}. To everybody else the page is not there, and neither is a
	// collective that does not exist.
	Manager Permission = "manager"

	// Keeper is a [Person] who may say who enters the service that the path
	// names as {service}, of the collective {collective}: its managers, and the
	// service's own admins. To everybody else it is not there.
	Keeper Permission = "keeper"

	// Service is a program that proves itself inside the handler (client
	// authentication, bearer token). Such routes see no cookies, and their
	// errors are JSON.
	Service Permission = "service"

	// Relay is the proxy of an application that asks on behalf of a browser. It
	// proves itself inside the handler, as a [Service] does, and is counted as
	// one; but it brings the browser's cookies, and what it says of the browser's
	// request in X-Forwarded-* stays, whoever may be trusted to name clients.
	// The handler reads neither before the proof.
	Relay Permission = "relay"
)

// Route is one row of the table of what Clau answers.
type Route struct {
	Pattern string // of [http.ServeMux], with its method: "POST /login"
	Needs   Permission
	Handle  Handler

	// Body is how many bytes a request's body may have; zero: as [Limits] say.
	Body int64
}

// Area is a room with doors. The list of areas is Clau's table of contents.
type Area interface{ Routes() []Route }

// Guard wraps a handler with the check that a permission stands for. The
// wiring hands one for each permission to [NewRouter]; [Anyone],
// [AnyoneFromAnySite], [Service] and [Relay] need none.
type Guard func(Handler) Handler
