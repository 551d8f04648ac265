// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// board is a Discourse forum as its source has it: what it sends, what it
// refuses, and what it makes of what it believes.
type board struct {
	w      *town
	host   string
	below  string // path that the forum lives under
	secret string
	apiKey string
	full   bool            // discourse_connect_overrides_groups
	groups map[string]bool // that exist, in lower case

	mu       sync.Mutex
	nonces   map[string]time.Time
	used     map[string]bool
	users    []*member
	down     int // what the API answers in place of doing anything
	calls    []string
	lastSaid url.Values
}

// member is an account of the forum.
type member struct {
	id       int
	external string
	email    string
	username string
	name     string
	locale   string
	active   bool
	admin    bool
	groups   []string
	sessions int
}

func newBoard(w *town) *board {
	b := &board{
		w: w, host: "forum.example", secret: connectSecret, apiKey: apiKey, nonces: map[string]time.Time{}, used: map[string]bool{},
		groups: map[string]bool{"ateneu": true, "junta": true, "staff-picks": true, "veins": true, "lectors": true},
	}
	w.Host(b.host, b)
	return b
}

func (b *board) base() string { return "https://" + b.host + b.below }

// ServeHTTP is the part of the forum that this is about.
func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, b.below)
	switch {
	case path == "/session/sso":
		b.ask(w, r)
	case path == "/session/sso_login":
		b.answered(w, r)
	case path == "/":
		fmt.Fprint(w, "The front page")
	case r.Header.Get("Api-Key") != "" || strings.HasPrefix(path, "/admin/") || strings.HasPrefix(path, "/u/by-external/"):
		b.api(w, r, path)
	default:
		http.NotFound(w, r)
	}
}

// ask makes a request: a nonce that is good for ten minutes, base64 without line
// ends, and a signature over that text.
func (b *board) ask(w http.ResponseWriter, r *http.Request) {
	nonce := fmt.Sprintf("%032x", len(b.nonces)+0xfeed)
	b.nonces[nonce] = b.w.Clock.Now()
	http.Redirect(w, r, b.request(nonce, b.base()+"/session/sso_login"), http.StatusFound)
}

func (b *board) request(nonce, back string) string {
	payload := base64.StdEncoding.EncodeToString([]byte("nonce=" + nonce + "&return_sso_url=" + url.QueryEscape(back)))
	return connectURL + "?sso=" + url.QueryEscape(payload) + "&sig=" + signed(payload, b.secret)
}

func signed(payload, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(payload))
	return hex.EncodeToString(mac.Sum(nil))
}

var notBase64 = regexp.MustCompile(`[^a-zA-Z0-9=\r\n/+]`)

// parse is DiscourseConnectBase.parse.
func (b *board) parse(sso, sig string) (url.Values, int, string) {
	if notBase64.MatchString(sso) {
		return nil, http.StatusInternalServerError, "PayloadParseError"
	}
	if signed(sso, b.secret) != sig {
		return nil, http.StatusUnprocessableEntity, "bad signature for payload"
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(sso)
	if err != nil {
		return nil, http.StatusInternalServerError, "not base64"
	}
	said, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, http.StatusInternalServerError, "not a query"
	}
	for field, values := range said {
		known := slices.Contains(strings.Fields("nonce external_id email require_activation username name locale groups "+
			"add_groups remove_groups suppress_welcome_message"), field)
		if !known || len(values) != 1 {
			return nil, http.StatusInternalServerError, "unexpected " + field
		}
	}
	for _, field := range []string{"require_activation", "suppress_welcome_message"} {
		if v := said.Get(field); v != "true" && v != "false" {
			return nil, http.StatusInternalServerError, field + " is nil"
		}
	}
	return said, 0, ""
}

func (b *board) answered(w http.ResponseWriter, r *http.Request) {
	said, status, why := b.parse(r.URL.Query().Get("sso"), r.URL.Query().Get("sig"))
	if status != 0 {
		http.Error(w, why, status)
		return
	}
	nonce := said.Get("nonce")
	asked, known := b.nonces[nonce]
	if !known || b.used[nonce] || b.w.Clock.Now().Sub(asked) >= 10*time.Minute {
		http.Error(w, "Nonce is incorrect, was generated in a different browser session, or has expired", 419)
		return
	}
	b.used[nonce] = true
	m, err := b.lookupOrCreate(said)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !m.active {
		fmt.Fprintf(w, "Account created: activate it by the mail sent to %s", m.email)
		return
	}
	m.sessions++
	fmt.Fprintf(w, "Logged in as %s", m.username)
}

