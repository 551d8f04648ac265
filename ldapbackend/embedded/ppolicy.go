// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// lockedForGood in pwdAccountLockedTime ends only when somebody deletes it.
const lockedForGood = "000001010000Z"

const (
	timeLayout = "20060102150405Z"
	fineLayout = "20060102150405.000000Z" // two failures in a second are two
)

// policy is a pwdPolicy entry (draft-behera-ldap-password-policy-10 section 5.2).
type policy struct {
	minLength, maxLength      int
	checkQuality              bool
	maxAge, warning           time.Duration
	grace                     int
	lockout                   bool
	maxFailure, maxRecorded   int
	countInterval, lockoutFor time.Duration
	mustChange, safeModify    bool
	noUserChange              bool
}

// policyOf reads the policy that an entry names, or the default one.
func (s *Server) policyOf(r *tree.Read, e *model.Entry) (policy, error) {
	name := e.First(s.types.policy)
	if name == "" {
		name = "cn=default,ou=policies," + s.Base
	}
	dn, err := s.schema.ParseDN(name)
	if err != nil {
		return policy{}, nil
	}
	entry, err := r.At(dn.Path())
	if err != nil || entry == nil {
		return policy{}, err
	}
	return s.readPolicy(entry), nil
}

func (s *Server) readPolicy(e *model.Entry) policy {
	first := func(name string) string { return e.First(s.schema.Attribute(name)) }
	number := func(name string) int {
		n, _ := strconv.Atoi(first(name))
		return n
	}
	seconds := func(name string) time.Duration { return time.Duration(number(name)) * time.Second }
	return policy{
		minLength: number("pwdMinLength"), maxLength: number("pwdMaxLength"), checkQuality: number("pwdCheckQuality") > 0,
		maxAge: seconds("pwdMaxAge"), warning: seconds("pwdExpireWarning"), grace: number("pwdGraceAuthnLimit"),
		lockout: first("pwdLockout") == "TRUE", maxFailure: number("pwdMaxFailure"), maxRecorded: number("pwdMaxRecordedFailure"),
		countInterval: seconds("pwdFailureCountInterval"), lockoutFor: seconds("pwdLockoutDuration"),
		mustChange: first("pwdMustChange") == "TRUE", safeModify: first("pwdSafeModify") == "TRUE",
		noUserChange: first("pwdAllowUserChange") == "FALSE",
	}
}

// accepts refuses a new password that is too short or too long. Hashed ones
// cannot be judged (pwdCheckQuality 1 lets them pass).
func (p policy) accepts(password string) wire.PolicyError {
	if _, _, hashed := schemeOf(password); hashed || !p.checkQuality {
		return -1
	}
	switch {
	case len(password) < p.minLength:
		return wire.PasswordTooShort
	case p.maxLength > 0 && len(password) > p.maxLength:
		return wire.PasswordTooLong
	}
	return -1
}

// locked reports whether an account is locked at the moment.
func (a account) locked(now time.Time) bool {
	value := a.entry.First(a.types.locked)
	if value == "" {
		return false
	}
	since, err := readTime(value)
	if err != nil || value == lockedForGood || a.rules.lockoutFor == 0 {
		return true
	}
	return now.Before(since.Add(a.rules.lockoutFor))
}

func readTime(value string) (time.Time, error) {
	return time.Parse(timeLayout, value) // takes fractions of a second too
}

// noteFailure counts a wrong password, and locks the account when there were
// too many.
func (q *request) noteFailure(path []string) error {
	return q.change(path, func(w *tree.Write, e *model.Entry) (bool, error) {
		p, err := q.policyOf(&w.Read, e)
		if err != nil || !p.lockout || p.maxFailure == 0 {
			return false, err
		}
		now := q.Now().UTC()
		recent := q.recentFailures(e, p, now)
		recent = append(recent, now.Format(fineLayout))
		if len(recent) >= p.maxFailure {
			e.Set(q.types.locked, now.Format(timeLayout))
		}
		if keep := max(p.maxRecorded, p.maxFailure); len(recent) > keep {
			recent = recent[len(recent)-keep:]
		}
		e.Set(q.types.failures, recent...)
		return true, nil
	})
}

func (q *request) recentFailures(e *model.Entry, p policy, now time.Time) []string {
	var recent []string
	for _, value := range e.Get(q.types.failures) {
		t, err := readTime(value)
		if err == nil && (p.countInterval == 0 || now.Sub(t) < p.countInterval) {
			recent = append(recent, value)
		}
	}
	return recent
}

// outcome is what a policy says of a right password.
type outcome struct {
	wire.Policy
	refused bool
	grace   bool // one of the last logins was used
}

func (a account) judge(now time.Time) outcome {
	o := outcome{Policy: wire.NoPolicy()}
	if a.rules.mustChange && a.entry.First(a.types.reset) == "TRUE" {
		o.Error = wire.ChangeAfterReset
		return o
	}
	changed, err := readTime(a.entry.First(a.types.changed))
	if a.rules.maxAge == 0 || err != nil {
		return o
	}
	left := changed.Add(a.rules.maxAge).Sub(now)
	if left > 0 {
		if left <= a.rules.warning {
			o.Expire = int(left / time.Second)
		}
		return o
	}
	if used := len(a.entry.Get(a.types.graceUses)); used < a.rules.grace {
		o.Grace, o.grace = a.rules.grace-used-1, true
		return o
	}
	o.Error, o.refused = wire.PasswordExpired, true
	return o
}

// noteSuccess judges, and forgets failures. Most logins write nothing.
func (q *request) noteSuccess(a account) (outcome, error) {
	o := a.judge(q.Now())
	t := q.types
	if o.refused || !o.grace && a.entry.Get(t.failures) == nil && a.entry.Get(t.locked) == nil {
		return o, nil
	}
	return o, q.change(a.entry.Path, func(_ *tree.Write, e *model.Entry) (bool, error) {
		e.Set(t.failures)
		e.Set(t.locked)
		if o.grace {
			e.Set(t.graceUses, append(e.Get(t.graceUses), q.Now().UTC().Format(fineLayout))...)
		}
		return true, nil
	})
}

// change writes operational attributes of the password policy. Who logs in has
// not modified the entry, so its timestamps stay.
func (q *request) change(path []string, f func(*tree.Write, *model.Entry) (bool, error)) error {
	return q.store.Write(q.ctx, func(w *tree.Write) error {
		old, err := w.At(path)
		if err != nil || old == nil {
			return err
		}
		e := old.Clone()
		changed, err := f(w, e)
		if err != nil || !changed {
			return err
		}
		return w.Replace(old, e)
	})
}

// renewed resets the policy's state after a password was changed.
func (s *Server) renewed(e *model.Entry, now time.Time) {
	for _, a := range []*model.Attribute{s.types.failures, s.types.locked, s.types.graceUses, s.types.reset} {
		e.Set(a)
	}
	e.Set(s.types.changed, now.UTC().Format(timeLayout))
}

// trimHash drops the NULs that slapd's argon2 module leaves at the end.
func trimHash(value string) string {
	if strings.HasPrefix(value, "{ARGON2}") {
		return strings.TrimRight(value, "\x00")
	}
	return value
}
