// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Directory is what the pipeline reads, from a short cache.
type Directory interface {
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
	Standing(ctx context.Context, id directory.PersonID) (directory.Standing, error)
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
	Services(ctx context.Context) ([]directory.Service, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	Consent(ctx context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error)
}

// Consents keeps people's decisions, without a cache.
type Consents interface {
	Consent(ctx context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error)
}

// Writer writes people's decisions, and lets the cache know.
type Writer interface {
	PutConsent(ctx context.Context, sector string, c directory.Consent) error
}

// Pseudonyms computes what services know people and sessions by.
type Pseudonyms interface {
	SubjectOf(service directory.Service, person directory.Person, identity int) string
	Handle(sector string, seed []byte, identity, try int, lang string) string
	Display(handle, lang string) string
	Alias(sector string, seed []byte, identity int, domain string) string
	SessionID(sessionKey string, service directory.Service) string
}

// Notifier tells a person that their password was changed.
type Notifier interface {
	PasswordChanged(ctx context.Context, p directory.Person)
}

// Config is what a [Pipeline] needs.
type Config struct {
	Directory  Directory
	Store      store.Store
	Sessions   *session.Manager
	Logout     *logout.Room
	Password   *login.Password
	Pseudonyms Pseudonyms
	Consents   Consents
	Decisions  Writer
	Receipts   Receipts
	AliasOf    string // domain of the addresses given in place of real ones; empty: none that arrives
	Pages      web.Pages
	Dates      Dates
	Audit      audit.Log
	Notify     Notifier
	Now        func() time.Time
	Rand       io.Reader

	// Retired is the path where somebody who gave the right password of an account
	// that is to be erased can keep it. Nil: they are told it was wrong.
	Retired func(directory.Person) string

	// Patience is how long a sign-on in progress waits for the person; default 1 h.
	Patience time.Duration
}

// Pipeline is the one way to a sign-on.
type Pipeline struct {
	c         Config
	protocols map[string]Protocol
	policies  *consent.Book
}

// New returns a Pipeline that speaks no protocol yet; see [Pipeline.Speak].
func New(c Config) *Pipeline {
	if c.Patience == 0 {
		c.Patience = retention.SignOn
	}
	return &Pipeline{c: c, protocols: map[string]Protocol{}, policies: &consent.Book{}}
}

// Speak adds the protocols. It is the wiring's last step, before the first
// request: protocols need the pipeline and the pipeline needs them.
func (p *Pipeline) Speak(protocols ...Protocol) {
	for _, one := range protocols {
		p.protocols[one.Protocol()] = one
	}
}

// Begin takes a request in. With a session and nothing to ask it is answered at
// once; otherwise the person is sent to what is to be asked first.
func (p *Pipeline) Begin(w http.ResponseWriter, r *http.Request, req Request) error {
	s, err := p.c.Sessions.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return p.refuse(w, r, req, Unavailable, err)
	}
	understood(r, req, s)
	g := progress{Request: req, Begun: p.c.Now()}
	v, err := p.judge(r.Context(), g, s)
	if err != nil {
		return p.refuse(w, r, req, Unavailable, err)
	}
	switch {
	case v.refused != "":
		return p.refuse(w, r, req, v.refused, nil)
	case v.ask == "":
		return p.answer(w, r, v.result)
	case req.Passive:
		return p.refuse(w, r, req, v.passive(), nil)
	}
	asks(r, v.ask)
	return p.suspend(w, r, g, v.ask)
}

// answer hands the result to the protocol, with the pipeline's own writes.
func (p *Pipeline) answer(w http.ResponseWriter, r *http.Request, result Result) error {
	protocol, err := p.protocol(result.Request)
	if err != nil {
		return err
	}
	if namer, ok := protocol.(Namer); ok {
		if result.Name, result.Detail, err = namer.Name(result); err != nil {
			return err
		}
	}
	result.Traced = answered(r, result)
	result.Writes = p.c.Sessions.Touch(result.Session)
	if result.Service.ID != "" {
		result.Writes = append(result.Writes, p.c.Logout.Enter(result.Session, logout.Participant{
			Protocol: result.Request.Protocol, Service: result.Service.ID, Subject: result.Subject, SID: result.SID,
			Name: result.Name, Detail: result.Detail,
		})...)
		p.record(r, audit.SignOn, result.Person.ID, result.Request, "")
	}
	return protocol.Answer(w, r, result)
}

func (p *Pipeline) refuse(w http.ResponseWriter, r *http.Request, req Request, reason Reason, cause error) error {
	if cause != nil {
		web.NoteError(r.Context(), cause)
	}
	protocol, err := p.protocol(req)
	if err != nil {
		return err
	}
	refused(r, req, reason)
	p.record(r, audit.SignOnRefused, "", req, string(reason))
	return protocol.Refuse(w, r, req, reason)
}

func (p *Pipeline) protocol(req Request) (Protocol, error) {
	protocol, ok := p.protocols[req.Protocol]
	if !ok {
		return nil, errors.New("signon: no protocol " + req.Protocol)
	}
	return protocol, nil
}

// result is what the protocol gets once nothing is left to ask.
func (p *Pipeline) result(req Request, s session.Session, a Admission) Result {
	facts := release.Facts{Person: a.Person, Standing: a.Standing, Service: a.Service, Terms: a.Terms}
	return Result{
		Request: req, Service: a.Service, Person: a.Person, Standing: a.Standing, Session: s,
		Subject: a.Subject,
		SID:     p.c.Pseudonyms.SessionID(s.Key, a.Service),
		Release: release.Decide(req.Need, facts),
	}
}
