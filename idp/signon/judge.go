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
	}
	return InteractionNeeded
}

// judge decides what comes next. An error means that it could not be decided,
// and then nobody enters.
func (p *Pipeline) judge(ctx context.Context, g progress, s session.Session) (verdict, error) {
	if s.Key == "" {
		return verdict{ask: stepLogin}, nil
	}
	a, err := p.Admit(ctx, s.Person, g.Request.Service, s.Epoch)
	if errors.Is(err, ErrStopped) {
		return verdict{ask: stepLogin}, nil
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		return verdict{}, err
	}
	if ask := p.ask(g, s, a); ask != "" {
		return verdict{ask: ask}, nil
	}
	switch req := g.Request; {
	case err != nil:
		return verdict{refused: AccessDenied}, nil
	case req.SubjectHint != "" && req.SubjectHint != a.Subject:
		return verdict{refused: LoginRequired}, nil
	case req.ACREssential && !slices.Contains(req.ACR, s.ACR):
		return verdict{refused: ACRUnmet}, nil
	}
	return verdict{result: p.result(g.Request, s, a)}, nil
}

// ask is what the person must still be asked. Whoever has proven themselves in
// this very sign-on has chosen the account, freshly, and is asked no more.
func (p *Pipeline) ask(g progress, s session.Session, a Admission) step {
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
