package origin

import (
	"bytes"
	"fmt"
	"html"
)

// Brand is how the page looks in a program that is not Munpae itself.
type Brand struct {
	Name     string // the program's; empty: Munpae's own
	Settings string // how its settings begin, such as "NOTES_"
	// Own says that the sign-in speaks of the program, and not of a nameplate.
	Own      bool
	Logo     []byte // in the place of the nameplate
	LogoType string // its media type
	Style    string // custom properties that stand over the page's own
	// SignIn is the sentence over the sign-in's buttons, by language.
	SignIn map[string]string
	// Keeps is the sentence over the button that deletes the account, by language.
	Keeps map[string]string
}

// attributes adds what the page's script reads of the brand.
func (b Brand) attributes(tag []byte) []byte {
	if b.Name != "" && b.Name != builtName {
		tag = fmt.Appendf(tag, ` data-name="%s"`, html.EscapeString(b.Name))
	}
	if b.Own {
		tag = append(tag, " data-own"...)
	}
	if b.Settings != "" {
		tag = fmt.Appendf(tag, ` data-settings="%s"`, html.EscapeString(b.Settings))
	}
	for name, texts := range map[string]map[string]string{"sign-in": b.SignIn, "keeps": b.Keeps} {
		for language, text := range texts {
			tag = fmt.Appendf(tag, ` data-%s-%s="%s"`, name, html.EscapeString(language), html.EscapeString(text))
		}
	}
	return tag
}

// builtName is what the built page calls the program.
const builtName = "Munpae"

var (
	ownTitle = []byte("<title>" + builtName + "</title>")
	headEnd  = []byte("</head>")
)

// page gives the page the brand's title and style.
func (b Brand) page(body []byte) []byte {
	if b.Name != "" {
		body = bytes.Replace(body, ownTitle, fmt.Appendf(nil, "<title>%s</title>", html.EscapeString(b.Name)), 1)
	}
	if b.Style != "" || b.Logo != nil {
		body = bytes.Replace(body, headEnd, []byte(`<link rel="stylesheet" href="/munpae/brand.css"></head>`), 1)
	}
	return body
}

// css stands after the page's own style sheet.
func (b Brand) css() string {
	css := b.Style
	if b.Logo != nil {
		css += ".plate:not(.hung) { background: url(/munpae/logo) center / contain no-repeat; min-height: 6.5rem; }\n.plate:not(.hung) > * { display: none; }\n"
	}
	return css
}
