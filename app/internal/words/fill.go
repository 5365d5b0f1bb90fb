package words

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// zone is the person's own.
var zone = sync.OnceValue(func() *time.Location { return zoneOf(os.Getenv("TZ")) })

// zoneOf reads what package time does not: it knows the names of zones only, and
// takes "KST-9" (POSIX.1, Environment Variables, TZ), which the rest of the desktop
// understands, for UTC. Its reader of zone files understands such a rule, so the rule
// is given to it as the end of an otherwise empty file (RFC 9636 section 3.3).
func zoneOf(tz string) *time.Location {
	tz = strings.TrimPrefix(tz, ":")
	if !posixZone.MatchString(tz) {
		return time.Local
	}
	if _, err := time.LoadLocation(tz); err == nil {
		return time.Local // a name, such as EST5EDT
	}
	// A version 2 file: twice the same block with one type of local time and nothing
	// else, the second followed by the rule between two line feeds.
	header := "TZif2" + strings.Repeat("\x00", 15) +
		"\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x01" + "\x00\x00\x00\x04"
	block := header + "\x00\x00\x00\x00\x00\x00" + "UTC\x00"
	loc, err := time.LoadLocationFromTZData(tz, []byte(block+block+"\n"+tz+"\n"))
	if err != nil {
		return time.Local
	}
	return loc
}

// posixZone is how a rule begins: a name of at least three letters, or one in angle
// brackets, and the hours to add to get to UTC.
var posixZone = regexp.MustCompile(`^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9]`)
