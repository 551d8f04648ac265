// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/login"
	"golang.org/x/net/html"
)

// wanderer walks through the pages in no order: it opens what it has seen,
// sends forms twice, empty, with fields of other forms, and from browsers they
// were not made for. Engines of login steps were broken by just that.
type wanderer struct {
	*idptest.Plain
	t      *testing.T
	random *rand.Rand
	clau   *idptest.Clau
	forum  *idptest.Party

	// proven is whose right password this browser has sent since it last was
	// logged out: nobody else's session may ever be in it.
	proven map[string]bool

	attic *attic // shared by all wanderers
	log   []string
}

// attic keeps requests to send again.
type attic struct{ requests []*request }

type request struct {
	method, target string
	form           url.Values
}

func (w *wanderer) did(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

// TestRandomWalks: whatever is sent in whatever order, a browser is only ever
// logged in as somebody whose password came from that browser, and no answer is
// a fault of ours.
func TestRandomWalks(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Configure: func(c *idp.Config) {
		c.LoginLimits = login.Limits{Here: 1 << 20, Everywhere: 1 << 20}
		unhurried(c)
	}})
	forum := clau.Party(t, "forum")
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			shared := &attic{}
			random := rand.New(rand.NewPCG(seed, 7))
			var walkers []*wanderer
			for range 3 {
				walkers = append(walkers, &wanderer{Plain: idptest.NewBrowser(t), t: t, random: random, clau: clau,
					forum: forum, proven: map[string]bool{}, attic: shared})
			}
			for range 60 {
				w := walkers[random.IntN(len(walkers))]
				w.step()
				w.holds()
			}
		})
	}
}

// step does one thing.
func (w *wanderer) step() {
	switch w.random.IntN(10) {
	case 0, 1:
		w.open(w.forum.URL + "/login")
	case 2:
		w.open(w.clau.Issuer + w.pick("/", "/login", "/account", "/logout", "/authorize", "/account/language", "/login?x=1"))
	case 3, 4, 5:
		w.fillForm()
	case 6, 7:
		w.again(false)
	case 8:
		w.again(true)
	case 9:
		w.forum.Extra = url.Values{"prompt": {w.pick("login", "select_account", "none", "login select_account")}}
		w.open(w.forum.URL + "/login")
		w.forum.Extra = url.Values{}
	}
}

func (w *wanderer) pick(from ...string) string { return from[w.random.IntN(len(from))] }

func (w *wanderer) open(address string) {
	w.did("open %s", address)
	w.send(&request{method: http.MethodGet, target: address})
}

// fillForm sends one of the forms of the page, filled in by chance.
func (w *wanderer) fillForm() {
	forms := w.Forms()
	if len(forms) == 0 {
		return
	}
	form := forms[w.random.IntN(len(forms))]
	values := w.Values(form)
	for name := range values {
		w.scribble(values, name)
	}
	target := w.Resolve(formAttr(form, "action"))
	method := strings.ToUpper(formAttr(form, "method"))
	if method != http.MethodPost {
		target, _, _ = strings.Cut(target, "?")
		w.open(target + "?" + values.Encode())
		return
	}
	r := &request{method: method, target: target, form: values}
	w.attic.requests = append(w.attic.requests, r)
	w.send(r)
}

func (w *wanderer) scribble(values url.Values, name string) {
	switch {
	case name == "username":
		values.Set(name, w.pick("anna", "bernat", "carme", "ANNA@exemple.coop", "ningú", ""))
	case strings.HasPrefix(name, "password"):
		values.Set(name, w.pick(idptest.Password, idptest.Password, "wrong", ""))
	case w.random.IntN(8) == 0:
		values.Set(name, w.pick("", "x", values.Get(name)+"x"))
	}
}

// again sends something old, perhaps of another browser, perhaps without its
// body or with one field taken away.
func (w *wanderer) again(mangled bool) {
	if len(w.attic.requests) == 0 {
		return
	}
	old := w.attic.requests[w.random.IntN(len(w.attic.requests))]
	r := &request{method: old.method, target: old.target, form: url.Values{}}
	for name, v := range old.form {
		if !mangled || w.random.IntN(3) > 0 {
			r.form[name] = v
		}
	}
	if mangled && w.random.IntN(2) == 0 {
		r.form = url.Values{}
	}
	w.send(r)
}

func (w *wanderer) send(r *request) {
	if r.method == http.MethodPost {
		w.did("post %s %v", r.target, r.form)
		if r.form.Get("password") == idptest.Password {
			w.proven[nameOf(r.form.Get("username"))] = true
		}
		out, err := http.NewRequest(r.method, r.target, strings.NewReader(r.form.Encode()))
		check(w.t, err)
		out.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		out.Header.Set("Sec-Fetch-Site", "same-origin")
		w.Send(out)
	} else {
		w.Open(r.target)
	}
	if w.Status >= 500 {
		w.t.Fatalf("status %d after\n%s", w.Status, strings.Join(w.log, "\n"))
	}
}

func nameOf(typed string) string {
	name, _, _ := strings.Cut(strings.ToLower(typed), "@")
	return name
}

// holds asks, as a service would, who is in this browser.
func (w *wanderer) holds() {
	where := w.Address()
	w.forum.Extra = url.Values{"prompt": {"none"}}
	request, _ := w.forum.BeginWithVerifier()
	w.forum.Extra = url.Values{}
	w.Keep(func() {
		w.Open(request)
		if w.Has("#error") || !strings.HasPrefix(w.Address(), w.forum.URL) {
			return
		}
		handle, _ := w.forum.Last().UserInfo["preferred_username"].(string)
		if !w.proven[handle] {
			w.t.Fatalf("%q is logged in at %s, and only %v proved themselves here, after\n%s",
				handle, where, w.proven, strings.Join(w.log, "\n"))
		}
	})
}

func formAttr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
