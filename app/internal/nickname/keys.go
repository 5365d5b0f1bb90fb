package nickname

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"munpae.example/munpae/app/internal/app"
)

// confusables.txt is not kept here; maketable.go says where it is found.
//
//go:generate go run maketable.go confusables.txt

// rules counts the changes to key, skeleton and their tables in this package.
const rules = 1

// Version stands in every Nickname made here: 100 × the rules plus the major
// Unicode version of the tables that this build uses. Rows with another one are
// rebuilt with Keys.
const Version = 100*rules + unicodeMajor

// Keys makes the keys of a text without judging it: for the nicknames that are
// stored already, whatever the rules say of them today. It never fails and
// never gives an empty key for a text that is not empty. Text is NFC.
func Keys(text string) app.Nickname {
	text = norm.NFC.String(strings.ToValidUTF8(text, "\ufffd"))
	key, err := compareKey(text)
	if err != nil || key == "" {
		// Refused by PRECIS: a name of other rules. The text itself, folded, is a
		// key as good as any, and it stays its owner's.
		key = text
		for range 4 {
			key = norm.NFKC.String(cases.Fold().String(key))
		}
	}
	return app.Nickname{Text: text, Key: key, Skeleton: skeleton(key), Version: Version}
}

// compareKey is the PRECIS Nickname compare key (RFC 8266, 2.3) under full case
// folding instead of lower case alone, so that ß and SS are one name. RFC 8266,
// 2.1 wants the rules applied until nothing changes; a handful of rounds is
// enough for every letter there is.
func compareKey(text string) (string, error) {
	if plain(text) {
		return strings.ToLower(text), nil
	}
	key := text
	for range 4 {
		folded := cases.Fold().String(key)
		next, err := precis.Nickname.CompareKey(folded)
		if err != nil {
			return "", err
		}
		if next == key {
			break
		}
		key = next
	}
	return key, nil
}

// plain reports whether text is ASCII letters, digits and single inner
// separators, and Hangul syllables: there the compare key is the lower case, and
// much cheaper so.
func plain(text string) bool {
	space := true
	for _, r := range text {
		if r == ' ' && space {
			return false
		}
		space = r == ' '
		if !space && !syllable(r) && (r >= utf8.RuneSelf || !letter(r) && !digit(r) && !separator(r)) {
			return false
		}
	}
	return !space
}

// skeleton is the UTS #39 skeleton of a key, and two steps more, both because
// the key has lost its case: it is folded again (the table sends 0 to a capital
// O), and i counts as l, since what is an l to the eye may have been typed as a
// capital I. UTS #39 sends 1 to l by itself.
func skeleton(key string) string {
	s := key
	for range 4 {
		next := confuse(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

func confuse(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	if !ascii {
		s = norm.NFD.String(s)
	}
	for _, r := range s {
		to, ok := confusables[r]
		if !ok {
			to = string(r)
		}
		for _, r := range to {
			r = unicode.ToLower(r)
			if r == 'i' {
				r = 'l'
			}
			b.WriteRune(r)
		}
	}
	if ascii {
		return b.String()
	}
	return norm.NFD.String(b.String())
}
