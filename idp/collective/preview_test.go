// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"fmt"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// Words of the page in English, which tell the outcomes apart.
const (
	agreed  = "because the assembly agreed on it"
	nothing = "because the service receives nothing personal"
	refused = "They will not be able to enter"
)

// TestEachKindOfPersonIsShown: what comes of a policy for a member, for somebody
// anonymous and for a guest.
func TestEachKindOfPersonIsShown(t *testing.T) {
	h := build(t)
	h.write(idptest.Horta, `{"intro": {"en": "Words of the garden"}, "pseudonyms": false}`)
	forbid := map[string]string{}
	for _, attribute := range []string{"name", "given_name", "family_name", "preferred_username", "email", "locale", "groups"} {
		forbid["rule."+attribute+".need"] = "forbidden"
	}
	for _, test := range []struct {
		name                     string
		typed                    map[string]string
		member, anonymous, guest string
	}{
		{"everything may be kept", nil, "Alex Riera Soler", "Oreneta", "Words of the garden"},
		{"the name is required", map[string]string{"rule.given_name.need": "required"}, "Alex Riera Soler", refused, "Words of the garden"},
		{"nobody anonymous", map[string]string{"-anonymous": ""}, "Alex Riera Soler", refused, "Words of the garden"},
		{"not here", map[string]string{"service.nuvol.anonymous": "no"}, "Alex Riera Soler", refused, "Words of the garden"},
		{"agreed", map[string]string{"service.nuvol.agreed": "2020-01-02", "service.nuvol.minutes": "https://a.example/"}, agreed, agreed, "Words of the garden"},
		{"nothing leaves", forbid, nothing, nothing, "Words of the garden"},
	} {
		t.Run(test.name, func(t *testing.T) {
			anna := h.enters("anna")
			anna.Plain.Open(h.page(idptest.Ateneu) + "?ui_locales=en")
			typed := map[string]string{"service": "nuvol"}
			for k, v := range test.typed {
				typed[k] = v
			}
			anna.presses("preview", typed)
			for i, want := range []string{test.member, test.anonymous, test.guest} {
				if got := anna.shown(i); !strings.Contains(got, want) {
					t.Errorf("preview %d has no %q:\n%s", i, want, got)
				}
			}
			if strings.Contains(anna.shown(1), "Alex Riera Soler") || strings.Contains(anna.shown(0), "Words of the garden") {
				t.Error("previews are mixed up")
			}
		})
	}
}

// shown is the preview at a place among the others.
func (v *visitor) shown(place int) string {
	parts := strings.Split(v.Body, `<details class="preview"`)
	if place+1 >= len(parts) {
		return ""
	}
	return parts[place+1]
}

// TestAServiceForItselfHasNoGuests: nobody else's screen is invented.
func TestAServiceForItselfHasNoGuests(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	for service, previews := range map[string]int{"arxiu": 2, "forum": 3, "enlloc": 0} {
		anna.at(idptest.Ateneu)
		anna.presses("preview", map[string]string{"service": service})
		if got := strings.Count(anna.Body, `<details class="preview"`); got != previews {
			t.Errorf("%s: %d previews and not %d", service, got, previews)
		}
	}
}

// TestAGuestsManager sees the services that are open to their people, and of
// them the screens with the words of their own collective.
func TestAGuestsManager(t *testing.T) {
	h := build(t)
	dolors := h.enters("dolors")
	dolors.at(idptest.Horta)
	dolors.Sees("Fòrum", "Núvol")
	dolors.SeesNot("Arxiu")
	dolors.presses("preview", map[string]string{"service": "nuvol", "intro.ca": "De l’horta"})
	if !strings.Contains(dolors.shown(0), "De l’horta") || strings.Contains(dolors.shown(2), "De l’horta") {
		t.Error("the words are not where they belong")
	}
}

// TestManyServices: the form of a large federation still fits into a request,
// and what is not on it stays.
func TestManyServices(t *testing.T) {
	h := build(t)
	for i := range 120 {
		s := service(fmt.Sprintf("servei%03d", i), fmt.Sprintf("Servei %03d", i), directory.AccessPublic)
		h.must(h.kept.AddService(t.Context(), directory.System(), s))
	}
	h.write(idptest.Ateneu, `{"services": {"servei007": {"purpose": {"ca": "Per jugar"}}}}`)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	form, _ := anna.form()
	if size := len(form.Encode()); size > 32<<10 {
		t.Errorf("the form takes %d bytes", size)
	}
	if got := anna.field("service.servei007.purpose.ca"); got != "Per jugar" {
		t.Errorf("what is written is not on the page: %q", got)
	}
	anna.presses("preview", map[string]string{"service": "servei100"})
	anna.presses("save", map[string]string{"service.servei100~email.need": "forbidden"})
	if p := h.policy(idptest.Ateneu); p.Services["servei007"].Purpose["ca"] == "" || p.Services["servei100"].Attributes["email"].Need != "forbidden" {
		t.Errorf("the directory holds %+v", p)
	}
}
