// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"commonscloud.coop/clau/idp/keys"
)

// receiptSize bounds what is read, in bytes.
const receiptSize = 64 << 10

// ErrReceipt says that something is no receipt, or not one of these keys. The
// text says why, in English, for the command line.
var ErrReceipt = errors.New("consent: not a valid receipt")

func refuse(why string) error { return fmt.Errorf("%w: %s", ErrReceipt, why) }

// VerifyReceipt checks a signed receipt against a JWK Set (RFC 7517 section 5),
// offline, and returns it. The set is whichever the reader trusts; that its
// keys are those of the issuer is for the reader to know. A receipt does not
// expire. Fields that are not known are left aside: a later edition may add some.
func VerifyReceipt(jws, jwks []byte) (Receipt, error) {
	if len(jws) > receiptSize || len(jwks) > receiptSize {
		return Receipt{}, refuse("too long")
	}
	payload, err := keys.VerifyAgainst(jwks, string(bytes.TrimSpace(jws)), ReceiptType)
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	var r Receipt
	if err := json.Unmarshal(payload, &r); err != nil {
		return Receipt{}, refuse("the claims cannot be read")
	}
	if r.Version != receiptVersion || r.ConsentReceiptID == "" || r.Issuer == "" {
		return Receipt{}, refuse("not a receipt of this kind")
	}
	return r, nil
}
