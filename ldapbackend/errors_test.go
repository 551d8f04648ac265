// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

func TestEveryResultHasOneMeaning(t *testing.T) {
	for code, want := range map[uint16]error{
		ldap.LDAPResultNoSuchObject:                 directory.ErrNotFound,
		ldap.LDAPResultEntryAlreadyExists:           directory.ErrExists,
		ldap.LDAPResultAttributeOrValueExists:       directory.ErrExists,
		ldap.LDAPResultNoSuchAttribute:              directory.ErrConflict,
		ldap.LDAPResultAssertionFailed:              directory.ErrConflict,
		ldap.LDAPResultNotAllowedOnNonLeaf:          directory.ErrConflict,
		ldap.LDAPResultInsufficientAccessRights:     directory.ErrRefused,
		ldap.LDAPResultAuthorizationDenied:          directory.ErrRefused,
		ldap.LDAPResultUnwillingToPerform:           directory.ErrRefused,
		ldap.LDAPResultConstraintViolation:          directory.ErrInvalid,
		ldap.LDAPResultInvalidAttributeSyntax:       directory.ErrInvalid,
		ldap.LDAPResultUndefinedAttributeType:       directory.ErrInvalid,
		ldap.LDAPResultObjectClassViolation:         directory.ErrInvalid,
		ldap.LDAPResultInvalidDNSyntax:              directory.ErrInvalid,
		ldap.LDAPResultBusy:                         directory.ErrUnavailable,
		ldap.LDAPResultUnavailable:                  directory.ErrUnavailable,
		ldap.LDAPResultOther:                        directory.ErrUnavailable,
		ldap.LDAPResultReferral:                     directory.ErrUnavailable,
		ldap.LDAPResultTimeLimitExceeded:            directory.ErrUnavailable,
		ldap.LDAPResultConfidentialityRequired:      directory.ErrUnavailable,
		ldap.LDAPResultInvalidCredentials:           directory.ErrUnavailable, // of Clau itself; those of people are not translated here
		ldap.LDAPResultUnavailableCriticalExtension: directory.ErrUnavailable,
		ldap.ErrorNetwork:                           directory.ErrUnavailable,
		ldap.ErrorUnexpectedResponse:                directory.ErrUnavailable,
		ldap.LDAPResultSyncRefreshRequired:          directory.ErrUnavailable,
	} {
		err := translate(ldap.NewError(code, errors.New("text of the server")))
		if !errors.Is(err, want) {
			t.Errorf("result %d is %v, want %v", code, err, want)
		}
		if again := translate(err); again.Error() != err.Error() {
			t.Errorf("translated twice: %v", again)
		}
		if !strings.Contains(err.Error(), "text of the server") {
			t.Errorf("the log would not tell: %v", err)
		}
	}
	if err := translate(io.EOF); !errors.Is(err, directory.ErrUnavailable) || !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if translate(nil) != nil {
		t.Error("success is an error")
	}
	if err := unavailable(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestOnlyThePolicySaysMore: without its control, nobody learns more than that
// the password is wrong.
func TestOnlyThePolicySaysMore(t *testing.T) {
	wrong := ldap.NewError(ldap.LDAPResultInvalidCredentials, errors.New("x"))
	policy := func(code int8) *ldap.ControlBeheraPasswordPolicy {
		return &ldap.ControlBeheraPasswordPolicy{Error: code, Expire: -1, Grace: -1}
	}
	for _, c := range []struct {
		policy *ldap.ControlBeheraPasswordPolicy
		err    error
		want   error
	}{
		{nil, nil, nil},
		{policy(policyMustChange), nil, nil},
		{nil, wrong, directory.ErrPassword},
		{policy(-1), wrong, directory.ErrPassword},
		{policy(policyExpired), wrong, directory.ErrExpired},
		{policy(policyLocked), wrong, directory.ErrLocked},
		{nil, ldap.NewError(ldap.LDAPResultInappropriateAuthentication, errors.New("no password set")), directory.ErrPassword},
		{nil, ldap.NewError(ldap.LDAPResultBusy, errors.New("x")), directory.ErrUnavailable},
		{nil, directory.ErrBusy, directory.ErrBusy},
	} {
		if err := passwordError(c.policy, c.err); !errors.Is(err, c.want) {
			t.Errorf("%v, %v: got %v, want %v", c.policy, c.err, err, c.want)
		}
	}
}
