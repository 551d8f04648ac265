// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
)

// bindPolicy binds and tells the result code with what the password policy
// says: "49 locked", "0 change", "0 grace 1", "0 expires 60".
func bindPolicy(c *ldap.Conn, dn, password string) string {
	r, err := c.SimpleBind(&ldap.SimpleBindRequest{
		Username: dn, Password: password, Controls: []ldap.Control{ldap.NewControlBeheraPasswordPolicy()},
	})
	out := told(err)
	if r == nil {
		return out
	}
	p, ok := ldap.FindControl(r.Controls, ldap.ControlTypeBeheraPasswordPolicy).(*ldap.ControlBeheraPasswordPolicy)
	if !ok {
		return out
	}
	if p.Grace >= 0 {
		out += fmt.Sprint(" grace ", p.Grace)
	}
	if p.Expire >= 0 {
		out += fmt.Sprint(" expires ", p.Expire)
	}
	return out + map[int8]string{-1: "", 0: " expired", 1: " locked", 2: " change"}[p.Error]
}

func bindsAs(dn, password string) deed {
	return func(c *ldap.Conn) string { return bindPolicy(c, dn, password) }
}

func TestLockout(t *testing.T) {
	overBoth(t, func(t *testing.T, s server) {
		c := s.anyone()
		for i := range 9 {
			if got := bindPolicy(c, pau, "dolenta"); got != "49" {
				t.Fatalf("failure %d: %s", i, got)
			}
		}
		if got := bindPolicy(c, pau, password); got != "0" {
			t.Fatal("the last chance is refused:", got)
		}
		for range 10 {
			bindPolicy(c, pau, "dolenta")
		}
		if got := bindPolicy(c, pau, password); got != "49 locked" {
			t.Error("ten failures after the last success:", got)
		}
		if got := bindPolicy(c, iu, password); got != "0" {
			t.Error("somebody else:", got)
		}
		clau := s.clau()
		if got := takeFrom(pau, "pwdAccountLockedTime")(clau); got != "0" {
			t.Fatal("unlock:", got)
		}
		if got := bindPolicy(c, pau, password); got != "0" {
			t.Error("after unlocking:", got)
		}
	})
}

func TestLockedForGoodAndForcedChange(t *testing.T) {
	const fresh = "una clau ben llarga"
	rows := []struct {
		who  string
		what string
		do   deed
		want string
	}{
		{"clau", "Clau locks", setTo(pau, "pwdAccountLockedTime", "000001010000Z"), "0"},
		{"pau", "the right password does not help", bindsAs(pau, password), "49 locked"},
		{"clau", "a new password unlocks", setsPassword(pau, "", fresh), "0"},
		{"pau", "as it should", bindsAs(pau, fresh), "0"},
		{"clau", "Clau forces a change", setTo(pau, "pwdReset", "TRUE"), "0"},
		{"pau", "who comes in is told", bindsAs(pau, fresh), "0 change"},
		{"pau", "and can do nothing", looks(pau, "uid"), "50"},
		{"pau", "nothing at all", setTo(pau, "displayName", "Pau"), "50"},
		{"pau", "but change it", setsPassword("", fresh, "una altra clau llarga"), "0"},
		{"pau", "and go on", looks(pau, "uid"), "0 | 0002 uid"},
		{"pau", "the next time too", bindsAs(pau, "una altra clau llarga"), "0"},
		{"clau", "nothing is left", looks(pau, "pwdReset", "pwdAccountLockedTime", "pwdFailureTime"), "0 | 0002"},
	}
	overBoth(t, func(t *testing.T, s server) {
		conns := map[string]*ldap.Conn{"clau": s.clau(), "pau": s.anyone()}
		for _, row := range rows {
			if got := row.do(conns[row.who]); !strings.HasPrefix(got, row.want) || row.want == "0" && got != "0" {
				t.Errorf("%s: %q, want %q", row.what, got, row.want)
			}
		}
	})
}

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const ageing = `
dn: cn=default,ou=policies,dc=clau,dc=example
objectClass: organizationalRole
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdCheckQuality: 1
pwdMinLength: 10
pwdMaxAge: 1000
pwdExpireWarning: 100
pwdGraceAuthnLimit: 2
pwdLockout: TRUE
pwdMaxFailure: 3
pwdLockoutDuration: 60
pwdFailureCountInterval: 30
`

func TestPasswordsAgeAndLocksEnd(t *testing.T) {
	now := &clock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	s := start(t, func(c *embedded.Config) { c.Now = now.Now })
	if err := s.Import(strings.NewReader(ageing)); err != nil {
		t.Fatal(err)
	}
	if got := setsPassword(pau, "", password)(asIDP(t, s)); got != "0" {
		t.Fatal(got)
	}
	c := dial(t, s)
	steps := []struct {
		after    time.Duration
		password string
		want     string
	}{
		{0, password, "0"},
		{950 * time.Second, password, "0 expires 50"},
		{60 * time.Second, password, "0 grace 1"},
		{0, password, "0 grace 0"},
		{0, password, "49 expired"},
		{0, "dolenta", "49"},
		{31 * time.Second, "dolenta", "49"}, // the first is forgotten
		{0, "dolenta", "49"},
		{0, "dolenta", "49"},
		{0, password, "49 locked"},
		{59 * time.Second, password, "49 locked"},
		{2 * time.Second, password, "49 expired"}, // no longer locked
	}
	for i, step := range steps {
		now.forward(step.after)
		if got := bindPolicy(c, pau, step.password); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
}

// TestSearchesDoNotWaitForLogins: two hundred people log in at once, one hash
// is computed at a time, and searches are answered long before they are all in.
func TestSearchesDoNotWaitForLogins(t *testing.T) {
	s := start(t, func(c *embedded.Config) {
		c.HashWorkers = 1
		c.Argon2 = embedded.Argon2{Memory: 2 << 10, Time: 2, Threads: 1}
	})
	clau := asIDP(t, s)
	if got := setsPassword(pau, "", password)(clau); got != "0" {
		t.Fatal(got)
	}
	var logins sync.WaitGroup
	var in atomic.Int64
	for range 200 {
		c := dial(t, s)
		c.SetTimeout(2 * time.Minute)
		logins.Add(1)
		go func() {
			defer logins.Done()
			if err := c.Bind(pau, password); err != nil {
				t.Error(err)
			}
			in.Add(1)
		}()
	}
	for range 10 {
		find(t, clau, people, ldap.ScopeSingleLevel, "(uid=marta)", "cn")
	}
	if n := in.Load(); n == 200 {
		t.Error("ten searches took longer than 200 logins")
	}
	logins.Wait()
}
