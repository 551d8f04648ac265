// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"encoding/json"
	"errors"
	"math"
	"time"
)

// registered are the claims of RFC 7519 section 4.1.
type registered struct {
	Issuer    string       `json:"iss"`
	Subject   string       `json:"sub"`
	Audience  audience     `json:"aud"`
	ID        string       `json:"jti"`
	Expires   *numericDate `json:"exp"`
	NotBefore *numericDate `json:"nbf"`
	IssuedAt  *numericDate `json:"iat"`
}

// over reports whether the token has expired. Clau's own tokens are measured by
// its own clock, to the second.
func (c registered) over(now time.Time) bool {
	return c.Expires == nil || !now.Before(c.Expires.Time)
}

// notYet reports whether the token begins in the future, beyond what clocks differ.
func (c registered) notYet(now time.Time) bool {
	latest := now.Add(leeway)
	return c.NotBefore != nil && c.NotBefore.After(latest) || c.IssuedAt != nil && c.IssuedAt.After(latest)
}

// audience is one string or several (RFC 7519 section 4.1.3).
type audience []string

// UnmarshalJSON implements [json.Unmarshaler].
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// numericDate is a number of seconds since 1970, possibly with a fraction
// (RFC 7519 section 2).
type numericDate struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler].
func (d *numericDate) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	if math.Abs(seconds) > 1<<40 { // the year 36812: a date in milliseconds, or an attempt to overflow
		return errors.New("keys: date out of range")
	}
	whole, part := math.Modf(seconds)
	d.Time = time.Unix(int64(whole), int64(part*1e9))
	return nil
}
