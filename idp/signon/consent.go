// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
)

// Receipts makes the signed record of a decision, which the person keeps.
type Receipts interface {
	Receipt(ctx context.Context, in consent.Input, c directory.Consent, lang string) (string, error)
}

// asked is a sign-on that stands before the consent screen.
type asked struct {
	underway
	session   session.Session
	admission Admission
}

// standing finds the sign-on of a request and what is still to be agreed to in
// it. The question is put anew each time, from what the directory says now: the
// browser holds nothing of it but a digest of what was read.
func (p *Pipeline) standing(r *http.Request, handle string) (asked, error) {
	u, err := p.resume(r, handle)
	if err != nil {
		return asked{}, err
	}
	s, err := p.c.Sessions.Read(r)
	if errors.Is(err, session.ErrNone) {
		return asked{underway: u}, nil
	}
	if err != nil {
		return asked{}, err
	}
	a, err := p.door(r.Context(), u.entry(s))
	if errors.Is(err, ErrStopped) || errors.Is(err, ErrClosed) {
		return asked{underway: u, session: s}, nil
	}
	if err != nil {
		return asked{}, err
	}
	// Nobody decides in a session that must first be proven anew.
	if p.prove(u.progress, s, a) != "" {
		return asked{underway: u, session: s}, nil
	}
	return asked{u, s, a}, nil
}

func (p *Pipeline) showConsent(w http.ResponseWriter, r *http.Request) error {
	at, err := p.standing(r, r.URL.Query().Get(handleField))
	if err != nil {
		return err
	}
	if at.admission.verdict.Ask == nil {
		return p.proceed(w, r, at.underway, at.session)
	}
	return p.drawConsent(w, r, at, http.StatusOK, "")
}

func (p *Pipeline) postConsent(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, handleField, "ui_locales", "answer", "appear", "pseudonym", "seen", "lang")
	if err != nil {
		return err
	}
	at, err := p.standing(r, form[handleField])
	if err != nil {
		return err
	}
	switch {
	case at.admission.verdict.Ask == nil:
		return p.proceed(w, r, at.underway, at.session)
	case form["answer"] == "deny":
		return p.deny(w, r, at)
	case form["answer"] != "allow":
		return web.Fail(http.StatusBadRequest, "bad-request", nil)
	}
	answer, err := answerOf(r, form)
	if err != nil {
		return err
	}
	return p.settle(w, r, at, answer)
}

// answersMax is more boxes than any screen has.
const answersMax = 64

// answerOf reads the answer, with the boxes that may be ticked more than once.
func answerOf(r *http.Request, form web.Form) (consent.Answer, error) {
	allow, groups := r.PostForm["allow"], r.PostForm["group"]
	if len(allow) > answersMax || len(groups) > answersMax {
		return consent.Answer{}, web.Fail(http.StatusBadRequest, "bad-request", nil)
	}
	a := consent.Answer{
		Seen: form["seen"], Language: form["lang"],
		Appearance: directory.Appearance(form["appear"]), Pseudonym: form["pseudonym"],
	}
	for _, one := range allow {
		a.Allow = append(a.Allow, release.Attribute(one))
	}
	for _, one := range groups {
		a.Groups = append(a.Groups, directory.CollectiveName(one))
	}
	return a, nil
}

func (p *Pipeline) settle(w http.ResponseWriter, r *http.Request, at asked, answer consent.Answer) error {
	decided, err := p.write(r.Context(), at.admission, func(in consent.Input) (directory.Consent, error) {
		c, err := consent.Settle(in, answer)
		if err != nil {
			return directory.Consent{}, err
		}
		receipt, err := p.c.Receipts.Receipt(r.Context(), in, c, answer.Language)
		if err != nil {
			return directory.Consent{}, err
		}
		return consent.WithReceipt(c, receipt), nil
	})
	switch {
	case errors.Is(err, consent.ErrStale):
		return p.askAnew(w, r, at, decided)
	case errors.Is(err, consent.ErrPseudonym):
		return p.drawConsent(w, r, at, http.StatusUnprocessableEntity, "consent.pseudonym")
	case errors.Is(err, consent.ErrForged):
		return web.Fail(http.StatusBadRequest, "bad-request", err)
	case err != nil:
		return err
	}
	p.record(r, audit.ConsentGiven, decided.Person.ID, at.Request, "")
	if before := at.admission.input.Consent; before != nil && before.State != directory.Active {
		// Stopped with other tools, in the directory alone, it left what was
		// granted by then in the store: it must not come back to life.
		if _, err := p.c.Logout.Stop(r.Context(), decided.Person.ID, decided.Service.ID); err != nil {
			return err
		}
	}
	at.Agreed = true
	return p.proceed(w, r, at.underway, at.session)
}

// askAnew puts the question as it stands now. A handle that turned out to be
// somebody else's is not proposed again in this sign-on: nobody is given one
// that they did not see.
func (p *Pipeline) askAnew(w http.ResponseWriter, r *http.Request, at asked, now Admission) error {
	at.admission = p.judged(now)
	if at.admission.verdict.Ask == nil {
		return p.proceed(w, r, at.underway, at.session)
	}
	if now.taken > at.Taken {
		at.Taken = now.taken
		if err := p.keep(r.Context(), &at.underway); err != nil {
			return err
		}
	}
	return p.drawConsent(w, r, at, http.StatusConflict, "consent.stale")
}

// deny tells the service that the person said no, and keeps nothing of it:
// whoever comes back is asked again.
func (p *Pipeline) deny(w http.ResponseWriter, r *http.Request, at asked) error {
	if _, err := p.c.Store.Take(r.Context(), at.key()); err != nil {
		return over(err)
	}
	p.record(r, audit.ConsentDenied, at.admission.Person.ID, at.Request, "")
	return p.refuse(w, r, at.Request, AccessDenied, nil)
}
