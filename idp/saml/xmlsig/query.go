// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Names of the parameters of the HTTP-Redirect binding.
const (
	Request  = "SAMLRequest"
	Response = "SAMLResponse"

	relayState = "RelayState"
	sigAlg     = "SigAlg"
	signature  = "Signature"
	encoding   = "SAMLEncoding"
)

const (
	deflated = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"

	maxQuery      = 128 << 10
	maxRelayState = 4 << 10 // the standard says 80, and nobody keeps to it
)

// Query is a message by the HTTP-Redirect binding (SAML Bindings 3.4).
type Query struct {
	Parameter  string // Request or Response
	Message    []byte // inflated
	RelayState string // at most 4 KiB; whoever sent it, it is opaque here
	SigAlg     string // "" if it is not signed

	signature string // base64
	octets    string // what is signed, as received
}

// ReadQuery reads the raw query of a URL. Every parameter of SAML may be there
// once: of two, one would be verified and the other read. Others are passed over.
// Errors wrap [ErrMalformed] or [ErrTooLarge].
func ReadQuery(raw string) (*Query, error) {
	if len(raw) > maxQuery {
		return nil, ErrTooLarge
	}
	found, err := parameters(raw)
	if err != nil {
		return nil, err
	}
	q := &Query{RelayState: found[relayState].value, SigAlg: found[sigAlg].value, signature: found[signature].value}
	if len(q.RelayState) > maxRelayState {
		return nil, ErrTooLarge
	}
	if (q.SigAlg == "") != (q.signature == "") {
		return nil, malformed("half a signature")
	}
	if e := found[encoding]; e.raw != "" && e.value != deflated {
		return nil, malformed("another encoding")
	}
	q.octets = signed(found)
	return q, q.message(found)
}

// message takes the one message out of what was found.
func (q *Query) message(found map[string]parameter) error {
	q.Parameter = Request
	if found[Response].raw != "" {
		q.Parameter = Response
	}
	if (found[Request].raw == "") == (found[Response].raw == "") {
		return malformed("not one message")
	}
	octets, err := decode(found[q.Parameter].value)
	if err != nil {
		return malformed("not base64")
	}
	q.Message, err = Inflate(octets)
	return err
}

// Signed reports whether the query claims to be signed. What is signed has to
// verify, even if it need not have been signed.
func (q *Query) Signed() bool { return q.SigAlg != "" }

// Verify verifies the signature with any of keys. Errors wrap [ErrUnsigned] or
// [ErrSignature].
func (q *Query) Verify(keys []crypto.PublicKey, o Options) error {
	return VerifyQuery(q.octets, q.SigAlg, q.signature, keys, o)
}

// VerifyQuery verifies a signature (base64) over octets: the parameters
// SAMLRequest or SAMLResponse, RelayState if there is one, and SigAlg, in this
// order, as they were received. Their sender's way of percent-encoding is not
// ours, so nothing may be decoded and encoded again (SAML Bindings 3.4.4.1).
func VerifyQuery(octets, sigAlg, signature string, keys []crypto.PublicKey, o Options) error {
	if sigAlg == "" || signature == "" {
		return ErrUnsigned
	}
	value, err := decode(signature)
	if err != nil {
		return badSignature("its value is not base64")
	}
	return o.verify([]byte(octets), sigAlg, value, keys)
}

// SignQuery returns the query for message, deflated and signed with RSA-SHA256:
// parameter is [Request] or [Response]. An empty relay state is left out, since
// some sign it and some do not.
func SignQuery(key crypto.Signer, parameter string, message []byte, relay string) (string, error) {
	query := parameter + "=" + escape(base64.StdEncoding.EncodeToString(Deflate(message)))
	if relay != "" {
		query += "&" + relayState + "=" + escape(relay)
	}
	query += "&" + sigAlg + "=" + escape(RSASHA256)
	value, err := sign(key, []byte(query))
	if err != nil {
		return "", err
	}
	return query + "&" + signature + "=" + escape(encode(value)), nil
}

// escape percent-encodes as PHP does too, since services written in it encode
// again what they have decoded, and verify that.
func escape(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "~", "%7E")
}

// parameter is one of a query, as it was received and what it says.
type parameter struct{ raw, value string }

// known are the parameters that are SAML's.
func known(name string) bool {
	return slices.Contains([]string{Request, Response, relayState, sigAlg, signature, encoding}, name)
}

// parameters reads those of SAML out of a query.
func parameters(raw string) (map[string]parameter, error) {
	found := make(map[string]parameter)
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err != nil || decoded != name && known(decoded) {
			return nil, malformed("the name of a parameter is written another way")
		}
		if !known(name) {
			continue
		}
		if _, twice := found[name]; twice {
			return nil, malformed("%s is there twice", name)
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			return nil, malformed("%s is not percent-encoded", name)
		}
		found[name] = parameter{raw: pair, value: decoded}
	}
	return found, nil
}

// signed are the octets that a signature is over.
func signed(found map[string]parameter) string {
	var octets []string
	for _, name := range []string{Request, Response, relayState, sigAlg} {
		if p := found[name]; p.raw != "" {
			octets = append(octets, p.raw)
		}
	}
	return strings.Join(octets, "&")
}
