// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"net/http/httptest"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
)

// Whatever software sends and is accepted, is what a manager could have
// registered, and describes itself so that it can be sent back.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		metadata(), metadata("token_endpoint_auth_method", "none", "redirect_uris", []string{"coop.example.app:/cb"}), metadata("jwks", nil),
		`{"redirect_uris":["https://a/"],"jwks":{"keys":[{"kty":"EC"}]},"token_endpoint_auth_method":"private_key_jwt"}`,
		`{"grant_types":["client_credentials"]}`, `{"redirect_uris":null,"client_name":"\u202e"}`, `{"REDIRECT_URIS":["javascript:x"]}`, "{", "null",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in, err := readRequest(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if err != nil {
			if refusalOf(err).status() >= 500 {
				t.Fatalf("%v", err)
			}
			return
		}
		s := directory.Service{Name: slug(in.Name), Collective: "ateneu", OIDC: &directory.OIDCClient{ID: "x"}}
		if err := in.apply(&s); err != nil {
			if r := refusalOf(err); r.status() != 400 || plain(r.description) == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		if err := rules.Client(*s.OIDC); err != nil || s.Title == "" || !s.Name.Valid() || s.PublicSubject() || s.Protocol() != directory.ProtocolOIDC {
			t.Errorf("%v: %+v", err, s)
		}
		again := request{document: describe(s)}
		if err := again.check(); err != nil {
			t.Errorf("what it is told cannot be sent back: %v", err)
		}
		twin := directory.Service{Name: s.Name, OIDC: &directory.OIDCClient{ID: "x"}}
		if err := again.apply(&twin); err != nil || differs(s, twin) {
			t.Errorf("sent back it is another: %v", err)
		}
	})
}

// No token of another form finds a registrar, and none is ever told.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"Bearer a~b~c", "bearer  x", "Basic eA==", "Bearer", "Bearer ateneu~~", "Bearer ateneu~x~"} {
		f.Add(seed)
	}
	w := &world{d: &memory{collectives: map[directory.CollectiveName]directory.Collective{"ateneu": {
		Name: "ateneu", State: directory.Active, Settings: directory.Settings{Registrars: []directory.Registrar{{ID: "x"}, {ID: ""}}},
	}}}}
	room := &Room{Source: w.d}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", header)
		if _, _, err := room.registrar(t.Context(), r); refusalOf(err).code != invalidToken {
			t.Errorf("%q: %v", header, err)
		}
	})
}
