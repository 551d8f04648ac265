// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

// schemes reads the colour tokens of clau.css, light and dark.
func schemes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	sheet := string(mustRead(t, "assets/clau.css"))
	first, rest, _ := strings.Cut(sheet, "@media (prefers-color-scheme: dark)")
	second, _, _ := strings.Cut(rest, "/* ---- ground")
	return tokensOf(first), tokensOf(second)
}

func tokensOf(css string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// WCAG 2.2: 1.4.3 wants 4.5:1 for text, 1.4.11 wants 3:1 for the edges of
// fields, for marks, and for the focus.
func TestContrast(t *testing.T) {
	pairs := []struct {
		over, under string
		least       float64
	}{
		{"ink", "paper", 7}, {"ink", "sheet", 7}, {"ink", "sunken", 7},
		{"soft", "paper", 4.5}, {"soft", "sheet", 4.5}, {"soft", "sunken", 4.5},
		{"accent", "paper", 4.5}, {"accent", "sheet", 4.5}, {"accent", "sunken", 4.5},
		{"on-accent", "accent", 4.5}, {"on-band", "band", 4.5},
		{"on-alert", "alert", 4.5}, {"on-notice", "notice", 4.5},
		{"edge", "paper", 3}, {"edge", "sheet", 3}, {"edge", "sunken", 3},
		{"focus", "paper", 3}, {"focus", "sheet", 3},
		{"alert-edge", "paper", 3}, {"alert-edge", "sheet", 3}, {"notice-edge", "paper", 3},
	}
	light, dark := schemes(t)
	for name, tokens := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, pair := range pairs {
			over, okOver := parseColour(tokens[pair.over])
			under, okUnder := parseColour(tokens[pair.under])
			if !okOver || !okUnder {
				t.Fatalf("%s: no --%s or --%s", name, pair.over, pair.under)
			}
			if got := contrast(over, under); got < pair.least {
				t.Errorf("%s: --%s on --%s is %.2f:1, must be %.1f:1", name, pair.over, pair.under, got, pair.least)
			}
		}
	}
}

func TestSurfacesAreThoseOfTheStylesheet(t *testing.T) {
	light, dark := schemes(t)
	if light["sunken"] != lightSurface || dark["sunken"] != darkSurface {
		t.Errorf("--sunken is %s and %s, colour.go says %s and %s", light["sunken"], dark["sunken"], lightSurface, darkSurface)
	}
	for _, token := range []string{"paper", "sheet", "sunken"} {
		surface, _ := parseColour(light[token])
		darkest, _ := parseColour(lightSurface)
		if surface.luminance() < darkest.luminance() {
			t.Errorf("light --%s is darker than lightSurface", token)
		}
		surface, _ = parseColour(dark[token])
		lightest, _ := parseColour(darkSurface)
		if surface.luminance() > lightest.luminance() {
			t.Errorf("dark --%s is lighter than darkSurface", token)
		}
	}
}

// Whatever colour an assembly votes for, everybody can read what stands on it.
func TestEveryColourOfACollectiveIsReadable(t *testing.T) {
	light, dark := schemes(t)
	for r := 0; r < 256; r += 17 {
		for g := 0; g < 256; g += 17 {
			for b := 0; b < 256; b += 17 {
				c := colour{uint8(r), uint8(g), uint8(b)}
				first, second, _ := strings.Cut(string(c.stylesheet()), "@media")
				checkCollective(t, c, spaced(first), light)
				checkCollective(t, c, spaced(second), dark)
			}
		}
	}
}

// spaced writes a generated stylesheet as clau.css is written.
func spaced(css string) map[string]string {
	return tokensOf(strings.NewReplacer(":#", ": #", "}", ";").Replace(css))
}

func checkCollective(t *testing.T, c colour, own, scheme map[string]string) {
	t.Helper()
	token := func(name string) colour {
		found, ok := parseColour(own[name])
		if !ok {
			found, ok = parseColour(scheme[name])
		}
		if !ok {
			t.Fatalf("no --%s", name)
		}
		return found
	}
	for _, pair := range [][2]string{{"on-band", "band"}, {"on-accent", "accent"}, {"accent", "paper"}, {"accent", "sheet"}, {"accent", "sunken"}} {
		if got := contrast(token(pair[0]), token(pair[1])); got < 4.5 {
			t.Errorf("%s: --%s on --%s is %.2f:1", c.hex(), pair[0], pair[1], got)
		}
	}
}

func TestContrastAsWCAGCountsIt(t *testing.T) {
	tests := []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21}, {"#ffffff", "#ffffff", 1}, {"#767676", "#ffffff", 4.54}, {"#ff0000", "#ffffff", 4.0},
	}
	for _, test := range tests {
		a, _ := parseColour(test.a)
		b, _ := parseColour(test.b)
		if got := contrast(a, b); math.Abs(got-test.want) > 0.01 {
			t.Errorf("%s on %s is %.3f, want %.2f", test.a, test.b, got, test.want)
		}
	}
}

func TestOnlySixDigitsAreAColour(t *testing.T) {
	for _, s := range []string{"", "#", "#fff", "ffffff", "#ggg000", "#1234567", "#12345678", "red", "#12345;", "#ffffff}", "url(x)"} {
		if c, ok := parseColour(s); ok {
			t.Errorf("%q is %s", s, c.hex())
		}
	}
	if c, ok := parseColour("#FFd400"); !ok || c.hex() != "ffd400" {
		t.Error("capital digits are a colour too")
	}
}
