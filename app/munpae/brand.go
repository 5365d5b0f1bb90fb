package munpae

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/launch"
	"munpae.example/munpae/app/internal/words"
)

// Brand is how Munpae's screens look, in the window and in the person's browser. Its
// zero value is Munpae's own nameplate.
type Brand struct {
	// Name is what people call the app; empty: the window's title.
	Name string
	// Logo is an SVG or PNG in the place of the nameplate, 256 KiB at most.
	Logo []byte
	// Light and Dark are the colours by theme; zero: Munpae's.
	Light, Dark Colours
	// SignIn is the sentence over the sign-in's buttons, by language, such as "en".
	SignIn map[string]string
}

// Colours are those of one theme, each as #rrggbb. What is read must stand out from
// what it stands on by 4.5 to 1 (WCAG 2.2, 1.4.3), the colours that Munpae mixes of
// these among it.
type Colours struct {
	Ground   string // behind everything
	Text     string
	Accent   string // buttons, links
	OnAccent string // on a button
}

const maxLogo = 256 << 10

// Munpae's own, as frontend/src/app.css has them.
var (
	lightColours = Colours{Ground: "#fbf7f0", Text: "#2a211b", Accent: "#8a4b2a", OnAccent: "#ffffff"}
	darkColours  = Colours{Ground: "#1e1a17", Text: "#f3eae0", Accent: "#dba27a", OnAccent: "#23170f"}
)

// brand checks b and returns what the screens are given.
func (b Brand) brand(title string) (launch.Brand, error) {
	out := launch.Brand{Name: cmp.Or(b.Name, title), Logo: b.Logo, SignIn: b.SignIn, Own: b.Name != "" || b.Logo != nil}
	switch head := bytes.TrimSpace(b.Logo[:min(len(b.Logo), 1024)]); {
	case len(b.Logo) == 0:
	case len(b.Logo) > maxLogo:
		return out, fmt.Errorf("Options.Brand.Logo has %d bytes, and may have %d", len(b.Logo), maxLogo)
	case bytes.HasPrefix(head, []byte("\x89PNG")):
		out.LogoType = "image/png"
	case bytes.Contains(head, []byte("<svg")):
		out.LogoType = "image/svg+xml"
	default:
		return out, fmt.Errorf("Options.Brand.Logo is neither SVG nor PNG")
	}
	if err := checkTexts("Brand.SignIn", b.SignIn); err != nil {
		return out, err
	}
	light, err := shades("Light", b.Light, lightColours, 255)
	if err != nil {
		return out, err
	}
	dark, err := shades("Dark", b.Dark, darkColours, 0)
	if err != nil {
		return out, err
	}
	out.Light, out.Dark = [3]uint8(light["wall"]), [3]uint8(dark["wall"])
	if b.Light != (Colours{}) || b.Dark != (Colours{}) {
		out.Own = true
		out.Style = "#app, .page { background: var(--wall); }\n:root {" + declare(light) + " }\n@media (prefers-color-scheme: dark) { :root {" + declare(dark) + " } }\n" +
			":root[data-theme=\"light\"] {" + declare(light) + " }\n:root[data-theme=\"dark\"] {" + declare(dark) + " }\n"
	}
	return out, nil
}

// checkTexts refuses a text in a language that the screens do not speak, or none.
func checkTexts(field string, texts map[string]string) error {
	for l, text := range texts {
		if !words.Known(app.Language(l)) {
			//lint:ignore ST1005 it begins with a name
			return fmt.Errorf("Options.%s has %q: there are words in %v", field, l, words.Languages())
		}
		if strings.TrimSpace(text) == "" {
			//lint:ignore ST1005 it begins with a name
			return fmt.Errorf("Options.%s[%q] is empty", field, l)
		}
	}
	return nil
}

type rgb [3]uint8

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// shades makes the colours of a theme from the few that are given, and refuses what
// nobody could read. paper is lighter than the ground where towards is white, else a
// little of the text is in it.
func shades(theme string, given, own Colours, towards uint8) (map[string]rgb, error) {
	if given == (Colours{}) {
		given = own
	}
	at := map[string]rgb{}
	for _, f := range []struct{ name, variable, value string }{
		{"Ground", "wall", given.Ground}, {"Text", "ink", given.Text}, {"Accent", "accent", given.Accent}, {"OnAccent", "on-accent", given.OnAccent},
	} {
		n, err := strconv.ParseUint(strings.TrimPrefix(f.value, "#"), 16, 32)
		if err != nil || len(f.value) != 7 || f.value[0] != '#' {
			return nil, fmt.Errorf("Options.Brand.%s.%s is %q: it must be #rrggbb", theme, f.name, f.value)
		}
		at[f.variable] = rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}
	}
	wall, ink := at["wall"], at["ink"]
	at["soft"], at["line"], at["edge"] = mix(ink, wall, 0.75), mix(ink, wall, 0.15), mix(ink, wall, 0.55)
	at["tint"] = mix(at["accent"], wall, 0.08)
	at["paper"] = mix(ink, wall, 0.05)
	if towards == 255 {
		at["paper"] = mix(rgb{255, 255, 255}, wall, 0.6)
	}
	called := map[string]string{"wall": "Ground", "ink": "Text", "accent": "Accent", "on-accent": "OnAccent", "soft": "Text, softened,", "edge": "Text, as an edge,", "paper": "a card on Ground", "tint": "Accent, as a tint,"}
	for _, pair := range []struct {
		text, ground string
		least        float64
	}{
		{"ink", "wall", 4.5}, {"ink", "paper", 4.5}, {"ink", "tint", 4.5}, {"soft", "wall", 4.5}, {"soft", "paper", 4.5},
		{"accent", "wall", 4.5}, {"accent", "paper", 4.5}, {"on-accent", "accent", 4.5}, {"edge", "wall", 3},
	} {
		if r := desktop.Contrast(at[pair.text], at[pair.ground]); r < pair.least {
			return nil, fmt.Errorf("Options.Brand.%s: %s (%s) on %s (%s) has a contrast of %.2f to 1, and needs %.1f",
				theme, called[pair.text], at[pair.text], called[pair.ground], at[pair.ground], math.Floor(r*100)/100, pair.least)
		}
	}
	return at, nil
}

// mix is share of a and the rest of b.
func mix(a, b rgb, share float64) (c rgb) {
	for i := range c {
		c[i] = uint8(math.Round(float64(a[i])*share + float64(b[i])*(1-share)))
	}
	return c
}

// declare writes the colours as custom properties.
func declare(at map[string]rgb) string {
	var b strings.Builder
	for _, name := range []string{"wall", "ink", "soft", "line", "edge", "paper", "accent", "on-accent", "tint"} {
		fmt.Fprintf(&b, " --%s: %s;", name, at[name])
	}
	return b.String()
}