// lookupOrCreate is DiscourseConnect#lookup_or_create_user.
func (b *board) lookupOrCreate(said url.Values) (*member, error) {
	b.lastSaid = said
	external := said.Get("external_id")
	if external == "" || slices.Contains([]string{"none", "nil", "blank", "null"}, strings.ToLower(external)) || strings.Contains(external, "/") {
		return nil, fmt.Errorf("external id %q", external)
	}
	if !strings.Contains(said.Get("email"), "@") {
		return nil, fmt.Errorf("Primary email is invalid")
	}
	activation := said.Get("require_activation") == "true"
	m := b.find(func(m *member) bool { return m.external == external })
	if m == nil && !activation {
		m = b.find(func(m *member) bool { return strings.EqualFold(m.email, said.Get("email")) })
	}
	if m == nil {
		if b.find(func(m *member) bool { return strings.EqualFold(m.email, said.Get("email")) }) != nil {
			return nil, fmt.Errorf("Primary email has already been taken")
		}
		m = &member{
			id: len(b.users) + 1, email: said.Get("email"), username: cmp.Or(said.Get("username"), "user"+strconv.Itoa(len(b.users)+1)),
			name: said.Get("name"), locale: said.Get("locale"), active: !activation,
		}
		b.users = append(b.users, m)
	}
	m.external = external
	m.active = m.active || !activation
	b.regroup(m, said)
	return m, nil
}

func (b *board) find(is func(*member) bool) *member {
	if i := slices.IndexFunc(b.users, is); i >= 0 {
		return b.users[i]
	}
	return nil
}

// regroup is apply_group_rules: with the override what is not named is left.
func (b *board) regroup(m *member, said url.Values) {
	names := func(field string) (out []string) {
		for name := range strings.SplitSeq(strings.ToLower(said.Get(field)), ",") {
			if b.groups[name] {
				out = append(out, name)
			}
		}
		return out
	}
	if b.full {
		m.groups = names("groups")
		return
	}
	m.groups = append(m.groups, names("add_groups")...)
	gone := names("remove_groups")
	m.groups = slices.DeleteFunc(m.groups, func(g string) bool { return slices.Contains(gone, g) })
	slices.Sort(m.groups)
	m.groups = slices.Compact(m.groups)
}

// api is what an admin's key opens.
func (b *board) api(w http.ResponseWriter, r *http.Request, path string) {
	b.calls = append(b.calls, r.Method+" "+path)
	if b.down != 0 {
		w.Header().Set("Location", "https://thief.example/")
		http.Error(w, "", b.down)
		return
	}
	if r.Header.Get("Api-Key") != b.apiKey || r.Header.Get("Api-Username") != "system" {
		http.Error(w, `{"errors":["You are not permitted to view the requested resource."],"error_type":"invalid_access"}`, http.StatusForbidden)
		return
	}
	if external, ok := strings.CutPrefix(path, "/u/by-external/"); ok && r.Method == http.MethodGet {
		b.byExternal(w, strings.TrimSuffix(external, ".json"))
		return
	}
	if id, ok := strings.CutSuffix(strings.TrimPrefix(path, "/admin/users/"), "/log_out"); ok && r.Method == http.MethodPost {
		b.logOut(w, id)
		return
	}
	if path == "/admin/users/sync_sso" && r.Method == http.MethodPost {
		said, status, why := b.parse(r.PostFormValue("sso"), r.PostFormValue("sig"))
		if status != 0 {
			http.Error(w, why, status)
			return
		}
		if _, err := b.lookupOrCreate(said); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		}
		return
	}
	http.NotFound(w, r)
}

func (b *board) byExternal(w http.ResponseWriter, external string) {
	m := b.find(func(m *member) bool { return m.external == external })
	if m == nil {
		http.Error(w, `{"errors":["not found"],"error_type":"not_found"}`, http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"user": map[string]any{"id": m.id, "username": m.username}})
}

func (b *board) logOut(w http.ResponseWriter, id string) {
	m := b.find(func(m *member) bool { return strconv.Itoa(m.id) == id })
	if m == nil {
		http.Error(w, `{"error":"not found"}`, http.StatusNotFound)
		return
	}
	m.sessions = 0
	fmt.Fprint(w, `{"success":"OK"}`)
}

// one is the only account there is.
func (b *board) one() member {
	b.w.T.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.users) != 1 {
		b.w.T.Fatalf("%d accounts", len(b.users))
	}
	return *b.users[0]
}

func (b *board) said() url.Values {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lastSaid
}
