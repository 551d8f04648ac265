// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// named returns the elements of a name, in order.
func (d *document) named(name string) []*html.Node {
	var found []*html.Node
	for _, n := range d.elements {
		if attr(n, "name") == name {
			found = append(found, n)
		}
	}
	return found
}

// within finds an element around n.
func within(n *html.Node, data string) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == data {
			return p
		}
	}
	return nil
}

func TestTheScreenSaysTheCollectivesWordsAndTheVeryValues(t *testing.T) {
	page := render(t, newThemes(t), Frame{Lang: "ca", Branding: bressola()}, firstConsent())
	for _, want := range []string{
		"A La Bressola hem triat eines que són nostres.", "Guardar i treballar plegats", "https://bressola.example/privacitat",
		"Un servei que ofereix CommonsCloud", "Hi entres a través del col·lectiu La Bressola.", "22 de novembre de 2027",
		"Marta Puig i Ferrer", "marta.puig.i.ferrer@correu.bressola.example", "oliba-serena-k3v9q2@alies.commons.example", "bressola, bressola.editora",
		"Per avisar-te quan algú comparteix res amb tu.", "Mentre hi tinguis el compte, i 30 dies més.",
	} {
		if !strings.Contains(page, html.EscapeString(want)) && !strings.Contains(page, want) {
			t.Errorf("the screen does not say %q", want)
		}
	}
}

func TestTwoCollectivesTwoScreens(t *testing.T) {
	all := newThemes(t)
	one := render(t, all, Frame{Branding: bressola()}, firstConsent())
	two := render(t, all, Frame{Branding: Branding{Title: "Som Camí"}}, valueConsent())
	if strings.Contains(two, "La Bressola") || strings.Contains(two, "8a2b4a") || !strings.Contains(two, "Som Camí") || !strings.Contains(one, "La Bressola") {
		t.Error("a collective's screen shows another's words")
	}
}

// What cannot be left out is no box that looks as if it could, and is sent.
func TestRequiredItemsAreFixedAndSent(t *testing.T) {
	d := parsePage(t, render(t, newThemes(t), Frame{}, firstConsent()))
	kinds := map[string]string{}
	for _, n := range d.named("allow") {
		kinds[attr(n, "value")] = attr(n, "type")
	}
	want := map[string]string{"name": "checkbox", "preferred_username": "hidden", "email": "checkbox", "locale": "checkbox", "groups": "checkbox"}
	if !reflect.DeepEqual(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
	if has(d.ids["allow-locale"], "checked") || !has(d.ids["allow-email"], "checked") {
		t.Error("boxes are not ticked as the handler said")
	}
}

func TestLeavingOutWhatGivesRightsIsWarnedAbout(t *testing.T) {
	all, c := newThemes(t), firstConsent()
	warning := all.Text("en", "consent.rights", "service", "El Núvol")
	if !strings.Contains(render(t, all, Frame{Lang: "en"}, c), warning) {
		t.Error("no warning before the click")
	}
	c.Items[4].Required = true
	if strings.Contains(render(t, all, Frame{Lang: "en"}, c), warning) {
		t.Error("a warning about what cannot be left out")
	}
}

// Asked again, people answer what is new; the rest is folded, to look at: a box
// there would promise that unticking it takes something back.
func TestAskedAgainShowsWhatIsNew(t *testing.T) {
	page := render(t, newThemes(t), Frame{Lang: "en"}, moreConsent())
	d := parsePage(t, page)
	allow := d.named("allow")
	if len(allow) != 1 || attr(allow[0], "value") != "locale" || within(allow[0], "details") != nil || within(allow[0], "form") == nil {
		t.Errorf("asks about %d items", len(allow))
	}
	_, settled, _ := strings.Cut(page, "<details")
	if !strings.Contains(settled, "marta.puig.i.ferrer@correu.bressola.example") || !strings.Contains(settled, ">Shared<") {
		t.Error("what was decided before is not to be seen")
	}
	if within(d.ids["appear-real"], "details") == nil {
		t.Error("how to appear was decided before and is not folded")
	}
}

// When a new item is sent as one chose to appear, that choice stands beside it.
func TestANewNameBringsTheChoiceWithIt(t *testing.T) {
	c := moreConsent()
	c.Items[0].New = true
	d := parsePage(t, render(t, newThemes(t), Frame{}, c))
	if within(d.ids["appear-real"], "details") != nil {
		t.Error("a name is asked for, and the choice of how to appear is folded away")
	}
}

func TestTheMarkNewIsForThoseWhoWereAskedBefore(t *testing.T) {
	all := newThemes(t)
	tests := []struct {
		why   string
		fresh bool
		want  int
	}{
		{"first", true, 0}, {"expired", true, 0}, {"more", true, 0}, {"policy", false, 0},
	}
	for _, test := range tests {
		c := firstConsent()
		c.Why = test.why
		for i := range c.Items {
			c.Items[i].New = test.fresh
		}
		page := render(t, all, Frame{Lang: "en"}, c)
		if got := strings.Count(page, `class="tag new"`); got != test.want {
			t.Errorf("%s: %d marks, want %d", test.why, got, test.want)
		}
		said := strings.Contains(page, all.Text("en", "consent.why."+test.why))
		if said != (test.why != "first") {
			t.Errorf("%s: says why it asks again: %v", test.why, said)
		}
	}
}

// Beside what was decided before, what is new is marked.
func TestTheMarkNewIsForWhatIsNew(t *testing.T) {
	c := moreConsent()
	fresh := 0
	for _, item := range c.Items {
		if item.New {
			fresh++
		}
	}
	page := render(t, newThemes(t), Frame{Lang: "en"}, c)
	if got := strings.Count(page, `class="tag new"`); fresh == 0 || fresh == len(c.Items) || got != fresh {
		t.Errorf("%d marks for %d of %d items", got, fresh, len(c.Items))
	}
}

// One way to appear is no choice: it is sent, and its value stands with the item.
func TestWithoutAChoiceTheValueIsThePersonsOwn(t *testing.T) {
	c := firstConsent()
	c.Appearances = c.Appearances[:1]
	page := render(t, newThemes(t), Frame{}, c)
	if !strings.Contains(page, `<p class="item-value">Marta Puig i Ferrer</p>`) {
		t.Error("the value does not stand with its item")
	}
	appear := parsePage(t, page).named("appear")
	if len(appear) != 1 || attr(appear[0], "type") != "hidden" || attr(appear[0], "value") != "real" {
		t.Errorf("%d elements ask how to appear", len(appear))
	}
}

// Somebody who can only be a pseudonym still says which.
func TestASinglePseudonymIsStillNamed(t *testing.T) {
	c := firstConsent()
	c.Appearances = c.Appearances[1:2]
	c.Appearances[0].Chosen = true
	d := parsePage(t, render(t, newThemes(t), Frame{}, c))
	if d.ids["pseudonym"] == nil || !has(d.ids["appear-pseudonym"], "checked") {
		t.Error("no field for the pseudonym")
	}
}

// Pseudonyms change what is sent; a real family name goes out with none of them.
func TestEachWayToAppearHasItsValues(t *testing.T) {
	s := firstConsent().Screen()
	family := ConsentItem{Attribute: "family_name", Value: "Puig", Follows: true}
	tests := []struct {
		item ConsentItem
		want []string
	}{
		{s.Items[0], []string{"Marta Puig i Ferrer", "Òliba", ""}},
		{s.Items[1], []string{"marta", "oliba-serena", "pi-clar-tranquil"}},
		{family, []string{"Puig", "", ""}},
		{s.Items[3], nil},
	}
	for _, test := range tests {
		var got []string
		for _, v := range s.values(test.item) {
			got = append(got, v.Value)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.item.Attribute, got, test.want)
		}
	}
}

