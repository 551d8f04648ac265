// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// service shows what one service receives, and whom it knows the person as.
func (a *Room) service(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	h, err := a.theHeld(r, v)
	if err != nil {
		return err
	}
	page, err := a.detail(r, v, h)
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("done") {
	case "asked":
		page.Notice = "services.again"
	case "renewed":
		page.Notice = "services.renewed"
	case "unconfirmed":
		page.Error = "services.confirm"
	}
	return a.show(w, r, page)
}

func (a *Room) detail(r *http.Request, v signon.Visitor, h held) (themes.MyService, error) {
	lang := a.lang(r, v.Admission.Person.Language)
	page := themes.MyService{Service: a.view(r.Context(), h.service)}
	var err error
	if page.Held, err = a.heldView(r, v, h); err != nil {
		return page, err
	}
	if page.Receives, err = a.receives(r, v, h); err != nil {
		return page, err
	}
	if page.Known, err = a.known(r, v, h); err != nil {
		return page, err
	}
	page.History = a.history(lang, h)
	page.Renew = a.post(v, h, "renew")
	if h.consent.State == directory.Active {
		page.Stop = a.post(v, h, "stop")
	}
	if page.Held.State == "asked" {
		page.Until, page.Ask = a.Pages.Date(lang, h.consent.Expires), a.post(v, h, "ask")
	}
	return page, nil
}

// receives are the values that the service would get at this moment.
func (a *Room) receives(r *http.Request, v signon.Visitor, h held) ([]themes.ReceivedView, error) {
	var need release.Need
	for _, one := range h.consent.Allowed {
		need = append(need, release.Attribute(one))
	}
	admitted, err := a.SignOns.Admit(r.Context(), v.Session.Person, h.service.ID, v.Session.Epoch, need)
	if errors.Is(err, signon.ErrClosed) || errors.Is(err, signon.ErrWithdrawn) || errors.Is(err, signon.ErrStopped) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	released := release.Decide(need, release.Facts{
		Person: admitted.Person, Standing: admitted.Standing, Service: admitted.Service, Terms: admitted.Terms,
	})
	var out []themes.ReceivedView
	for _, attribute := range release.Attributes() {
		if value, ok := released[attribute]; ok && attribute.Decided() == attribute {
			out = append(out, themes.ReceivedView{Attribute: string(attribute), Value: plain(attribute, value)})
		}
	}
	return out, nil
}

func plain(attribute release.Attribute, v any) string {
	switch v := v.(type) {
	case string:
		if attribute == release.Language {
			return signon.Spoken(v)
		}
		return v
	case []string:
		return strings.Join(v, ", ")
	}
	return ""
}

func (a *Room) known(r *http.Request, v signon.Visitor, h held) ([]themes.KnownView, error) {
	subject, err := a.SignOns.SubjectOf(r.Context(), h.service, v.Admission.Person)
	if err != nil {
		return nil, err
	}
	var out []themes.KnownView
	for _, k := range []themes.KnownView{
		{Kind: "subject", Value: subject},
		{Kind: "pseudonym", Value: h.consent.Pseudonym},
		{Kind: "handle", Value: h.consent.Handle},
		{Kind: "alias", Value: h.consent.Alias},
	} {
		if k.Value != "" {
			out = append(out, k)
		}
	}
	return out, nil
}

// history are the receipts, the newest first.
func (a *Room) history(lang string, h held) []themes.DecisionView {
	var out []themes.DecisionView
	for _, jws := range h.consent.Receipts {
		receipt, err := consent.ReadReceipt(jws)
		if err != nil {
			continue
		}
		out = append(out, themes.DecisionView{
			When:     a.Pages.DateTime(lang, time.Unix(receipt.ConsentTimestamp, 0).UTC()),
			Decision: decisionOf(receipt),
			Receipt:  detailPath(h.service) + "/receipts/" + receipt.ConsentReceiptID,
		})
	}
	return out
}

// decisionOf is a decision in the pages' words.
func decisionOf(r consent.Receipt) string {
	switch {
	case r.Clau.Kind == consent.Withdrawn:
		return "stopped"
	case r.Clau.Kind == consent.PreAgreed:
		return "agreed"
	case r.Clau.Kind == consent.Reopened, r.Clau.Kind == consent.Renewed:
		return string(r.Clau.Kind)
	case r.Partial():
		return "part"
	}
	return "allowed"
}

// askAgain lets the next sign-on put the whole question anew.
func (a *Room) askAgain(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, "asked", func(c *directory.Consent) { c.Expires = c.Decided })
}

// renew makes the person somebody new to the service: another identifier, and
// none of the names it knew them by. What it stored under the old one stays
// there, which is why the page warns and asks for a second yes.
func (a *Room) renew(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, "renewed", func(c *directory.Consent) {
		c.Identity++
		c.Subject, c.Handle, c.Alias, c.Pseudonym, c.Expires = "", "", "", "", c.Decided
	})
}

