package words

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"munpae.example/munpae/app/internal/app"
)

// placeholder is {name}, or {name, kind}, or {name, plural, one {…} other {…}}; a
// Korean particle may follow. frontend/src/fill.ts reads the same.
var placeholder = regexp.MustCompile(`\{([a-z_]+)(?:, (plural|date|time|setting)(?:,((?: [a-z]+ \{[^{}]*\})+))?)?\}(을/를|이/가|은/는|과/와|\(으\)로)?`)

// form is one of the forms of a plural.
var form = regexp.MustCompile(`([a-z]+) \{([^{}]*)\}`)

// Fill puts the values into a text of this language, once: a value that looks like a
// placeholder stays as it is, and so does a placeholder without a value.
func (l *Language) Fill(s string, params app.Params) string {
	var b strings.Builder
	end := 0
	part := func(m []int, group int) string {
		if m[2*group] < 0 {
			return ""
		}
		return s[m[2*group]:m[2*group+1]]
	}
	for _, m := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(s[end:m[0]])
		end = m[1]
		value, known := params[part(m, 1)]
		if !known {
			b.WriteString(s[m[0]:m[1]])
			continue
		}
		switch part(m, 2) {
		case "plural":
			value = l.plural(value, part(m, 3))
		case "date":
			value = l.date(value, time.Now())
		case "time":
			value = l.clock(value)
		case "setting":
			if text, ok := l.Settings[value]; ok {
				value = l.Fill(text, params)
			}
		default:
			if name, ok := l.Names[value]; ok {
				value = name
			}
		}
		b.WriteString(value)
		b.WriteString(withParticle(value, part(m, 4)))
	}
	b.WriteString(s[end:])
	return b.String()
}

// plural takes the form that the language has for the number, by CLDR's rules.
func (l *Language) plural(number, forms string) string {
	n, err := strconv.Atoi(number)
	if err != nil {
		return number
	}
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	want := names[plural.Cardinal.MatchPlural(language.Make(string(l.Tag)), n, 0, 0, 0, 0)]
	chosen := ""
	for _, f := range form.FindAllStringSubmatch(forms, -1) {
		if f[1] == want || f[1] == "other" && chosen == "" {
			chosen = f[2]
		}
	}
	return strings.ReplaceAll(chosen, "#", number)
}

// date writes an instant as a day, with the year where it is not this one.
func (l *Language) date(instant string, now time.Time) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return instant
	}
	if t = t.In(zone()); t.Year() != now.In(zone()).Year() {
		return t.Format(l.DateWithYear)
	}
	return t.Format(l.Date)
}

// clock writes an instant as a time of the day.
func (l *Language) clock(instant string) string {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		return instant
	}
	return t.In(zone()).Format(l.Time)
}
