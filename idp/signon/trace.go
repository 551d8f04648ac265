// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/trace"
)

// understood writes down how a request was understood, for who tests a service of
// theirs. Of whom it speaks stays untold.
func understood(r *http.Request, req Request, s session.Session) {
	l := trace.Of(r.Context())
	if l == nil {
		return
	}
	l.Service(req.Service)
	l.Person(s.Person)
	l.Add("protocol", req.Protocol)
	var need []string
	for _, a := range req.Need {
		need = append(need, string(a))
	}
	l.Add("need", strings.Join(need, ", "))
	for _, one := range []struct {
		name string
		is   bool
	}{{"passive", req.Passive}, {"fresh", req.Fresh}, {"choose", req.Choose}, {"consent-again", req.Again}} {
		if one.is {
			l.Add(one.name, "")
		}
	}
	if req.MaxAge != nil {
		l.Add("max-age", strconv.Itoa(*req.MaxAge))
	}
	if len(req.ACR) > 0 {
		l.Add("acr", strings.Join(req.ACR, " "))
	}
}

// asks writes down what the person is asked first.
func asks(r *http.Request, what step) { trace.Of(r.Context()).Add("asks", string(what)) }

// answered writes down that there is an answer, and the names of what it may
// tell. It returns the mark of the test, if one runs.
func answered(r *http.Request, result Result) int64 {
	l := trace.Of(r.Context())
	if l == nil {
		return 0
	}
	l.Service(result.Service.ID)
	l.Person(result.Person.ID)
	var names []string
	for a := range result.Release {
		names = append(names, string(a))
	}
	slices.Sort(names)
	l.Add("released", strings.Join(names, ", "))
	l.Add("answers-to", result.Request.AnswerOrigin)
	return l.Running()
}

func refused(r *http.Request, req Request, reason Reason) {
	l := trace.Of(r.Context())
	l.Service(req.Service)
	l.Add("refused", string(reason))
}
