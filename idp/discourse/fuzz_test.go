// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// FuzzDiscoursePayload: what anybody brings is refused without a panic unless a
// secret signed it; what one did sign is read in one way, and leads nowhere but
// to a registered address.
func FuzzDiscoursePayload(f *testing.F) {
	const back = "https://forum.example/session/sso_login"
	for _, payload := range []string{
		"nonce=cb68251eefb5211e58c00ff1395f0c0b&return_sso_url=" + url.QueryEscape(back),
		"", "nonce=", "nonce=a&nonce=b", "nonce=%zz", "nonce=a;b=c", "return_sso_url=javascript:alert(1)&nonce=a", "nonce=%00%ff&return_sso_url=" + back,
	} {
		f.Add(base64.StdEncoding.EncodeToString([]byte(payload)), "")
	}
	f.Add("bm9uY2U9YQ", strings.Repeat("0", 64))
	f.Add("bm9uY2U9YQ==\n", strings.Repeat("f", 64))
	of := forum{
		service:          directory.Service{Name: "forum"},
		DiscourseConnect: directory.DiscourseConnect{ReturnURLs: []string{back}},
		secrets:          directory.DiscourseSecrets{Connect: []string{"secret", ""}},
	}
	now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, sso, sig string) {
		if _, err := of.prove(sso, sig, now); err == nil {
			t.Fatalf("%q proves %q", sig, sso)
		}
		q, err := of.prove(sso, sign(sso, "secret"), now)
		if err != nil {
			return
		}
		raw, err := base64.StdEncoding.DecodeString(sso)
		if err != nil || base64.StdEncoding.EncodeToString(raw) != sso {
			t.Errorf("%q has another spelling", sso)
		}
		if q.back.String() != back || q.nonce == "" || len(q.nonce) > nonceMax {
			t.Errorf("%q asks %+v", sso, q)
		}
		answer := encode(url.Values{"nonce": {q.nonce}}, q.secret)
		nonce := answerNonce(t, answer)
		if nonce != q.nonce {
			t.Errorf("the nonce %q went back as %q", q.nonce, nonce)
		}
	})
}

// answerNonce reads an answer as a forum does.
func answerNonce(t *testing.T, answer url.Values) string {
	t.Helper()
	raw, err := base64.StdEncoding.Strict().DecodeString(answer.Get("sso"))
	if err != nil {
		t.Fatal(err)
	}
	said, err := url.ParseQuery(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	return said.Get("nonce")
}

// TestSignatureOfTheDocumentation: the example that Discourse's own description
// of the protocol has.
func TestSignatureOfTheDocumentation(t *testing.T) {
	const (
		payload = "bm9uY2U9Y2I2ODI1MWVlZmI1MjExZTU4YzAwZmYxMzk1ZjBjMGI="
		want    = "1ce1494f94484b6f6a092be9b15ccc1cdafb1f8460a3838fbb0e0883c4390471"
	)
	if got := sign(payload, "d836444a9e4084d5b224a60c208dce14"); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}
