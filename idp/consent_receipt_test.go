// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/idptest"
)

// TestAReceiptIsProofToAnybody: what people download from their page is good to
// a program that has never heard of Clau, offline; and what was changed is not.
func TestAReceiptIsProofToAnybody(t *testing.T) {
	clau, elsewhere := idptest.Start(t, idptest.Options{}), idptest.Start(t, idptest.Options{})
	anna, jws := receiptOf(t, clau)
	keys, others := keysOf(t, anna, clau), keysOf(t, anna, elsewhere)

	receipt, err := consent.VerifyReceipt(jws, keys)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Issuer != clau.Issuer || receipt.Services[0].Service != "Service forum" || !receipt.Proves("email", "anna@exemple.coop") {
		t.Errorf("%+v", receipt)
	}
	var read struct {
		Type, Alg, Code string
		Receipt         map[string]any
		Proven          bool
	}
	node(t, jws, keys, "anna@exemple.coop").next("verified", &read)
	if read.Type != "consent-receipt+jwt" || read.Alg != "ES256" || !read.Proven || read.Receipt["consentReceiptID"] != receipt.ConsentReceiptID {
		t.Errorf("%+v", read)
	}
	node(t, jws, keys, "somebody@exemple.coop").next("verified", &read)
	if read.Proven {
		t.Error("it proves another address")
	}
	for name, bad := range map[string]struct{ jws, keys []byte }{
		"changed": {changed(t, jws), keys}, "without its signature": {jws[:strings.LastIndexByte(string(jws), '.')+1], keys}, "of others": {jws, others},
	} {
		if _, err := consent.VerifyReceipt(bad.jws, bad.keys); err == nil {
			t.Errorf("a receipt %s is good to Clau", name)
		}
		node(t, bad.jws, bad.keys, "anna@exemple.coop").next("refused", &read)
	}
}

// receiptOf lets somebody agree and download the receipt.
func receiptOf(t *testing.T, clau *idptest.Clau) (idptest.Person, []byte) {
	t.Helper()
	forum := clau.Party(t, "forum")
	b := idptest.NewBrowser(t)
	anna := idptest.Sits(t, b)
	anna.Open(forum.URL + "/login")
	anna.LogsIn("anna", idptest.Password)
	anna.Open(clau.Issuer + "/account/services/forum")
	anna.Press("Mira el rebut")
	if strings.Contains(b.Body, "anna@exemple.coop") {
		t.Error("the receipt shows what it is to prove")
	}
	anna.Press("#receipt-jws")
	if kind := b.Header.Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment") {
		t.Errorf("not a download: %q", kind)
	}
	return anna, []byte(b.Body)
}

func keysOf(t *testing.T, anybody idptest.Person, clau *idptest.Clau) []byte {
	t.Helper()
	anybody.Open(clau.Issuer + "/jwks")
	return []byte(anybody.Browser.(*idptest.Plain).Body)
}

// changed is the receipt of somebody who says that they agreed to less.
func changed(t *testing.T, jws []byte) []byte {
	t.Helper()
	parts := strings.Split(string(jws), ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	check(t, err)
	other := strings.Replace(string(claims), `"email"`, `"emails"`, 1)
	if other == string(claims) {
		t.Fatalf("nothing to change in %s", claims)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(other))
	return []byte(strings.Join(parts, "."))
}

// node has the receipt read by npm's jose.
func node(t *testing.T, jws, keys []byte, mail string) *script {
	t.Helper()
	dir := t.TempDir()
	receipt, set := filepath.Join(dir, "receipt.jws"), filepath.Join(dir, "jwks.json")
	check(t, os.WriteFile(receipt, jws, 0o600))
	check(t, os.WriteFile(set, keys, 0o600))
	return runScript(t, "receipt.mjs", "RECEIPT="+receipt, "JWKS="+set, "ATTRIBUTE=email", "VALUE="+mail)
}