// A preview sends nothing and cannot be operated, and two of it do not mix.
func TestPreviewsAreOnlyToLookAt(t *testing.T) {
	page := bressolaPolicy()
	page.Previews[1] = page.Previews[0]
	d := parsePage(t, render(t, newThemes(t), Frame{}, page))
	if len(d.twice) > 0 {
		t.Errorf("ids of two previews are the same: %q", d.twice)
	}
	for _, prefix := range []string{"preview-0-", "preview-1-"} {
		n := d.ids[prefix+"consent-allow"]
		if n == nil || within(n, "form") != nil || !has(within(n, "fieldset"), "disabled") || attr(n, "type") != "button" {
			t.Errorf("%s can be operated", prefix)
		}
		if radios := d.named(prefix + "appear"); len(radios) != 3 {
			t.Errorf("%d radio buttons belong to %s", len(radios), prefix)
		}
	}
	if len(d.named("allow"))+len(d.named("answer"))+len(d.named("group"))+len(d.named("appear")) > 0 {
		t.Error("a preview has elements with the names of the real screen")
	}
}

// Enter in a text field presses the first button: it must be the harmless one.
func TestThePolicysFirstButtonSavesNothing(t *testing.T) {
	d := parsePage(t, render(t, newThemes(t), Frame{}, bressolaPolicy()))
	if buttons := d.named("do"); attr(buttons[0], "value") != "preview" {
		t.Errorf("the first button is %q", attr(buttons[0], "value"))
	}
	if fault := d.ids["faults"]; attr(fault, "role") != "alert" || !strings.Contains(textOf(fault), "dies") {
		t.Error("the faults are not told")
	}
}

func TestAServiceIsStoppedAndRenewedOnlyWhereItCanBe(t *testing.T) {
	d := parsePage(t, render(t, newThemes(t), Frame{}, MyService{Service: cloudService()}))
	for _, id := range []string{"service-stop", "service-ask", "service-renew"} {
		if d.ids[id] != nil {
			t.Errorf("#%s leads nowhere", id)
		}
	}
	d = parsePage(t, render(t, newThemes(t), Frame{}, heldService()))
	if confirm := d.ids["confirm"]; !has(confirm, "required") || has(confirm, "checked") {
		t.Error("a new identity must be confirmed")
	}
}
