// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// ReadReceipt reads a receipt without asking who signed it: for those that Clau
// keeps itself. Whoever gets one from elsewhere calls [VerifyReceipt].
func ReadReceipt(jws string) (Receipt, error) {
	parts := strings.Split(jws, ".")
	if len(jws) > receiptSize || len(parts) != 3 {
		return Receipt{}, refuse("not three parts")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return Receipt{}, refuse("not base64url")
	}
	var r Receipt
	if err := json.Unmarshal(payload, &r); err != nil {
		return Receipt{}, refuse("the claims cannot be read")
	}
	return r, nil
}

// ReceiptKey returns the name of the key that signed a receipt (the "kid" of RFC
// 7515 section 4.1.4), empty if it has none.
func ReceiptKey(jws string) string {
	head, _, _ := strings.Cut(jws, ".")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(head)
	var header struct {
		Kid string `json:"kid"`
	}
	if err != nil || json.Unmarshal(raw, &header) != nil {
		return ""
	}
	return header.Kid
}
