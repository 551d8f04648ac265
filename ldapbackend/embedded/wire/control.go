// SPDX-License-Identifier: AGPL-3.0-or-later

package wire

// Controls and extended operations that the embedded directory knows.
const (
	OIDManageDsaIT    = "2.16.840.1.113730.3.4.2"   // RFC 3296
	OIDProxied        = "2.16.840.1.113730.3.4.18"  // RFC 4370
	OIDAssertion      = "1.3.6.1.1.12"              // RFC 4528
	OIDPreRead        = "1.3.6.1.1.13.1"            // RFC 4527
	OIDPostRead       = "1.3.6.1.1.13.2"            // RFC 4527
	OIDPaged          = "1.2.840.113556.1.4.319"    // RFC 2696
	OIDPasswordPolicy = "1.3.6.1.4.1.42.2.27.8.5.1" // draft-behera-ldap-password-policy-10
	OIDSync           = "1.3.6.1.4.1.4203.1.9.1.1"  // RFC 4533
	OIDSyncState      = "1.3.6.1.4.1.4203.1.9.1.2"
	OIDSyncDone       = "1.3.6.1.4.1.4203.1.9.1.3"
	OIDSyncInfo       = "1.3.6.1.4.1.4203.1.9.1.4"
	OIDPasswordModify = "1.3.6.1.4.1.4203.1.11.1" // RFC 3062
	OIDWhoAmI         = "1.3.6.1.4.1.4203.1.11.3" // RFC 4532
	OIDDisconnection  = "1.3.6.1.4.1.1466.20036"  // RFC 4511 section 4.4.1
)

// Paged is the value of the paged results control (RFC 2696 section 2).
type Paged struct {
	Size   int // wanted by the client; an estimate of the total from the server
	Cookie string
}

// DecodePaged reads the control's value.
func DecodePaged(b []byte) (Paged, error) {
	seq, err := NewReader(b).Expect(TagSequence)
	if err != nil {
		return Paged{}, err
	}
	r := NewReader(seq)
	size, err := r.Integer(TagInteger)
	if err != nil || size < 0 {
		return Paged{}, ErrMalformed
	}
	cookie, err := r.Text()
	return Paged{size, cookie}, err
}

// Control encodes the answer.
func (p Paged) Control() Control {
	var w Builder
	w.Nest(TagSequence, func() {
		w.Integer(TagInteger, p.Size)
		w.Text(p.Cookie)
	})
	return Control{OID: OIDPaged, Value: w.Bytes()}
}

// PolicyError is the error of the password policy control.
type PolicyError int

const (
	PasswordExpired     PolicyError = 0
	AccountLocked       PolicyError = 1
	ChangeAfterReset    PolicyError = 2
	ChangeNotAllowed    PolicyError = 3
	InsufficientQuality PolicyError = 5
	PasswordTooShort    PolicyError = 6
	PasswordTooLong     PolicyError = 7
)

// Policy is the value of the password policy response control. Negative
// numbers are left out.
type Policy struct {
	Expire int // seconds until the password expires
	Grace  int // logins left after it has
	Error  PolicyError
}

// NoPolicy says nothing.
func NoPolicy() Policy { return Policy{-1, -1, -1} }

// Control encodes the response.
func (p Policy) Control() Control {
	var w Builder
	w.Nest(TagSequence, func() {
		switch {
		case p.Expire >= 0:
			w.Nest(0xa0, func() { w.Integer(0x80, p.Expire) })
		case p.Grace >= 0:
			w.Nest(0xa0, func() { w.Integer(0x81, p.Grace) })
		}
		if p.Error >= 0 {
			w.Integer(0x81, int(p.Error))
		}
	})
	return Control{OID: OIDPasswordPolicy, Value: w.Bytes()}
}

// DecodeRead reads the attribute selection of a pre- or post-read control.
func DecodeRead(b []byte) ([]string, error) { return decodeSelection(NewReader(b)) }

// ReadControl encodes an entry as the answer to a pre- or post-read control.
func ReadControl(oid string, e Entry) Control {
	var w Builder
	w.Nest(TagSequence, func() { e.body(&w) })
	return Control{OID: oid, Value: w.Bytes()}
}

// PasswordModify is the value of the Password Modify request (RFC 3062).
type PasswordModify struct {
	User, Old, New string
	HasOld         bool
}

// DecodePasswordModify reads the request's value; nil means all defaults.
func DecodePasswordModify(b []byte) (PasswordModify, error) {
	var p PasswordModify
	if b == nil {
		return p, nil
	}
	seq, err := NewReader(b).Expect(TagSequence)
	if err != nil {
		return p, err
	}
	for r := NewReader(seq); !r.Empty(); {
		tag, content, err := r.Next()
		if err != nil {
			return p, err
		}
		switch tag {
		case 0x80:
			p.User = string(content)
		case 0x81:
			p.Old, p.HasOld = string(content), true
		case 0x82:
			p.New = string(content)
		default:
			return p, ErrMalformed
		}
	}
	return p, nil
}

// GeneratedPassword encodes the response's value.
func GeneratedPassword(password string) []byte {
	var w Builder
	w.Nest(TagSequence, func() { w.Add(0x80, password) })
	return w.Bytes()
}
