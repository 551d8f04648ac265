// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"

	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// refusal is why there is no assertion, in the words of the protocol. It is
// told to services only where the address that it goes to is proven.
type refusal struct {
	top     string // statusRequester or statusResponder: whose doing it is
	second  string // empty: nothing more to say
	message string
	cause   error
}

func refuse(top, second, message string) *refusal {
	return &refusal{top: top, second: second, message: message}
}

func (n *refusal) because(cause error) *refusal {
	n.cause = cause
	return n
}

func (n *refusal) note(ctx context.Context) {
	web.Note(ctx, "status", n.second)
	if n.cause != nil {
		web.NoteError(ctx, n.cause)
	}
}

// refusalFor puts a reason into the words of saml-core-2.0-os section 3.2.2.2. A
// reason that nobody has heard of tells nothing.
func refusalFor(reason signon.Reason, passive bool) *refusal {
	switch reason {
	case signon.LoginRequired, signon.SelectionRequired, signon.ConsentRequired, signon.InteractionNeeded:
		if passive {
			return refuse(statusResponder, statusNoPassive, "the person would have to be asked something")
		}
		return refuse(statusResponder, statusAuthnFailed, "the person is another, or did not log in")
	case signon.AccessDenied:
		return refuse(statusResponder, statusRequestDenied, "the person does not enter")
	case signon.ACRUnmet:
		return refuse(statusResponder, statusNoAuthnContext, "the person cannot prove who they are as asked")
	case signon.Unavailable:
		return refuse(statusResponder, "", "try again in a moment")
	}
	return refuse(statusResponder, "", "something went wrong here")
}
