// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

func TestAServerWithAnUnguardedRouteDoesNotStart(t *testing.T) {
	for _, test := range []struct {
		name   string
		routes routes
		says   string
	}{
		{"no permission", routes{{Pattern: "GET /x", Handle: hello}}, "nobody guards"},
		{"a permission nobody guards", routes{{Pattern: "GET /x", Needs: Person, Handle: hello}}, "nobody guards"},
		{"a permission that was made up", routes{{Pattern: "GET /x", Needs: "manger", Handle: hello}}, "nobody guards"},
		{"no method", routes{{Pattern: "/x", Needs: Anyone, Handle: hello}}, "method and a path"},
		{"a host", routes{{Pattern: "GET evil.example/x", Needs: Anyone, Handle: hello}}, "method and a path"},
		{"no handler", routes{{Pattern: "GET /x", Needs: Anyone}}, "no handler"},
		{"twice", routes{{Pattern: "GET /x", Needs: Anyone, Handle: hello}, {Pattern: "GET /x", Needs: Anyone, Handle: hello}}, "GET /x"},
		{"in each other's way", routes{{Pattern: "GET /{a}/x", Needs: Anyone, Handle: hello}, {Pattern: "GET /x/{b}", Needs: Anyone, Handle: hello}}, "conflicts"},
		{"a broken pattern", routes{{Pattern: "GET /{", Needs: Anyone, Handle: hello}}, "GET /{"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewRouter(config(io.Discard), test.routes)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want an error with %q", err, test.says)
			}
		})
	}
}

// An empty key in the map of guards must not turn the zero permission into one.
func TestTheZeroPermissionCannotBeGuarded(t *testing.T) {
	c := config(io.Discard)
	c.Guards = map[Permission]Guard{"": func(h Handler) Handler { return h }}
	_, err := NewRouter(c, routes{{Pattern: "GET /x", Handle: hello}})
	if err == nil {
		t.Error("a route without a permission mounted")
	}
}

func TestGuardsStandBeforeTheirRoutes(t *testing.T) {
	refuse := func(Handler) Handler {
		return func(http.ResponseWriter, *http.Request) error { return Fail(http.StatusForbidden, "forbidden", nil) }
	}
	d := newDoor(t, func(c *Config) { c.Guards = map[Permission]Guard{Person: refuse} },
		Route{Pattern: "GET /open", Needs: Anyone, Handle: hello},
		Route{Pattern: "GET /account", Needs: Person, Handle: hello})
	want(t, "open", d.get("/open").Code, 200)
	want(t, "guarded", d.get("/account").Code, 403)
	want(t, "permission noted", d.log.last(t)["route"], any("GET /account"))
}

func TestErrorsBecomeWhatPeopleAreTold(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error
		status int
		code   string
		retry  string
	}{
		{"named", Fail(404, "not-found", nil), 404, "not-found", ""},
		{"named and wrapped", fmt.Errorf("while looking: %w", Fail(409, "conflict", io.EOF)), 409, "conflict", ""},
		{"with a wait", FailWith(Problem{Status: 429, Code: "too-many", RetryAfter: 1500 * time.Millisecond}, nil), 429, "too-many", "2"},
		{"directory away", fmt.Errorf("x: %w", directory.ErrUnavailable), 503, "unavailable", "10"},
		{"store away", fmt.Errorf("x: %w", store.ErrUnavailable), 503, "unavailable", "10"},
		{"too many logins", fmt.Errorf("x: %w", directory.ErrBusy), 503, "busy", "2"},
		{"deadline", fmt.Errorf("x: %w", context.DeadlineExceeded), 503, "unavailable", "10"},
		{"anything else", errors.New("ldap: result 53 by cn=admin"), 500, "internal", ""},
		{"a sentinel nobody translated", directory.ErrRefused, 500, "internal", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(http.ResponseWriter, *http.Request) error { return test.err }})
			w := d.get("/x")
			want(t, "status", w.Code, test.status)
			want(t, "Retry-After", w.Header().Get("Retry-After"), test.retry)
			if !strings.Contains(w.Body.String(), "<p id=error-code>"+test.code+"</p>") {
				t.Errorf("page %q does not say %q", w.Body, test.code)
			}
			if strings.Contains(w.Body.String(), "ldap:") || strings.Contains(w.Body.String(), "directory:") {
				t.Errorf("page %q tells what is inside", w.Body)
			}
			event := d.log.last(t)
			if !strings.Contains(fmt.Sprint(event["error"]), test.err.Error()) {
				t.Errorf("the cause %q is not in the log: %v", test.err, event)
			}
			if ref := fmt.Sprint(event["ref"]); len(ref) != 10 || !strings.Contains(w.Body.String(), ref) {
				t.Errorf("reference %q is not on the page %q", ref, w.Body)
			}
		})
	}
}

