// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Directory is what a bridge reads, from a short cache.
type Directory interface {
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
}

// SignOns is where sign-ons are decided; [signon.Pipeline] is one.
type SignOns interface {
	Begin(w http.ResponseWriter, r *http.Request, req signon.Request) error
	Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error)
}

// Room lets what a bridge gives die with the session, or with the person's
// consent; [logout.Room] is one.
type Room interface {
	Hold(sessionKey, storeKey string, ttl time.Duration) store.Op
	HoldFor(person directory.PersonID, service directory.ServiceID, storeKey string, ttl time.Duration) store.Op
}

// Config is what a [Bridge] needs. Zero durations take the defaults.
type Config struct {
	// Issuer is the address of all of Clau, without a slash at its end.
	Issuer string

	Directory Directory
	SignOns   SignOns
	Room      Room
	Store     store.Store
	Audit     audit.Log // nil: nothing is recorded
	Now       func() time.Time
	Rand      io.Reader

	// Consents reads people's decisions past the cache, and Decisions writes
	// them. [GitLab] keeps people's numbers there; other bridges need neither.
	Consents  Consents
	Decisions Decisions

	CodeLife  time.Duration // default 5 min, as Phabricator itself has it
	TokenLife time.Duration // default 1 min
}

// Bridge is one kind of application in place of which Clau answers. It is a
// [web.Area], the [signon.Protocol] of its name and the [logout.Courier] of the
// same name.
type Bridge struct {
	c    Config
	path string // of the issuer
	dialect
}

var (
	_ web.Area        = (*Bridge)(nil)
	_ signon.Protocol = (*Bridge)(nil)
	_ logout.Courier  = (*Bridge)(nil)

	_ SignOns = (*signon.Pipeline)(nil)
	_ Room    = (*logout.Room)(nil)
)

// dialect is what one kind of application does otherwise than another.
type dialect interface {
	name() string // the protocol: directory.BridgePhabricator …

	// paths are those of the endpoints below a service's own, as patterns.
	paths() (authorize, token, identity string)

	// shown is the access token of a request to the identity endpoint; "" if
	// there is none, or more than one.
	shown(r *http.Request) string

	// numbered reports whether accounts go by numbers in place of pseudonyms.
	numbered() bool

	// usable reports whether the application can make an account of what is
	// released, at all.
	usable(r release.Release) bool

	// identity is what the identity endpoint answers.
	identity(who identity) any

	// refusal is what the identity endpoint answers in its place.
	refusal(no *refusal) any
}

// identity is a person as a service of a bridge is told of them.
type identity struct {
	subject string
	number  int64 // zero: the dialect has none
	told    release.Release
	page    string // where the person sees what services know of them
}

// Phabricator returns the bridge of Phabricator and Phorge.
func Phabricator(c Config) (*Bridge, error) { return open(c, phabricator{}) }

// GitLab returns the bridge of applications that log people in from GitLab.
func GitLab(c Config) (*Bridge, error) {
	if c.Consents == nil || c.Decisions == nil {
		return nil, errors.New("bridge: numbers of people have no place to be kept")
	}
	return open(c, gitlab{})
}

func open(c Config, d dialect) (*Bridge, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("bridge: %q cannot be an issuer", c.Issuer)
	}
	if c.CodeLife == 0 {
		c.CodeLife = 5 * time.Minute
	}
	if c.TokenLife == 0 {
		c.TokenLife = time.Minute
	}
	return &Bridge{c: c, path: issuer.Path, dialect: d}, nil
}

// Protocol implements [signon.Protocol] and [logout.Courier].
func (b *Bridge) Protocol() string { return b.name() }

// Routes implements [web.Area].
func (b *Bridge) Routes() []web.Route {
	below := b.path + "/" + b.name() + "/{service}"
	authorize, token, identity := b.paths()
	return []web.Route{
		{Pattern: "GET " + below + authorize, Needs: web.Anyone, Handle: b.authorize},
		{Pattern: "POST " + below + token, Needs: web.Service, Handle: b.token},
		{Pattern: "GET " + below + identity, Needs: web.Service, Handle: b.whoAmI},
	}
}

// Deliver implements [logout.Courier]. None of these applications can be told
// that a session is over: Phabricator's own end after thirty days and
// Mattermost's when it says so, and people are shown that.
func (b *Bridge) Deliver(context.Context, logout.Participant) error { return logout.ErrUnsupported }
