// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
)

// phorge is a Phorge as its source has it: it sends what Phorge sends, reads what
// Phorge reads, and minds what Phorge minds.
type phorge struct {
	w        *town
	service  directory.Service
	base     string            // as its admin typed it
	accounts map[string]string // name of an account by the digest of its phid
	nobody   int               // that came with something it could not use
	last     map[string]any    // what it was told last
	silent   bool              // sends no User-Agent, as Phabricator before it
}

func newPhorge(w *town, change ...func(*directory.Service)) *phorge {
	p := &phorge{w: w, base: phorgeBase + "/", accounts: map[string]string{}}
	p.service = w.register(directory.BridgePhabricator, "phorge", phorgeBack, change...)
	w.Host("phorge.example", p)
	return p
}

func (p *phorge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/auth/start/":
		p.start(w)
	case "/auth/login/phabricator:ateneu.coop/":
		p.login(w, r)
	default:
		http.NotFound(w, r)
	}
}

// start is the page with the button: a form that is sent by GET, under a policy
// that lets it end here or at the base address.
func (p *phorge) start(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: "phcid", Value: "a1b2c3", Path: "/", Secure: true})
	w.Header().Set("Content-Security-Policy", "default-src 'self'; form-action 'self' https://"+bridgetest.Host)
	fmt.Fprintf(w, `<form method="GET" action="%s/oauthserver/auth/">`, strings.TrimRight(p.base, "/"))
	for _, field := range [][2]string{
		{"client_id", string(p.service.OIDC.ID)}, {"scope", ""}, {"redirect_uri", phorgeBack},
		{"state", p.state("a1b2c3")}, {"response_type", "code"},
	} {
		fmt.Fprintf(w, `<input type="hidden" name="%s" value="%s">`, field[0], html.EscapeString(field[1]))
	}
	fmt.Fprint(w, `</form>`)
}

// state is the same for as long as the browser keeps its cookie.
func (p *phorge) state(cookie string) string {
	mac := hmac.New(sha1.New, []byte("phorge"))
	mac.Write([]byte(cookie))
	return hex.EncodeToString(mac.Sum(nil))
}

// login reads the error before the state, as Phorge does.
func (p *phorge) login(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if code := query.Get("error"); code != "" {
		fmt.Fprintf(w, "The OAuth provider returned an error: %s", html.EscapeString(code))
		return
	}
	cookie, err := r.Cookie("phcid")
	if err != nil || query.Get("state") != p.state(cookie.Value) || query.Get("code") == "" {
		p.exception(w, "state")
		return
	}
	token, err := p.exchange(query.Get("code"))
	if err != nil {
		p.exception(w, err.Error())
		return
	}
	if p.last, err = p.whoami(token); err != nil {
		p.exception(w, err.Error())
		return
	}
	p.enter(w)
}

func (p *phorge) exception(w http.ResponseWriter, why string) {
	p.nobody++
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, "Unhandled Exception: %s", html.EscapeString(why))
}

// exchange sends the fields in Phorge's order. Whatever is no 2xx is an exception.
func (p *phorge) exchange(code string) (string, error) {
	var body strings.Builder
	for i, field := range [][2]string{
		{"client_id", string(p.service.OIDC.ID)}, {"client_secret", secret}, {"redirect_uri", phorgeBack},
		{"code", code}, {"grant_type", "authorization_code"},
	} {
		if i > 0 {
			body.WriteByte('&')
		}
		body.WriteString(field[0] + "=" + strings.ReplaceAll(url.QueryEscape(field[1]), "+", "%20"))
	}
	r, err := http.NewRequest(http.MethodPost, strings.TrimRight(p.base, "/")+"/oauthserver/token/", strings.NewReader(body.String()))
	if err != nil {
		return "", err
	}
	raw, err := p.call(r)
	if err != nil {
		return "", err
	}
	var said map[string]any
	if err := json.Unmarshal(raw, &said); err != nil {
		return "", err
	}
	if said["error"] != nil || said["access_token"] == nil {
		return "", fmt.Errorf("no token: %v", said)
	}
	return said["access_token"].(string), nil
}

func (p *phorge) whoami(token string) (map[string]any, error) {
	r, err := http.NewRequest(http.MethodGet, strings.TrimRight(p.base, "/")+"/api/user.whoami?access_token="+url.QueryEscape(token), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Length", "0")
	raw, err := p.call(r)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(raw), "for(;;);") {
		return nil, fmt.Errorf("the answer is shielded")
	}
	var envelope struct {
		Result map[string]any `json:"result"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil || envelope.Result == nil {
		return nil, fmt.Errorf("TypeError: result is null")
	}
	return envelope.Result, nil
}

func (p *phorge) call(r *http.Request) ([]byte, error) {
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Encoding", "gzip")
	if !p.silent {
		r.Header.Set("User-Agent", "https://phorge.example/ Phorge/1.0 cURL/8")
	}
	answer, err := p.w.Client().Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode/100 != 2 {
		err = fmt.Errorf("HTTP %d: %.512s", answer.StatusCode, raw)
	}
	return raw, err
}

var (
	phorgeName  = regexp.MustCompile(`^[a-zA-Z0-9._-]*[a-zA-Z0-9_-]$`)
	phorgeEmail = regexp.MustCompile(`(?i)^[a-z0-9_+.!-]+@[a-z0-9_+:.-]+$`)
)

// enter logs in whom it knows, and registers whom it does not with what it was
// told: what its form would refuse is an error here.
func (p *phorge) enter(w http.ResponseWriter) {
	phid, isText := p.last["phid"].(string)
	if !isText || phid == "" {
		p.exception(w, "no account identifiers")
		return
	}
	sum := sha1.Sum([]byte(phid))
	id := hex.EncodeToString(sum[:])
	if name, known := p.accounts[id]; known {
		fmt.Fprintf(w, "Welcome back, %s", name)
		return
	}
	name, _ := p.last["userName"].(string)
	if name != "" && (len(name) > 64 || !phorgeName.MatchString(name)) {
		p.exception(w, "Username is invalid: "+name)
		return
	}
	if mail, given := p.last["primaryEmail"].(string); given && !phorgeEmail.MatchString(mail) {
		p.exception(w, "Email is invalid: "+mail)
		return
	}
	p.accounts[id] = name
	fmt.Fprintf(w, "Registered %s", name)
}
