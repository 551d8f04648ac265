// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// query is a signed request with that relay state.
func query(t *testing.T, relay string) string {
	t.Helper()
	raw, err := xmlsig.SignQuery(service().key, xmlsig.Request, []byte(authnRequest), relay)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// signedAs signs the octets of a query as somebody else would write it.
func signedAs(t *testing.T, octets string, hash crypto.Hash) string {
	t.Helper()
	h := hash.New()
	h.Write([]byte(octets))
	value, err := rsa.SignPKCS1v15(rand.Reader, service().key, hash, h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	return octets + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value))
}

// verifyQuery reads a query and verifies it with the service's key.
func verifyQuery(raw string, o xmlsig.Options) (*xmlsig.Query, error) {
	q, err := xmlsig.ReadQuery(raw)
	if err != nil {
		return nil, err
	}
	return q, q.Verify(service().public(), o)
}

// TestQueryThereAndBack: what is sent is what is read.
func TestQueryThereAndBack(t *testing.T) {
	for _, relay := range []string{"", "x", "https://sp.example/?a=1&b=2 ~ü+%20", strings.Repeat("r", 2000)} {
		q, err := verifyQuery(query(t, relay), xmlsig.Options{})
		if err != nil {
			t.Fatalf("%q: %v", relay, err)
		}
		if q.Parameter != xmlsig.Request || string(q.Message) != authnRequest || q.RelayState != relay || !q.Signed() {
			t.Errorf("read %q, %q, %q", q.Parameter, q.RelayState, q.Message)
		}
	}
}

// TestQueryIsWrittenForAll: upper-case escapes, no tilde, no empty relay state:
// PHP's and .NET's way of writing the same is then the same octets.
func TestQueryIsWrittenForAll(t *testing.T) {
	raw := query(t, "~/")
	if !strings.Contains(raw, "&RelayState=%7E%2F&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature=") {
		t.Errorf("written: %s", raw)
	}
	if strings.Contains(query(t, ""), "RelayState") {
		t.Error("an empty relay state is written")
	}
	if _, err := xmlsig.SignQuery(weak().key, xmlsig.Request, []byte(authnRequest), ""); err == nil {
		t.Error("signed by a short key")
	}
}

// TestQueryIsVerifiedAsReceived: others escape otherwise, and write their
// parameters in another order, between more of their own.
func TestQueryIsVerifiedAsReceived(t *testing.T) {
	message := base64.StdEncoding.EncodeToString(xmlsig.Deflate([]byte(authnRequest)))
	lower := strings.NewReplacer("+", "%2b", "/", "%2f", "=", "%3d").Replace(message)
	octets := "SAMLRequest=" + lower + "&RelayState=a%26b~%20c&SigAlg=" + strings.ToLower(url.QueryEscape(xmlsig.RSASHA512))
	raw := signedAs(t, octets, crypto.SHA512)
	q, err := verifyQuery(raw, xmlsig.Options{})
	if err != nil || q.RelayState != "a&b~ c" {
		t.Fatalf("as it was written: %v", err)
	}
	pairs := strings.Split(raw, "&")
	slices.Reverse(pairs)
	if _, err := verifyQuery("theme=dark&"+strings.Join(pairs, "&")+"&utm=x", xmlsig.Options{}); err != nil {
		t.Errorf("in another order: %v", err)
	}
}

