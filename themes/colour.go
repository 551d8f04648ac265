// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// colour is one of sRGB.
type colour struct{ r, g, b uint8 }

// The surfaces that a collective's colour must be read upon: the darkest of the
// light scheme and the lightest of the dark one, as in clau.css.
const (
	lightSurface = "#eef1ec"
	darkSurface  = "#232b29"
)

// readable is a little more than WCAG 2.2 asks for text (1.4.3: 4.5:1).
const readable = 4.6

// parseColour reads "#rrggbb" and nothing else: what is not six digits never
// reaches a stylesheet.
func parseColour(s string) (colour, bool) {
	digits, found := strings.CutPrefix(s, "#")
	b, err := hex.DecodeString(digits)
	if !found || err != nil || len(b) != 3 {
		return colour{}, false
	}
	return colour{b[0], b[1], b[2]}, true
}

func (c colour) hex() string { return hex.EncodeToString([]byte{c.r, c.g, c.b}) }

// luminance is WCAG's relative luminance, from 0 (black) to 1 (white).
func (c colour) luminance() float64 {
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

func linear(channel uint8) float64 {
	v := float64(channel) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// contrast is WCAG's ratio of two colours, from 1 to 21.
func contrast(a, b colour) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// mix moves c towards other by part (0 … 1).
func (c colour) mix(other colour, part float64) colour {
	blend := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-part) + float64(b)*part)) }
	return colour{blend(c.r, other.r), blend(c.g, other.g), blend(c.b, other.b)}
}

// ink returns black or white, whichever is read better upon c: never below 4.58:1.
func (c colour) ink() colour {
	black, white := colour{}, colour{255, 255, 255}
	if contrast(c, white) >= contrast(c, black) {
		return white
	}
	return black
}

// readableOn moves c towards the far end of the scale until it can be read upon
// a surface. A pale yellow becomes ochre; a good colour stays as it is.
func (c colour) readableOn(surface colour) colour {
	end := surface.ink()
	for part := 0.0; part < 1; part += 0.04 {
		if try := c.mix(end, part); contrast(try, surface) >= readable {
			return try
		}
	}
	return end
}

// stylesheet gives the collective's colour to the tokens of clau.css that carry
// it. Text that stands on it, and links and buttons made from it, are derived so
// that every colour a collective may choose can be read.
func (c colour) stylesheet() []byte {
	light, _ := parseColour(lightSurface)
	dark, _ := parseColour(darkSurface)
	dimmed := c.mix(colour{}, 0.35)
	return fmt.Appendf(nil, ":root{%s}\n@media (prefers-color-scheme:dark){:root{%s}}\n",
		tokens(c, c.readableOn(light)), tokens(dimmed, c.readableOn(dark)))
}

func tokens(band, accent colour) string {
	return fmt.Sprintf("--band:#%s;--on-band:#%s;--accent:#%s;--on-accent:#%s",
		band.hex(), band.ink().hex(), accent.hex(), accent.ink().hex())
}
