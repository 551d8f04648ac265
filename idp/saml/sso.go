// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// reply is what an AuthnRequest leaves for its answer, success or not. It was
// checked when the request arrived, and waits in the store together with the
// sign-on, never in the browser.
type reply struct {
	ACS          string           `json:"acs"`
	InResponseTo string           `json:"in_response_to,omitempty"` // empty: nobody asked
	Relay        string           `json:"relay,omitempty"`
	Format       string           `json:"format"` // of the NameID
	Context      requestedContext `json:"context,omitzero"`
	Only         []string         `json:"only,omitempty"`       // attributes asked for, by name
	Identifier   bool             `json:"identifier,omitempty"` // subject-id or pairwise-id too
}

func replyOf(request signon.Request) (reply, error) {
	var to reply
	if err := json.Unmarshal(request.Reply, &to); err != nil {
		return reply{}, fmt.Errorf("saml: reply: %w", err)
	}
	return to, nil
}

// singleSignOn is the SingleSignOnService. Until it is proven where an answer
// may go, whatever is wrong the person reads, and nothing is sent anywhere;
// after that the service is told, in a signed answer.
func (p *Provider) singleSignOn(w http.ResponseWriter, r *http.Request) error {
	m, err := receive(r)
	if err != nil {
		return err
	}
	from, request, err := p.readRequest(r.Context(), m)
	if err != nil {
		return err
	}
	to, err := address(from, request, m.relay)
	if err != nil {
		return err
	}
	signOn, no := p.translate(from, request, &to)
	if no != nil {
		return p.respondRefused(w, r, from, to, no)
	}
	if r.Method == http.MethodPost && !p.c.Sessions.Sent(r) {
		return p.comeBack(w, r, signOn)
	}
	return p.c.SignOns.Begin(w, r, signOn)
}

// readRequest finds who asks and reads what, in the order of which nothing may
// be changed: who, then whether it is proven, then what is in the proven bytes.
func (p *Provider) readRequest(ctx context.Context, m message) (party, authnRequest, error) {
	if m.parameter != samlRequest {
		return party{}, authnRequest{}, web.Fail(http.StatusBadRequest, "bad-request", errors.New("saml: a response where requests go"))
	}
	from, err := p.sender(ctx, m.root)
	if err != nil {
		return party{}, authnRequest{}, err
	}
	if m.deflated && !from.settings().DeflatedPost {
		return party{}, authnRequest{}, web.Fail(http.StatusBadRequest, "bad-request", errors.New("saml: posted what a redirect would hold"))
	}
	root, signed, err := p.prove(m, from)
	if err != nil {
		return party{}, authnRequest{}, err
	}
	if !signed && (from.metadata.AuthnRequestsSigned || from.settings().RequireSigned) {
		return party{}, authnRequest{}, unproven(from, errors.New("saml: the request is not signed"))
	}
	request, err := parseAuthnRequest(root)
	if err != nil {
		return party{}, authnRequest{}, web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	if request.issuer != from.entityID() {
		return party{}, authnRequest{}, unproven(from, errors.New("saml: signed by another than it says"))
	}
	return from, request, p.arrived(request.envelope, from, p.url(ssoPath), signed)
}

// address proves where the answer goes.
func address(from party, request authnRequest, relay string) (reply, error) {
	acs, err := request.consumer(from.metadata)
	if err != nil {
		return reply{}, web.FailDetail(http.StatusBadRequest, "redirect-unproven", from.service.Title, err)
	}
	return reply{ACS: acs, InResponseTo: request.id, Relay: relay}, nil
}

// translate says the request in the words of the pipeline, and notes in the
// reply how it is to be answered.
func (p *Provider) translate(from party, request authnRequest, to *reply) (signon.Request, *refusal) {
	out := signon.Request{Passive: request.passive, Fresh: request.fresh}
	if request.scoped && !slices.Contains(request.idps, p.EntityID()) {
		return out, refuse(statusResponder, statusNoSupportedIDP, "another identity provider is asked for")
	}
	var err error
	if to.Format, err = request.formatFor(from); err != nil {
		return out, refuse(statusRequester, statusInvalidNameIDPolicy, "no NameID of that kind").because(err)
	}
	if out.SubjectHint, err = p.expected(from, request); err != nil {
		return out, refuse(statusRequester, statusUnknownPrincipal, "the subject cannot be recognised").because(err)
	}
	to.Context = request.context
	if request.context.Asked {
		out.ACR, out.ACREssential = request.context.reachable(p.c.ACR), true
		if len(out.ACR) == 0 {
			return out, refuse(statusResponder, statusNoAuthnContext, "nobody can prove who they are as asked")
		}
	}
	wish, no := wishOf(from, request.attributes)
	if no != nil {
		return out, no
	}
	return p.signOn(from, wish, to, out)
}

// signOn fills in what every sign-on has, asked for or not.
func (p *Provider) signOn(from party, w wish, to *reply, out signon.Request) (signon.Request, *refusal) {
	to.Only, to.Identifier = w.only, w.identifier
	raw, err := json.Marshal(to)
	if err != nil {
		return out, refuse(statusResponder, "", "something went wrong here").because(err)
	}
	out.Protocol, out.Service, out.Reply = p.Protocol(), from.service.ID, raw
	out.Need = needOf(from.settings(), *to)
	return out, nil
}

var errSubject = errors.New("saml: a subject that cannot be compared with anybody")

// expected is whom the service expects, in its own identifier. A name of any
// other kind is refused rather than passed over: an answer about somebody else
// would be worse than none (saml-core-2.0-os section 3.4.1.4).
func (p *Provider) expected(from party, request authnRequest) (string, error) {
	if request.subject == nil {
		return "", nil
	}
	name := request.subject.name
	if request.subject.confirmable || name.Value == "" {
		return "", errSubject
	}
	format := name.Format
	if format == "" || format == metadata.NameIDUnspecified {
		format = usualFormat(from.settings())
	}
	if format != metadata.NameIDPersistent && format != metadata.NameIDUnspecified {
		return "", errSubject
	}
	ours := nameID{Value: name.Value, Format: name.Format, Qualifier: p.EntityID(), SPQualifier: from.entityID()}
	if !ours.names(name) {
		return "", errSubject
	}
	return name.Value, nil
}