// TestQueriesThatAreNotRead: there is no message, or more than one way to read it.
func TestQueriesThatAreNotRead(t *testing.T) {
	good := query(t, "state")
	message, _, _ := strings.Cut(good, "&RelayState")
	_, signature, _ := strings.Cut(good, "&Signature=")
	algorithm := url.QueryEscape(xmlsig.RSASHA256)
	for name, raw := range map[string]string{
		"nothing":                  "",
		"no message":               "RelayState=x",
		"an empty message":         "SAMLRequest=",
		"two messages":             good + "&" + message,
		"a request and a response": good + "&SAMLResponse=" + strings.TrimPrefix(message, "SAMLRequest="),
		"two relay states":         good + "&RelayState=state",
		"two algorithms":           good + "&SigAlg=" + algorithm,
		"two signatures":           good + "&Signature=" + signature,
		"a name written otherwise": good + "&%52elayState=evil",
		"an algorithm alone":       message + "&SigAlg=" + algorithm,
		"a signature alone":        message + "&Signature=" + signature,
		"another encoding":         good + "&SAMLEncoding=urn:x",
		"not percent-encoded":      good + "&SAMLEncoding=%zz",
		"not base64":               "SAMLRequest=%21%21",
		"not deflated":             "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(authnRequest))),
		"a long relay state":       message + "&RelayState=" + strings.Repeat("x", 4097),
		"a long query":             good + "&x=" + strings.Repeat("x", 128<<10),
	} {
		if _, err := xmlsig.ReadQuery(raw); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// TestQueriesThatAreNotBelieved: what was signed is not what would be read.
func TestQueriesThatAreNotBelieved(t *testing.T) {
	good := query(t, "state")
	message, _, _ := strings.Cut(good, "&RelayState")
	algorithm := url.QueryEscape(xmlsig.RSASHA256)
	for name, raw := range map[string]string{
		"another relay state":          strings.Replace(good, "=state", "=evil", 1),
		"no relay state":               strings.Replace(good, "&RelayState=state", "", 1),
		"another message":              strings.Replace(good, "SAMLRequest=", "SAMLRequest=A", 1),
		"the message as response":      strings.Replace(good, "SAMLRequest=", "SAMLResponse=", 1),
		"SHA-1 by name":                strings.Replace(good, algorithm, url.QueryEscape(xmlsig.RSASHA1), 1),
		"HMAC by name":                 strings.Replace(good, algorithm, url.QueryEscape(xmlsig.Dsig+"hmac-sha1"), 1),
		"none by name":                 strings.Replace(good, algorithm, "none", 1),
		"a signature that is cut":      good[:len(good)-20],
		"a signature that is nonsense": message + "&SigAlg=" + algorithm + "&Signature=AAAA",
		"a signature that is text":     message + "&SigAlg=" + algorithm + "&Signature=%21",
		"SHA-1":                        signedAs(t, message+"&SigAlg="+url.QueryEscape(xmlsig.RSASHA1), crypto.SHA1),
	} {
		if _, err := verifyQuery(raw, xmlsig.Options{}); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
}

// TestUnsignedQuery is read, and never verified.
func TestUnsignedQuery(t *testing.T) {
	raw := "SAMLResponse=" + url.QueryEscape(base64.StdEncoding.EncodeToString(xmlsig.Deflate([]byte(response)))) +
		"&SAMLEncoding=" + url.QueryEscape("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE")
	q, err := verifyQuery(raw, xmlsig.Options{})
	refused(t, err, xmlsig.ErrUnsigned)
	if q.Signed() || q.Parameter != xmlsig.Response || string(q.Message) != response {
		t.Errorf("read %q, signed %v", q.Parameter, q.Signed())
	}
}

// TestQueryBySHA1 is for a service whose record says so.
func TestQueryBySHA1(t *testing.T) {
	message, _, _ := strings.Cut(query(t, ""), "&")
	raw := signedAs(t, message+"&SigAlg="+url.QueryEscape(xmlsig.RSASHA1), crypto.SHA1)
	if _, err := verifyQuery(raw, xmlsig.Options{SHA1: true}); err != nil {
		t.Error(err)
	}
}

// TestInflateStops: ten kilobytes that would become seven megabytes, and all
// that is not raw DEFLATE from its first byte to its last.
func TestInflateStops(t *testing.T) {
	bomb := xmlsig.Deflate(bytes.Repeat([]byte("<b/>"), 2<<20))
	_, err := xmlsig.Inflate(bomb)
	refused(t, err, xmlsig.ErrTooLarge)
	if largest, err := xmlsig.Inflate(xmlsig.Deflate(make([]byte, 64<<10))); err != nil || len(largest) != 64<<10 {
		t.Errorf("64 KiB: %v", err)
	}
	_, err = xmlsig.Inflate(xmlsig.Deflate(make([]byte, 64<<10+1)))
	refused(t, err, xmlsig.ErrTooLarge)
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte(authnRequest), "zlib": zlibbed(authnRequest), "gzip": gzipped(authnRequest),
		"half": xmlsig.Deflate([]byte(authnRequest))[:100], "more": append(xmlsig.Deflate([]byte(authnRequest)), 'x'),
	} {
		if out, err := xmlsig.Inflate(data); err == nil {
			t.Errorf("%s is inflated to %q", name, out)
		}
	}
}

func zlibbed(text string) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

func gzipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}
