// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto/rsa"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// TestWrapped: signature wrapping (XSW 1 to 8 and what is like them) on what
// federations sign. The attacker has a document that was really signed, and moves
// its parts around an entity of their own.
func TestWrapped(t *testing.T) {
	k := keysOf(t)
	good, evil := wiki(), wiki()
	good.attributes, evil.attributes = fortnight(), fortnight()
	evil.acs = acs(0, "https://evil.example/acs")
	forms := map[string][2]string{
		"an aggregate": {
			string(signed(t, aggregate(fortnight(), wiki().text(), shop().text()), k.fed)),
			aggregate(fortnight()+` ID="_forged"`, evil.text(), shop().text()),
		},
		"an entity": {
			string(signed(t, good.text(), k.fed)),
			strings.Replace(evil.text(), " entityID", ` ID="_forged" entityID`, 1),
		},
	}
	for name, form := range forms {
		attacks := xmlsigtest.Wrap(form[0], form[1])
		if len(attacks) < 16 {
			t.Fatalf("only %d attacks", len(attacks))
		}
		for _, attack := range attacks {
			t.Run(name+"/"+attack.Name, func(t *testing.T) {
				f := newFederation(t)
				s := Source{URL: f.publish("/m", []byte(attack.Document)), EntityID: "https://wiki.example/saml", Keys: pinned(k.fed)}
				c, err := f.fetcher.Fetch(t.Context(), s)
				if err == nil {
					t.Errorf("taken, with answers to %s", c.Provider.ACS[0].Location)
				}
			})
		}
	}
	t.Run("as it was signed", func(t *testing.T) {
		f := newFederation(t)
		for _, form := range forms {
			s := Source{URL: f.publish("/m", []byte(form[0])), EntityID: "https://wiki.example/saml", Keys: pinned(k.fed)}
			_, err := f.fetcher.Fetch(t.Context(), s)
			must(t, err)
		}
	})
}

// TestTastes: a true signature by the pinned key, of kinds that prove nothing.
func TestTastes(t *testing.T) {
	k := keysOf(t)
	key, _ := k.fed.key.(*rsa.PrivateKey)
	document := aggregate(fortnight()+` ID="_fed"`, wiki().text())
	for name, c := range map[string]struct {
		taste xmlsigtest.Taste
		taken bool
	}{
		"as everybody":            {taken: true},
		"SHA-512":                 {taste: xmlsigtest.Taste{Signature: xmlsig.RSASHA512, Digest: xmlsig.SHA512}, taken: true},
		"at the end":              {taste: xmlsigtest.Taste{Last: true}, taken: true},
		"SHA-1":                   {taste: xmlsigtest.Taste{Signature: xmlsig.RSASHA1}},
		"a digest by SHA-1":       {taste: xmlsigtest.Taste{Digest: xmlsig.SHA1}},
		"HMAC":                    {taste: xmlsigtest.Taste{Signature: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"}},
		"a reference to anything": {taste: xmlsigtest.Taste{URI: "-"}},
		"two references":          {taste: xmlsigtest.Taste{References: 2}},
		"a transformation":        {taste: xmlsigtest.Taste{Transforms: []string{xmlsig.Enveloped, "http://www.w3.org/TR/1999/REC-xslt-19991116", xmlsig.ExcC14N}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFederation(t)
			s := Source{URL: f.publish("/m", []byte(xmlsigtest.Sign(document, key, c.taste))), EntityID: "https://wiki.example/saml", Keys: pinned(k.fed)}
			_, err := f.fetcher.Fetch(t.Context(), s)
			if c.taken {
				must(t, err)
				return
			}
			is(t, err, ErrUntrusted)
		})
	}
}
