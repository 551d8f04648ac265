// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/web"
)

const (
	nsSOAP = "http://schemas.xmlsoap.org/soap/envelope/"

	soapType   = "text/xml; charset=utf-8"
	soapAction = `"http://www.oasis-open.org/committees/security"`

	soapPatience = 5 * time.Second
	soapMax      = 64 << 10
)

// wrapped puts a message into the body of an envelope (saml-bindings-2.0-os
// section 3.2.2).
func wrapped(message *etree.Element) ([]byte, error) {
	envelope := etree.NewElement("soap:Envelope")
	envelope.CreateAttr("xmlns:soap", nsSOAP)
	envelope.CreateElement("soap:Body").AddChild(message)
	return xmlsig.Bytes(envelope)
}

// unwrapped is the one message in the body of an envelope, as a document of its
// own: a signature is verified over that and nothing around it.
func unwrapped(raw []byte) (*etree.Element, error) {
	envelope, err := xmlsig.Parse(raw, xmlsig.Message())
	if err != nil {
		return nil, err
	}
	if !xmlsig.Is(envelope, nsSOAP, "Envelope") {
		return nil, errors.New("saml: not an envelope")
	}
	body, err := one(envelope, nsSOAP, "Body")
	if err != nil {
		return nil, err
	}
	if body == nil || len(body.ChildElements()) != 1 {
		return nil, errors.New("saml: not one message in the envelope")
	}
	alone, err := xmlsig.Bytes(body.ChildElements()[0])
	if err != nil {
		return nil, err
	}
	return xmlsig.Parse(alone, xmlsig.Message())
}

// soapLogout is the SingleLogoutService for services that ask behind the scenes.
// What only the browser could tell is not told, and the answer says so.
func (p *Provider) soapLogout(w http.ResponseWriter, r *http.Request) error {
	answer, to, err := p.logoutBySOAP(r)
	if err != nil {
		return p.fault(w, r, err)
	}
	cert, err := p.c.Certificates.Signing(to.settings().Key)
	if err != nil {
		return p.fault(w, r, fmt.Errorf("saml: nothing to sign with: %w", err))
	}
	signed, err := xmlsig.Sign(answer, cert.Signer, cert.DER)
	if err != nil {
		return p.fault(w, r, err)
	}
	raw, err := wrapped(signed)
	if err != nil {
		return p.fault(w, r, err)
	}
	return sendXML(w, http.StatusOK, raw)
}

func (p *Provider) logoutBySOAP(r *http.Request) (*etree.Element, party, error) {
	root, err := postedXML(r)
	if err != nil {
		return nil, party{}, err
	}
	from, request, signed, err := p.readLogout(r.Context(), message{parameter: samlRequest, root: root}, p.url(soapPath))
	if err != nil {
		return nil, party{}, err
	}
	if !signed { // there is nobody to ask
		return nil, party{}, unproven(from, errors.New("saml: the log-out is not signed"))
	}
	if err := p.spend(r.Context(), from, &request); err != nil {
		return nil, party{}, err
	}
	keys, err := p.sessionsOf(r.Context(), from, request.name, request.indexes)
	if err != nil {
		return nil, party{}, err
	}
	outcomes, err := p.c.Room.EndBut(r.Context(), from.service.ID, keys...)
	if err != nil {
		return nil, party{}, err
	}
	p.recordLogout(r.Context(), from.service.ID, keys)
	answer, err := p.logoutResponse(request.id, "", logout.Whole(outcomes))
	return answer, from, err
}

func postedXML(r *http.Request) (*etree.Element, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "text/xml" {
		return nil, web.Fail(http.StatusUnsupportedMediaType, "bad-request", errors.New("saml: not text/xml"))
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	root, err := unwrapped(raw)
	if err != nil {
		return nil, web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	return root, nil
}

// fault says that there is no answer, and nothing of why: SOAP 1.1 section 4.4,
// with the status that section 6.2 wants of HTTP.
func (p *Provider) fault(w http.ResponseWriter, r *http.Request, cause error) error {
	web.NoteError(r.Context(), cause)
	fault := etree.NewElement("soap:Fault")
	code, words := "soap:Client", "the request was refused"
	if web.ProblemOf(cause).Status >= http.StatusInternalServerError {
		code, words = "soap:Server", "try again later"
	}
	fault.CreateElement("faultcode").SetText(code)
	fault.CreateElement("faultstring").SetText(words)
	raw, err := wrapped(fault)
	if err != nil {
		return err
	}
	return sendXML(w, http.StatusInternalServerError, raw)
}

// sendXML ignores that a client went away: there is nobody left to tell.
func sendXML(w http.ResponseWriter, status int, raw []byte) error {
	w.Header().Set("Content-Type", soapType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
	return nil
}

// tellBySOAP makes one attempt.
func (p *Provider) tellBySOAP(ctx context.Context, there party, to logout.Participant) error {
	door, _ := there.metadata.Logout(metadata.BindingSOAP)
	id, err := p.random()
	if err != nil {
		return err
	}
	request, err := p.logoutRequest(id, door.Location, to)
	if err != nil {
		return err
	}
	cert, err := p.c.Certificates.Signing(there.settings().Key)
	if err != nil {
		return fmt.Errorf("saml: nothing to sign with: %w", err)
	}
	if request, err = xmlsig.Sign(request, cert.Signer, cert.DER); err != nil {
		return err
	}
	raw, err := wrapped(request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, soapPatience)
	defer cancel()
	answer, err := p.exchange(ctx, door.Location, raw)
	if err != nil {
		return err
	}
	return p.believe(answer, there, id)
}

// exchange posts an envelope and reads the message that comes back. It follows
// no redirect: what it holds is for this service.
func (p *Provider) exchange(ctx context.Context, address string, raw []byte) (*etree.Element, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("saml: address of the log-out: %w", err)
	}
	r.Header.Set("Content-Type", soapType)
	r.Header.Set("SOAPAction", soapAction)
	direct := *p.c.Outbound
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := direct.Do(r)
	if err != nil {
		return nil, fmt.Errorf("saml: log-out by SOAP: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("saml: log-out by SOAP: %w", &logout.AnsweredError{Status: response.StatusCode})
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, soapMax))
	if err != nil {
		return nil, fmt.Errorf("saml: log-out by SOAP: %w", err)
	}
	return unwrapped(answer)
}

// believe reads what the service answered. It came over the connection that we
// opened, to an address of its metadata: TLS says whose it is where nothing is
// signed (saml-profiles-2.0-os section 4.4.4.2). What is signed must verify.
func (p *Provider) believe(root *etree.Element, there party, id string) error {
	root, _, err := p.prove(message{root: root}, there)
	if err != nil {
		return err
	}
	answer, err := parseLogoutResponse(root)
	if err != nil {
		return err
	}
	switch {
	case answer.issuer != there.entityID(), answer.to != id:
		return errors.New("saml: an answer of another, or to another request")
	case !answer.success:
		return errors.New("saml: the service did not log the person out")
	}
	return nil
}