// change alters a decision of the visitor's own, and ends what was granted by it.
func (a *Room) change(w http.ResponseWriter, r *http.Request, done string, alter func(*directory.Consent)) error {
	v := signon.VisitorOf(r.Context())
	form, err := a.form(r, v, "confirm")
	if err != nil {
		return err
	}
	h, err := a.theHeld(r, v)
	if err != nil {
		return err
	}
	if done == "renewed" && form["confirm"] == "" {
		http.Redirect(w, r, detailPath(h.service)+"?done=unconfirmed", http.StatusSeeOther)
		return nil
	}
	after := h.consent
	alter(&after)
	if after, err = a.receipted(r, v, h, after); err != nil {
		return err
	}
	if err := a.Consents.PutConsent(r.Context(), pseudonym.Sector(h.service), after); err != nil {
		return err
	}
	if _, err := a.Logout.Stop(r.Context(), v.Session.Person, h.service.ID); err != nil {
		return err
	}
	a.Audit.Write(r.Context(), audit.Event{
		Kind: audit.ConsentRenewed, Person: v.Session.Person, Service: h.service.ID, Reason: done, Reference: web.Reference(r.Context()),
	})
	http.Redirect(w, r, detailPath(h.service)+"?done="+done, http.StatusSeeOther)
	return nil
}

// receipt shows one receipt: as a page to print, or as it is (?as=jws, ?as=json).
func (a *Room) receipt(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	h, err := a.theHeld(r, v)
	if err != nil {
		return err
	}
	id := r.PathValue("receipt")
	i := slices.IndexFunc(h.consent.Receipts, func(jws string) bool {
		receipt, err := consent.ReadReceipt(jws)
		return err == nil && receipt.ConsentReceiptID == id
	})
	if i < 0 {
		return web.Fail(http.StatusNotFound, "not-found", nil)
	}
	jws := h.consent.Receipts[i]
	receipt, err := consent.ReadReceipt(jws)
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("as") {
	case "jws":
		return download(w, "receipt-"+id+".jws", "application/jose", []byte(jws))
	case "json":
		w.Header().Set("Content-Disposition", `attachment; filename="receipt-`+id+`.json"`)
		return web.WriteJSON(w, http.StatusOK, receipt)
	}
	return a.show(w, r, a.receiptPage(r, v, h, receipt, jws))
}

// ReceiptKeys is where the keys are that receipts are checked with, those of
// the past among them: a receipt is for longer than a key.
const ReceiptKeys = "/receipts/keys"

func download(w http.ResponseWriter, name, kind string, body []byte) error {
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body) // a client that went away is nobody to tell
	return nil
}

func (a *Room) receiptPage(r *http.Request, v signon.Visitor, h held, receipt consent.Receipt, jws string) themes.Receipt {
	lang := a.lang(r, v.Admission.Person.Language)
	page := themes.Receipt{
		ID: receipt.ConsentReceiptID, Issued: a.Pages.DateTime(lang, time.Unix(receipt.IssuedAt, 0).UTC()), Issuer: receipt.Issuer,
		Decision: decisionOf(receipt), Service: h.service.Title, Privacy: receipt.PolicyURL,
		Subject: receipt.PIIPrincipalID, Appear: string(receipt.Clau.Appearance),
		JWKS: a.Issuer.JoinPath(ReceiptKeys).String(), Keys: ReceiptKeys, Compact: jws, Back: detailPath(h.service),
		Purpose: receipt.Clau.Purpose, Key: consent.ReceiptKey(jws),
	}
	path := detailPath(h.service) + "/receipts/" + receipt.ConsentReceiptID
	page.JSON, page.JWS = path+"?as=json", path+"?as=jws"
	if len(receipt.PIIControllers) > 0 {
		page.Controller, page.Contact = receipt.PIIControllers[0].Name, receipt.PIIControllers[0].Email
	}
	if receipt.Clau.Expires != 0 {
		page.Until = a.Pages.Date(lang, time.Unix(receipt.Clau.Expires, 0).UTC())
	}
	for i, item := range receipt.Clau.Items {
		view := themes.ReceiptItem{Attribute: item.Attribute, Allowed: true, Digest: item.SHA256, Keep: item.Keep}
		if len(receipt.Services) > 0 && i < len(receipt.Services[0].Purposes) {
			view.Purpose = receipt.Services[0].Purposes[i].Purpose
		}
		page.Items = append(page.Items, view)
	}
	for _, declined := range receipt.Clau.Declined {
		page.Items = append(page.Items, themes.ReceiptItem{Attribute: declined})
	}
	return page
}
