// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"golang.org/x/crypto/argon2"

	"commonscloud.coop/clau/idp/directory"
)

// Authenticate proves a password by binding as the person, on a connection
// that does nothing else: a bind changes whom the whole connection belongs to.
func (b *Backend) Authenticate(ctx context.Context, id directory.PersonID, password string) (directory.PasswordAdvice, error) {
	if password == "" {
		return directory.PasswordAdvice{}, refuse(directory.ErrPassword, "empty password")
	}
	entry, err := b.findPerson(ctx, id, "pwdChangedTime")
	if errors.Is(err, directory.ErrNotFound) {
		return directory.PasswordAdvice{}, sentinel(directory.ErrPassword, err)
	}
	if err != nil {
		return directory.PasswordAdvice{}, err
	}
	policy, err := b.tryPassword(ctx, entry.DN, password)
	err = passwordError(policy, err)
	if errors.Is(err, directory.ErrPassword) && (fields{entry}).text("pwdChangedTime") == "" {
		// No password was ever set, so the server had nothing to compute.
		// The quick answer would tell that the account exists.
		return directory.PasswordAdvice{}, b.tryDecoy(ctx, password)
	}
	return advice(policy), err
}

// tryPassword binds, and returns what the password policy says beside
// (draft-behera-ldap-password-policy), also when the bind failed.
func (b *Backend) tryPassword(ctx context.Context, dn, password string) (*ldap.ControlBeheraPasswordPolicy, error) {
	bind := ldap.NewSimpleBindRequest(dn, password, []ldap.Control{ldap.NewControlBeheraPasswordPolicy()})
	var policy *ldap.ControlBeheraPasswordPolicy
	op := func(c *ldap.Conn) error {
		b.config.Trips()
		result, err := c.SimpleBind(bind)
		if result != nil {
			policy, _ = ldap.FindControl(result.Controls, ldap.ControlTypeBeheraPasswordPolicy).(*ldap.ControlBeheraPasswordPolicy)
		}
		return err
	}
	reused, err := b.bind.do(ctx, false, op)
	if reused && broken(err) && ctx.Err() == nil {
		_, err = b.bind.do(ctx, true, op)
	}
	return policy, err
}

// Errors of the password policy control.
const (
	policyExpired    = 0
	policyLocked     = 1
	policyMustChange = 2
)

func advice(p *ldap.ControlBeheraPasswordPolicy) directory.PasswordAdvice {
	var a directory.PasswordAdvice
	if p == nil {
		return a
	}
	a.MustChange = p.Error == policyMustChange
	if p.Grace >= 0 {
		a.Expired, a.Grace = true, int(p.Grace)
	}
	if p.Expire > 0 {
		a.ExpiresIn = time.Duration(p.Expire) * time.Second
	}
	return a
}

func passwordError(p *ldap.ControlBeheraPasswordPolicy, err error) error {
	if err == nil {
		return nil
	}
	if !code(err, ldap.LDAPResultInvalidCredentials) && !code(err, ldap.LDAPResultInappropriateAuthentication) {
		return translate(err)
	}
	switch {
	case p != nil && p.Error == policyExpired:
		return sentinel(directory.ErrExpired, err)
	case p != nil && p.Error == policyLocked:
		return sentinel(directory.ErrLocked, err)
	}
	return sentinel(directory.ErrPassword, err)
}

// decoy is the state of cn=nobody, the account that unknown logins are tried
// on. The server hashes its random password, so that it costs what the
// passwords of people cost.
type decoy struct {
	ready atomic.Bool

	preparing sync.Mutex
	retry     time.Time // not tried before, after a failure
}

// AuthenticateNobody searches and binds as Authenticate does, and always fails.
func (b *Backend) AuthenticateNobody(ctx context.Context, password string) error {
	if password == "" {
		return refuse(directory.ErrPassword, "empty password")
	}
	if _, err := b.findPerson(ctx, "00000000-0000-0000-0000-000000000000"); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return b.tryDecoy(ctx, password)
}

func (b *Backend) tryDecoy(ctx context.Context, password string) error {
	if !b.decoyReady(ctx) {
		return b.hashInVain(ctx, password)
	}
	_, err := b.tryPassword(ctx, b.tree.nobody(), password)
	if err = passwordError(nil, err); err != nil {
		return err
	}
	return refuse(directory.ErrPassword, "nobody")
}

// decoyReady gives cn=nobody a password once in the life of a Backend, hashed
// with the parameters that the server uses now. Nobody waits for another who
// is at it, and a server that has no such account is not asked at each login.
func (b *Backend) decoyReady(ctx context.Context) bool {
	if b.decoy.ready.Load() {
		return true
	}
	if !b.decoy.preparing.TryLock() {
		return false
	}
	defer b.decoy.preparing.Unlock()
	if b.decoy.ready.Load() || b.config.Now().Before(b.decoy.retry) {
		return b.decoy.ready.Load()
	}
	secret := make([]byte, 24)
	_, err := io.ReadFull(b.config.Rand, secret)
	if err == nil {
		err = b.passwordModify(ctx, directory.System(), b.tree.nobody(), base64.RawURLEncoding.EncodeToString(secret))
	}
	if err != nil {
		b.decoy.retry = b.config.Now().Add(time.Minute)
		b.config.Logger.WarnContext(ctx, "the directory has no cn=nobody to try unknown logins on", "error", err)
		return false
	}
	b.decoy.ready.Store(true)
	return true
}

// hashInVain stands in for the server where it has no cn=nobody, with its
// usual parameters and in the same queue.
func (b *Backend) hashInVain(ctx context.Context, password string) error {
	if err := b.bind.enter(ctx); err != nil {
		return err
	}
	defer b.bind.leave()
	argon2.Key([]byte(password), []byte("nobody's salt..."), 3, 19456, 1, 32)
	return refuse(directory.ErrPassword, "nobody")
}

// SetPassword replaces the password by the extended operation of RFC 3062: the
// server hashes it, and refuses what its policy does not like.
func (b *Backend) SetPassword(ctx context.Context, by directory.Actor, id directory.PersonID, password string) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if password == "" {
		return refuse(directory.ErrWeakPassword, "empty password")
	}
	entry, err := b.findPerson(ctx, id)
	if err != nil {
		return err
	}
	err = b.passwordModify(ctx, by, entry.DN, password)
	if !by.IsSystem() && errors.Is(err, directory.ErrNotFound) {
		return sentinel(directory.ErrRefused, err) // there it is, but not for the actor to see
	}
	return err
}

const passwordModifyOID = "1.3.6.1.4.1.4203.1.11.1"

// passwordModify builds the request itself, since that of the library takes no
// controls and so could not be made in somebody's name.
func (b *Backend) passwordModify(ctx context.Context, by directory.Actor, dn, password string) error {
	controls, err := b.as(by)
	if err != nil {
		return err
	}
	body := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "PasswdModifyRequestValue")
	body.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, dn, "userIdentity"))
	body.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 2, password, "newPasswd"))
	request := ldap.NewExtendedRequest(passwordModifyOID, body)
	request.Controls = controls
	err = b.write(ctx, func(c *ldap.Conn) error {
		_, err := c.Extended(request)
		return err
	})
	if code(err, ldap.LDAPResultConstraintViolation) {
		return sentinel(directory.ErrWeakPassword, err)
	}
	return err
}
