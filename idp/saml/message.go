// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/web"
)

// The two kinds of message, by the parameter that carries them.
const (
	samlRequest  = "SAMLRequest"
	samlResponse = "SAMLResponse"
)

const (
	// bodyMax bounds a posted message: what xmlsig takes, in base64 and
	// percent-encoded, and the rest of the form.
	bodyMax = 128 << 10

	// relayMax bounds RelayState. The binding says 80 bytes
	// (saml-bindings-2.0-os section 3.4.3); services put whole addresses there.
	relayMax = 4 << 10
)

// message is what came through a browser: read, and not yet believed.
type message struct {
	parameter string // samlRequest or samlResponse
	root      *etree.Element
	relay     string
	detached  signature // nil: without a signature beside it
	deflated  bool      // posted, in the form of a redirect
}

// signature verifies what stands beside a message, over the octets as received.
type signature func(keys []crypto.PublicKey, o xmlsig.Options) error

// receive reads the message of a GET by the HTTP-Redirect binding and of a POST
// by the HTTP-POST binding. Whatever is wrong with it the person reads that it
// was not understood: who sent it is not known.
func receive(r *http.Request) (message, error) {
	read := receiveQuery
	if r.Method == http.MethodPost {
		read = receiveForm
	}
	m, err := read(r)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return message{}, err
	}
	if err != nil {
		return message{}, web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	return m, nil
}

func receiveQuery(r *http.Request) (message, error) {
	q, err := xmlsig.ReadQuery(r.URL.RawQuery)
	if err != nil {
		return message{}, err
	}
	root, err := xmlsig.Parse(q.Message, xmlsig.Message())
	if err != nil {
		return message{}, err
	}
	m := message{parameter: q.Parameter, root: root, relay: q.RelayState}
	if q.Signed() {
		m.detached = q.Verify
	}
	return m, nil
}

func receiveForm(r *http.Request) (message, error) {
	f, err := formOf(r)
	if err != nil {
		return message{}, err
	}
	m := message{parameter: samlRequest, relay: f["RelayState"]}
	if f[samlRequest] == "" {
		m.parameter = samlResponse
	}
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(f[m.parameter]))
	if err != nil {
		return message{}, fmt.Errorf("saml: %s is not base64", m.parameter)
	}
	if !bytes.HasPrefix(raw, []byte("<")) {
		if raw, err = xmlsig.Inflate(raw); err != nil {
			return message{}, err
		}
		m.deflated, m.detached = true, f.signature(m.parameter)
	}
	m.root, err = xmlsig.Parse(raw, xmlsig.Message())
	return m, err
}

// form is what a POST said, each name once.
type form map[string]string

func formOf(r *http.Request) (form, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errors.New("saml: not a form")
	}
	if err := r.ParseForm(); err != nil {
		return nil, fmt.Errorf("saml: form: %w", err)
	}
	f := form{}
	for _, name := range []string{samlRequest, samlResponse, "RelayState", "SigAlg", "Signature"} {
		switch values := r.PostForm[name]; len(values) {
		case 0:
		case 1:
			f[name] = values[0]
		default:
			return nil, fmt.Errorf("saml: %s more than once", name)
		}
	}
	switch {
	case (f[samlRequest] == "") == (f[samlResponse] == ""):
		return nil, errors.New("saml: not one message")
	case len(f["RelayState"]) > relayMax:
		return nil, errors.New("saml: RelayState is too long")
	}
	return f, nil
}

// signature is that of a redirect whose parameters were posted: Nextcloud does
// so, after PHP's urlencode. Without one it is nil.
func (f form) signature(parameter string) signature {
	if f["SigAlg"] == "" && f["Signature"] == "" {
		return nil
	}
	octets := parameter + "=" + phpEscape(f[parameter])
	if relay, sent := f["RelayState"]; sent {
		octets += "&RelayState=" + phpEscape(relay)
	}
	octets += "&SigAlg=" + phpEscape(f["SigAlg"])
	return func(keys []crypto.PublicKey, o xmlsig.Options) error {
		return xmlsig.VerifyQuery(octets, f["SigAlg"], f["Signature"], keys, o)
	}
}

func phpEscape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "~", "%7E") }
