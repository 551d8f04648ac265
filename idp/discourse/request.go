// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/web"
)

// What a request may hold at most, in bytes.
const (
	payloadMax = 4096 // of base64
	nonceMax   = 128
)

// question is a request that a forum has proven.
type question struct {
	nonce  string // opaque: it goes back as it came
	back   web.Vetted
	secret string // that proved it, and signs the answer
}

// prove is the one way from what a browser brought to a question. It is asked
// when the request comes and once more when it is answered.
func (f forum) prove(sso, sig string, now time.Time) (question, error) {
	secret, ok := f.signer(sso, sig, now)
	if !ok {
		cause := fmt.Errorf("discourse: %q sent a request that no secret in force signed", f.service.Name)
		return question{}, web.FailDetail(http.StatusBadRequest, "signature-wrong", f.service.Title, cause)
	}
	nonce, uri, err := parsePayload(sso)
	if err != nil {
		return question{}, web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	back, err := web.Vet(uri, f.ReturnURLs)
	if err != nil {
		cause := fmt.Errorf("discourse: %q wants its answer elsewhere than at %q", f.service.Name, f.ReturnURLs)
		return question{}, web.FailDetail(http.StatusBadRequest, "redirect-unproven", f.service.Title, cause)
	}
	return question{nonce, back, secret}, nil
}

// signer finds the secret that signed. The signature is over the base64 text and
// not over what it says, so nothing is decoded for whoever has no secret. All
// secrets are tried, whichever fits.
func (f forum) signer(sso, sig string, now time.Time) (secret string, ok bool) {
	if len(sso) > payloadMax || len(sig) != hex.EncodedLen(sha256.Size) {
		return "", false
	}
	for _, s := range f.inForce(now) {
		if hmac.Equal([]byte(sign(sso, s)), []byte(sig)) {
			secret, ok = s, true
		}
	}
	return secret, ok
}

// sign is the lower-case hexadecimal HMAC-SHA256 of the base64 text.
func sign(sso, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(sso))
	return hex.EncodeToString(mac.Sum(nil))
}

// parsePayload reads what a forum asks. What a forum says only where it is the
// provider itself is ignored.
func parsePayload(sso string) (nonce, back string, err error) {
	// Even the strict decoder skips line ends.
	raw, err := base64.StdEncoding.Strict().DecodeString(sso)
	if err != nil || strings.ContainsAny(sso, "\r\n") {
		return "", "", errors.New("discourse: the payload is not base64")
	}
	said, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", "", errors.New("discourse: the payload is no query")
	}
	nonces, backs := said["nonce"], said["return_sso_url"]
	switch {
	case len(nonces) != 1 || nonces[0] == "" || len(nonces[0]) > nonceMax:
		return "", "", errors.New("discourse: the payload has no nonce, more than one, or a long one")
	case len(backs) != 1:
		return "", "", errors.New("discourse: the payload has no address to answer to, or more than one")
	}
	return nonces[0], backs[0], nil
}

// encode writes a payload as the forum reads it, with its signature.
func encode(said url.Values, secret string) url.Values {
	sso := base64.StdEncoding.EncodeToString([]byte(said.Encode()))
	return url.Values{"sso": {sso}, "sig": {sign(sso, secret)}}
}
