// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// translate says an LDAP result (RFC 4511 appendix A) in the words of package
// directory. The text of the result stays in the chain, for the log.
func translate(err error) error {
	if err == nil || errors.Is(err, errTranslated) {
		return err
	}
	var answer *ldap.Error
	if !errors.As(err, &answer) {
		return unavailable(err)
	}
	switch answer.ResultCode {
	case ldap.LDAPResultNoSuchObject:
		return sentinel(directory.ErrNotFound, err)
	case ldap.LDAPResultEntryAlreadyExists, ldap.LDAPResultAttributeOrValueExists:
		return sentinel(directory.ErrExists, err)
	case ldap.LDAPResultAssertionFailed, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultNotAllowedOnNonLeaf:
		return sentinel(directory.ErrConflict, err)
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultAuthorizationDenied, ldap.LDAPResultUnwillingToPerform:
		return sentinel(directory.ErrRefused, err)
	case ldap.LDAPResultConstraintViolation, ldap.LDAPResultInvalidAttributeSyntax, ldap.LDAPResultUndefinedAttributeType,
		ldap.LDAPResultObjectClassViolation, ldap.LDAPResultNamingViolation, ldap.LDAPResultInvalidDNSyntax,
		ldap.LDAPResultNotAllowedOnRDN, ldap.LDAPResultObjectClassModsProhibited, ldap.LDAPResultInappropriateMatching:
		return sentinel(directory.ErrInvalid, err)
	}
	return unavailable(err)
}

// errTranslated marks what already speaks the words of package directory, so
// that it is not translated twice.
var errTranslated = errors.New("directory answer")

type translated struct{ kind, cause error }

func (t translated) Error() string        { return fmt.Sprintf("%v: %v", t.kind, t.cause) }
func (t translated) Unwrap() []error      { return []error{t.kind, t.cause} }
func (t translated) Is(target error) bool { return target == errTranslated }

func sentinel(kind, cause error) error { return translated{kind, cause} }

// refuse is a sentinel for something found out on this side.
func refuse(kind error, format string, args ...any) error {
	return translated{kind, fmt.Errorf(format, args...)}
}

func unavailable(cause error) error {
	if errors.Is(cause, errTranslated) {
		return cause
	}
	return sentinel(directory.ErrUnavailable, cause)
}

func code(err error, want uint16) bool { return ldap.IsErrorWithCode(err, want) }