func TestDetailIsShown(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(http.ResponseWriter, *http.Request) error {
		return FailDetail(403, "forbidden", "Nextcloud", nil)
	}})
	if body := d.get("/x").Body.String(); !strings.Contains(body, "Nextcloud") {
		t.Errorf("page %q", body)
	}
}

// RFC 9457 or OAuth: a program that asked for JSON never gets a page.
func TestProgramsGetJSON(t *testing.T) {
	fail := func(http.ResponseWriter, *http.Request) error { return store.ErrUnavailable }
	d := newDoor(t, nil,
		Route{Pattern: "POST /token", Needs: Service, Handle: fail},
		Route{Pattern: "GET /page", Needs: Anyone, Handle: fail})
	for _, test := range []struct {
		name, method, path, accept, body string
	}{
		{"a program's route", "POST", "/token", "text/html", `"error":"temporarily_unavailable"`},
		{"its wrong method", "GET", "/token", "text/html", `"code":"method"`},
		{"well-known", "GET", "/.well-known/nothing", "", `"code":"not-found"`},
		{"asks for JSON", "GET", "/page", "application/json", `"error":"temporarily_unavailable"`},
		{"likes JSON better", "GET", "/page", "text/html;q=0.5, application/json", `"code":"unavailable"`},
		{"a browser", "GET", "/page", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "error-code"},
		{"no preference", "GET", "/nothing", "*/*", "error-code"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.path, nil)
			r.Header.Set("Accept", test.accept)
			w := d.ask(r)
			if !strings.Contains(w.Body.String(), test.body) {
				t.Errorf("got %q, want %q in it", w.Body, test.body)
			}
		})
	}
}

func TestWrongPathsAndMethods(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: hello}, Route{Pattern: "POST /x", Needs: Anyone, Handle: hello})
	want(t, "path", d.get("/y").Code, 404)
	w := d.ask(httptest.NewRequest("DELETE", "/x", nil))
	want(t, "method", w.Code, 405)
	want(t, "Allow", w.Header().Get("Allow"), "GET, HEAD, POST")
	if !strings.Contains(w.Body.String(), "method") {
		t.Errorf("405 is not in the house style: %q", w.Body)
	}
	want(t, "head", d.ask(httptest.NewRequest("HEAD", "/x", nil)).Code, 200)
}

// A panic costs one request, and the process lives (GHSA-wx92-7mmw-5x82 in
// another provider: one request to the token endpoint ended it).
func TestAPanicIsOneErrorPage(t *testing.T) {
	d := newDoor(t, nil,
		Route{Pattern: "GET /panic", Needs: Anyone, Handle: func(http.ResponseWriter, *http.Request) error { panic("canary-panic") }},
		Route{Pattern: "GET /x", Needs: Anyone, Handle: hello})
	w := d.get("/panic")
	want(t, "status", w.Code, 500)
	if strings.Contains(w.Body.String(), "canary-panic") {
		t.Errorf("the page tells of the panic: %q", w.Body)
	}
	event := d.log.last(t)
	if !strings.Contains(fmt.Sprint(event["stack"]), "router_test.go") {
		t.Errorf("no stack in the log: %v", event)
	}
	want(t, "the next request", d.get("/x").Code, 200)
}

// Half a page must not be followed by an error page, nor look complete.
func TestAnErrorAfterTheFirstByteCutsTheConnection(t *testing.T) {
	for name, late := range map[string]func(){
		"error": func() {},
		"panic": func() { panic("late") },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDoor(t, func(c *Config) { c.Hosts = []string{"127.0.0.1"} },
				Route{Pattern: "GET /x", Needs: Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
					_, _ = io.WriteString(w, "half a page")
					_ = http.NewResponseController(w).Flush()
					late()
					return errors.New("late")
				}})
			server := httptest.NewServer(d)
			defer server.Close()
			r, err := http.NewRequest("GET", server.URL+"/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "id.example.coop"
			answer, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err == nil {
				t.Errorf("the cut page %q looks whole", body)
			}
			want(t, "cut", d.log.last(t)["cut"], any(true))
		})
	}
}

