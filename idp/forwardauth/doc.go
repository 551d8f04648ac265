// SPDX-License-Identifier: AGPL-3.0-or-later

// Package forwardauth lets people into applications that know no protocol: the
// proxy before such an application asks Clau about each request, and hands on
// who it is from.
//
// A browser never shows Clau's cookie to the application's origin. So it carries
// one of that origin, which the proxy brings along with its question:
//
//	browser ── /page ──► proxy ── check ──► nobody we know
//	   ├── /.clau/enter ──► proxy ──► a name for the browser, as a cookie
//	   ├── Clau: /forward/{service}/start ──► signon ──► a ticket
//	   ├── /.clau/callback ──► proxy ──► the ticket is spent: a pass, as a cookie
//	   └── /page ──► proxy ── check ──► the pass is good: who it is, in headers
//
// # The pass
//
// A pass is written when the sign-on is answered, together with all else that is,
// under a digest of the ticket and of the browser's name at the application. Who
// knows the ticket alone cannot spend it, so a link with somebody else's ticket
// logs nobody in; it is spent once, within a minute. The pass is held by the
// session and by the consent that it came from: a log-out anywhere, or a stop,
// deletes it, also while the ticket is on its way. Nothing in the store or in
// any log opens anything.
//
// # The check
//
// Each check reads the store once and asks [signon.Pipeline.Admit], as all doors
// do. The proxy proves itself first, so that nobody else can find out whose pass
// is good. Whatever cannot be decided is a refusal. Rules are held against the
// path as it was sent: where there are any, a path that two programs could read
// differently is refused.
//
// The headers of an answer are always all there, if need be empty, so that the
// proxy overwrites what came from outside. X-Clau-Assertion is a JWT by which an
// application knows that they came from Clau and not from elsewhere.
//
// Proxies differ in what they do with an answer, so each kind asks at an address
// of its own; nothing that a browser sends decides how a question is read.
//
// The package never sees what people type, never decides who enters a service or
// what is released, and never proxies anything itself.
package forwardauth
