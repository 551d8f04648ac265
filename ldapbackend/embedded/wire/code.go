// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

import "fmt"

// Code is a result code (RFC 4511 appendix A, and the RFCs of the controls).
type Code int

const (
	Success                Code = 0
	OperationsError        Code = 1
	ProtocolError          Code = 2
	SizeLimitExceeded      Code = 4
	CompareFalse           Code = 5
	CompareTrue            Code = 6
	AuthMethodNotSupported Code = 7
	StrongerAuthRequired   Code = 8
	AdminLimitExceeded     Code = 11
	UnavailableCritical    Code = 12
	NoSuchAttribute        Code = 16
	UndefinedType          Code = 17
	InappropriateMatching  Code = 18
	ConstraintViolation    Code = 19
	AttributeOrValueExists Code = 20
	InvalidSyntax          Code = 21
	NoSuchObject           Code = 32
	InvalidDNSyntax        Code = 34
	InappropriateAuth      Code = 48
	InvalidCredentials     Code = 49
	InsufficientAccess     Code = 50
	Busy                   Code = 51
	Unavailable            Code = 52
	UnwillingToPerform     Code = 53
	NamingViolation        Code = 64
	ObjectClassViolation   Code = 65
	NotAllowedOnNonLeaf    Code = 66
	EntryAlreadyExists     Code = 68
	ClassModsProhibited    Code = 69
	AffectsMultipleDSAs    Code = 71
	Other                  Code = 80
	AssertionFailed        Code = 122  // RFC 4528
	AuthorizationDenied    Code = 123  // RFC 4370
	SyncRefreshRequired    Code = 4096 // RFC 4533
)

// Error is a refusal as the client will read it. Text is for administrators
// and must not hold anything secret.
type Error struct {
	Code    Code
	Text    string
	Matched string // the deepest DN that exists, with [NoSuchObject]
}

// Errorf makes an [Error].
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return fmt.Sprintf("ldap result %d: %s", e.Code, e.Text) }