func TestAPageThatCannotBeDrawnIsStillAnAnswer(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Pages = brokenPages{} })
	w := d.get("/nothing")
	want(t, "status", w.Code, 404)
	if !strings.Contains(w.Body.String(), "not-found") {
		t.Errorf("got %q", w.Body)
	}
	if !strings.Contains(fmt.Sprint(d.log.last(t)["error"]), "template: broken") {
		t.Error("the fault of the template is not in the log")
	}
}

func TestBodiesAreBounded(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "POST /x", Needs: Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		_, err := ParseForm(r, "a")
		return err
	}})
	want(t, "64 KiB and more", d.post("/x", "b="+strings.Repeat("a", 70<<10)).Code, 413)
	want(t, "less", d.post("/x", "b="+strings.Repeat("a", 60<<10)).Code, 200)
}

func TestHandlersHaveADeadline(t *testing.T) {
	d := newDoor(t, func(c *Config) { c.Limits.Time = 20 * time.Millisecond },
		Route{Pattern: "GET /x", Needs: Anyone, Handle: func(_ http.ResponseWriter, r *http.Request) error {
			select {
			case <-r.Context().Done():
				return r.Context().Err()
			case <-time.After(5 * time.Second):
				return errors.New("nobody stopped me")
			}
		}})
	want(t, "status", d.get("/x").Code, 503)
}

func TestWhoWentAwayIsNoFaultOfOurs(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("search: %w", r.Context().Err())
	}})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d.ask(httptest.NewRequest("GET", "/x", nil).WithContext(ctx))
	event := d.log.last(t)
	want(t, "status", event["status"], any(499.0))
	want(t, "level", event["level"], any("INFO"))
}

func TestProgramsRoutesSeeNoCookies(t *testing.T) {
	show := func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "cookies: "+r.Header.Get("Cookie"))
		return err
	}
	d := newDoor(t, nil,
		Route{Pattern: "POST /token", Needs: Service, Handle: show},
		Route{Pattern: "POST /form", Needs: Anyone, Handle: show})
	for path, body := range map[string]string{"/token": "cookies: ", "/form": "cookies: s=1"} {
		r := httptest.NewRequest("POST", path, nil)
		r.Header.Set("Cookie", "s=1")
		want(t, path, d.ask(r).Body.String(), body)
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	person := map[Permission]Guard{Person: func(h Handler) Handler { return h }}
	d := newDoor(t, func(c *Config) { c.Guards = person },
		Route{Pattern: "POST /login", Needs: Anyone, Handle: hello},
		Route{Pattern: "GET /login", Needs: Anyone, Handle: hello},
		Route{Pattern: "POST /account", Needs: Person, Handle: hello},
		Route{Pattern: "POST /authorize", Needs: AnyoneFromAnySite, Handle: hello},
		Route{Pattern: "POST /token", Needs: Service, Handle: hello})
	for _, test := range []struct {
		method, path, header, value string
		status                      int
	}{
		{"POST", "/login", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "/login", "Sec-Fetch-Site", "same-site", 403},
		{"POST", "/login", "Origin", "https://evil.example", 403},
		{"POST", "/login", "Origin", "null", 403},
		{"POST", "/account", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "/login", "Sec-Fetch-Site", "same-origin", 200},
		{"POST", "/login", "Origin", "https://id.example.coop", 200},
		{"GET", "/login", "Sec-Fetch-Site", "cross-site", 200},
		{"POST", "/authorize", "Sec-Fetch-Site", "cross-site", 200},
		{"POST", "/token", "Origin", "https://app.example", 200},
	} {
		r := httptest.NewRequest(test.method, test.path, nil)
		r.Header.Set(test.header, test.value)
		want(t, fmt.Sprint(test.method, " ", test.path, " ", test.header, ": ", test.value), d.ask(r).Code, test.status)
	}
}

func TestTwoRoutersLiveInOneProcess(t *testing.T) {
	one := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: hello})
	two := newDoor(t, nil, Route{Pattern: "GET /y", Needs: Anyone, Handle: hello})
	want(t, "one has x", one.get("/x").Code, 200)
	want(t, "two has no x", two.get("/x").Code, 404)
}
