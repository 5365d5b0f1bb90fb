package desktop

import (
	"fmt"
	"math"

	"github.com/godbus/dbus/v5"
)

// colour is red, green, blue.
type colour [3]uint8

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// grounds are what the focus ring and the main button of a theme stand on, and letters
// what the button says, as frontend/src/app.css has them.
var grounds = map[string]struct {
	ring, button []colour
	letters      colour
}{
	"light": {
		ring:    []colour{{0xfb, 0xf7, 0xf0}, {0xff, 0xfd, 0xf9}, {0xf4, 0xe9, 0xda}},
		button:  []colour{{0xfb, 0xf7, 0xf0}, {0xff, 0xfd, 0xf9}},
		letters: colour{0xff, 0xff, 0xff},
	},
	"dark": {
		ring:    []colour{{0x1e, 0x1a, 0x17}, {0x28, 0x22, 0x1d}, {0x35, 0x2b, 0x23}},
		button:  []colour{{0x1e, 0x1a, 0x17}, {0x28, 0x22, 0x1d}},
		letters: colour{0x23, 0x17, 0x0f},
	},
}

// What WCAG 2.2 asks of what is read (1.4.3), and of what shows where something is or
// which has the focus (1.4.11).
const leastRead, leastSeen = 4.5, 3

// accentOf is the colour that the portal tells, three numbers from 0 to 1. Any other says
// that the person has chosen none.
func accentOf(v dbus.Variant) (c colour, ok bool) {
	parts, _ := v.Value().([]any)
	if len(parts) != len(c) {
		return c, false
	}
	for i, part := range parts {
		f, isNumber := part.(float64)
		if !isNumber || !(f >= 0 && f <= 1) {
			return c, false
		}
		c[i] = uint8(math.Round(f * 255))
	}
	return c, true
}

// accented are rules for our pages that give the focus and the main button the person's
// colour, in the themes in which it is legible. What is written in Munpae's own colour
// stays: hardly any that desktops offer could be read.
func accented(c colour) string {
	ring, button := map[string]string{}, map[string]string{}
	for theme, on := range grounds {
		ring[theme], button[theme] = "var(--accent)", "var(--accent)"
		if standsOut(c, on.ring) {
			ring[theme] = c.String()
		}
		if standsOut(c, on.button) && Contrast(c, on.letters) >= leastRead {
			button[theme] = c.String()
		}
	}
	ofRing := fmt.Sprintf("light-dark(%s, %s)", ring["light"], ring["dark"])
	ofButton := fmt.Sprintf("light-dark(%s, %s)", button["light"], button["dark"])
	return ":focus-visible { outline-color: " + ofRing + " !important; }\n" +
		":focus-visible:not([aria-invalid=true], .primary) { border-color: " + ofRing + " !important; }\n" +
		"button.primary:enabled { background: " + ofButton + " !important; border-color: " + ofButton + " !important; }\n" +
		"button.primary:enabled:hover { background: color-mix(in oklab, " + ofButton + " 88%, var(--ink)) !important; }\n"
}

func standsOut(c colour, grounds []colour) bool {
	for _, g := range grounds {
		if Contrast(c, g) < leastSeen {
			return false
		}
	}
	return true
}

// Contrast is the ratio of WCAG 2.2 of two colours, each red, green, blue: from 1 to 21.
func Contrast(a, b [3]uint8) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c colour) float64 {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c[0]) + 0.7152*part(c[1]) + 0.0722*part(c[2])
}
