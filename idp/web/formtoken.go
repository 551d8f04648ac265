// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// FormToken proves that a form was drawn for whoever holds binding, such as the
// id of a session or of a sign-on. It is the second wall against cross-site
// requests: the first is that browsers tell where a request comes from.
func FormToken(key []byte, binding string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("clau form\x00" + binding))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CheckFormToken refuses a form that [FormToken] did not mark for the same
// binding. Without a key or a binding every form is refused.
func CheckFormToken(key []byte, binding, token string) error {
	if len(key) == 0 || binding == "" || !hmac.Equal([]byte(token), []byte(FormToken(key, binding))) {
		return Fail(http.StatusForbidden, "expired", nil)
	}
	return nil
}
