// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/session"
)

// step is something to ask the person; its text is the path of its page.
type step string

const (
	stepLogin    step = "/login"
	stepChoose   step = "/login/account"
	stepPassword step = "/login/password"
	stepConsent  step = "/login/consent"
	stepClosed   step = "/login/closed" // nothing is asked: the person reads why not
)

// verdict is what the judgement says: a refusal, something to ask, or neither,
// and then the result stands.
type verdict struct {
	refused Reason
	ask     step
	result  Result
}

// passive is the refusal of a request that allows nothing to be asked.
func (v verdict) passive() Reason {
	switch v.ask {
	case stepLogin:
		return LoginRequired
	case stepChoose:
		return SelectionRequired
	case stepConsent:
		return ConsentRequired
	case stepClosed:
		return AccessDenied
	}
	return InteractionNeeded
}

// judge decides what comes next. An error means that it could not be decided,
// and then nobody enters.
func (p *Pipeline) judge(ctx context.Context, g progress, s session.Session) (verdict, error) {
	if s.Key == "" {
		return verdict{ask: stepLogin}, nil
	}
	a, err := p.door(ctx, g.entry(s))
	if errors.Is(err, ErrStopped) {
		return verdict{ask: stepLogin}, nil
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		return verdict{}, err
	}
	if ask := p.prove(g, s, a); ask != "" {
		return verdict{ask: ask}, nil
	}
	switch req := g.Request; {
	case err != nil, a.verdict.Refused != nil:
		return verdict{ask: stepClosed}, nil
	case req.SubjectHint != "" && req.SubjectHint != a.Subject:
		return verdict{refused: LoginRequired}, nil
	case req.ACREssential && !slices.Contains(req.ACR, s.ACR):
		return verdict{refused: ACRUnmet}, nil
	case a.verdict.Ask != nil:
		return verdict{ask: stepConsent}, nil
	}
	if a, err = p.noted(ctx, a); err != nil {
		return verdict{}, err
	}
	return verdict{result: p.result(g.Request, s, a)}, nil
}

// entry is what the sign-on asks of the door.
func (g progress) entry(s session.Session) entry {
	return entry{
		person: s.Person, service: g.Request.Service, epoch: s.Epoch,
		need: g.Request.Need, again: g.Request.Again && !g.Agreed, taken: g.Taken,
	}
}

// prove is what the person must still prove or choose. Whoever has proven themselves in
// this very sign-on has chosen the account, freshly, and is asked no more.
func (p *Pipeline) prove(g progress, s session.Session, a Admission) step {
	req := g.Request
	switch {
	case g.Proven:
		return ""
	case req.Choose && !g.Chosen:
		return stepChoose
	case g.Switch, req.Fresh, p.stale(req, s):
		return stepLogin
	case req.SubjectHint != "" && req.SubjectHint != a.Subject:
		return stepLogin
	}
	return ""
}

// stale reports whether the proof is older than the service takes.
func (p *Pipeline) stale(req Request, s session.Session) bool {
	return req.MaxAge != nil && p.c.Now().Sub(s.AuthTime) > time.Duration(*req.MaxAge)*time.Second
}
