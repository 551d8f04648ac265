// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// formMax bounds what any endpoint reads of a body.
const formMax = 64 << 10

// addressMax is how long a query browsers and proxies carry safely.
const addressMax = 6 << 10

// authorize is the authorization endpoint. Until client and redirect address
// are proven, whatever is wrong is an error page and never a redirect (RFC 6749
// section 4.1.2.1); after that it goes to the client.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) error {
	form, err := formOf(w, r)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	if address, ok := p.onceMore(r, form); ok {
		return seeOther(w, address)
	}
	asking, to, err := p.provenTarget(r.Context(), form)
	if err != nil {
		return err
	}
	web.Note(r.Context(), "service", string(asking.service.ID))
	a, no := parseAuthRequest(asking.spelled(form))
	answer := reply{
		Target: to, Mode: a.Mode, State: a.State, UILocales: a.UILocales,
		Scopes: a.Scopes, Nonce: a.Nonce, Challenge: a.Challenge, Claims: a.Claims,
	}
	if no == nil {
		no = asking.mayAsk(a, to)
	}
	if no != nil {
		return p.respondRefused(w, r, answer.deliverable(), no)
	}
	request, err := p.signOnRequest(asking, a, answer)
	if err != nil {
		return p.respondRefused(w, r, answer, refusalOf(err))
	}
	return p.c.SignOns.Begin(w, r, request)
}

// onceMore asks the browser to send a posted request again, as a GET: posted
// from a service's page it came without our cookie (SameSite=Lax), and somebody
// who is logged in would be taken for nobody. What is too long for an address
// goes on as it is, to the log-in page.
func (p *Provider) onceMore(r *http.Request, form url.Values) (string, bool) {
	if r.Method != http.MethodPost {
		return "", false
	}
	if _, err := p.c.Sessions.Read(r); !errors.Is(err, session.ErrNone) {
		return "", false
	}
	query := form.Encode()
	return p.path + "/authorize?" + query, len(query) <= addressMax
}

// formOf reads the parameters from where they belong: the query of a GET, the
// body of a POST.
func formOf(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		form, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, fmt.Errorf("oidc: query: %w", err)
		}
		return form, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, formMax)
	if err := r.ParseForm(); err != nil {
		return nil, fmt.Errorf("oidc: body: %w", err)
	}
	return r.PostForm, nil
}

// provenTarget returns who asks and the address to answer to. The service must
// be active: one that was stopped gets no redirect either.
func (p *Provider) provenTarget(ctx context.Context, form url.Values) (client, target, error) {
	ids, uris := form["client_id"], form["redirect_uri"]
	if len(ids) != 1 || ids[0] == "" || len(ids[0]) > limitOf("client_id") {
		return client{}, target{}, web.Fail(http.StatusBadRequest, "client-unknown", nil)
	}
	c, err := p.client(ctx, directory.ClientID(ids[0]))
	if errors.Is(err, errUnknownClient) {
		return client{}, target{}, web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	if err != nil {
		return client{}, target{}, err
	}
	if len(uris) != 1 || len(uris[0]) > limitOf("redirect_uri") {
		cause := fmt.Errorf("client %q sent %d redirect addresses, or one too long", c.oidc.ID, len(uris))
		return client{}, target{}, web.Fail(http.StatusBadRequest, "redirect-unproven", cause)
	}
	to, ok := prove(c.oidc.RedirectURIs, c.oidc.Public(), uris[0])
	if !ok {
		cause := fmt.Errorf("client %q sent %s, and has registered %q", c.oidc.ID, bare(uris[0]), c.oidc.RedirectURIs)
		return client{}, target{}, web.FailDetail(http.StatusBadRequest, "redirect-unproven", c.service.Title, cause)
	}
	return c, to, nil
}

// bare is an address for the operator's log: without a query or a password,
// since nobody knows what a stranger put there.
func bare(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "what is no address"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return strconv.Quote(u.String())
}

// deliverable falls back to the query where the mode cannot reach the target.
func (to reply) deliverable() reply {
	if to.Mode == formPostMode && !to.Target.http() {
		to.Mode = ""
	}
	return to
}

// mayAsk holds a request against the client's registration.
func (c client) mayAsk(a authRequest, to target) *refusal {
	switch {
	case !c.mayUse(codeGrant):
		return refuse(unauthorizedClient, "the client is not registered for the code flow")
	case a.Mode == formPostMode && !to.http():
		return refuse(invalidRequest, "response_mode form_post needs an http address")
	case a.Challenge == "" && (c.oidc.Public() || !c.oidc.Metadata.PKCEOptional):
		return refuse(invalidRequest, "code_challenge is missing")
	}
	return nil
}

// signOnRequest says it in the words of the pipeline.
func (p *Provider) signOnRequest(c client, a authRequest, answer reply) (signon.Request, error) {
	subject, err := p.expected(c, a)
	if err != nil {
		return signon.Request{}, err
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return signon.Request{}, fmt.Errorf("oidc: reply: %w", err)
	}
	request := signon.Request{
		Protocol: p.Protocol(), Service: c.service.ID, Need: c.told(a.need()),
		Passive:   slices.Contains(a.Prompts, "none"),
		Fresh:     slices.Contains(a.Prompts, "login"),
		Choose:    slices.Contains(a.Prompts, "select_account"),
		Again:     slices.Contains(a.Prompts, "consent") && !c.oidc.Metadata.PromptStored,
		MaxAge:    a.MaxAge,
		ACR:       a.ACR,
		LoginHint: a.LoginHint, SubjectHint: subject, UILocales: a.UILocales,
		ACREssential: a.Claims.ACREssential,
		AnswerOrigin: answer.Target.origin(),
		Reply:        raw,
	}
	if limit := c.oidc.Metadata.DefaultMaxAge; request.MaxAge == nil && limit > 0 {
		request.MaxAge = &limit
	}
	return request, nil
}

// expected is whom the client expects, by id_token_hint or by the claims
// parameter. If the two name different people, nobody is logged in who is both.
func (p *Provider) expected(c client, a authRequest) (string, error) {
	if a.Hint == "" {
		return a.Claims.Subject, nil
	}
	hint, err := p.readHint(a.Hint)
	if err != nil || hint.Audience != c.oidc.ID {
		return "", refuse(invalidRequest, "id_token_hint is not an id_token for this client").because(err)
	}
	if a.Claims.Subject != "" && a.Claims.Subject != hint.Subject {
		return "", refuse(loginRequired, "id_token_hint and claims name different people")
	}
	return hint.Subject, nil
}
