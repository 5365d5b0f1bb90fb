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
const rules = 2

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

func dropSeparator(r rune) rune {
	if separator(r) {
		return -1
	}
	return r
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

// skeleton is the UTS #39 skeleton of a key, and some steps more. Two because the
// key has lost its case: it is folded again (the table sends 0 to a capital O), and
// what looks alike in either case counts as alike (joined). Separators are left out:
// they hide nobody's name from whoever reads it. A dot above i and j is theirs already.
// A text of separators alone, which no rule of today allows, keeps them.
func skeleton(key string) string {
	s := key
	if strings.Map(dropSeparator, key) == "" {
		return key
	}
	for range 4 {
		next := confuse(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// joined are letters that UTS #39 keeps apart in one case though not in the other, and
// pairs that it does not know: 5 and s, 8 and b, vv and w. (cl and d are not among
// them: since i counts as l, Cian would be Dan, and Lucia Luda.) i counts as l, since what is
// an l to the eye may have been typed as a capital I; UTS #39 sends 1 to l by itself.
// What each costs stands in testdata/golden.tsv.
var joined = map[rune]string{
	'i': "l", 'ı': "l", 'ȷ': "j", '5': "s", '8': "b", 'w': "vv",
	'ð': "d\u0335", '∂': "d", 'ɖ': "d\u0335", 'ƅ': "b", 'ʀ': "r", 'ƨ': "2", 'ȝ': "3", 'ʒ': "3", 'ʈ': "t\u0328", 'ʉ': "u\u0335",
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
	var base rune // that marks sit on
	for _, r := range s {
		if separator(r) {
			continue
		}
		to, ok := joined[r]
		if !ok {
			to, ok = confusables[r]
		}
		if !ok {
			to = string(r)
		}
		for _, r := range to {
			r = unicode.ToLower(r)
			if again, ok := joined[r]; ok && len(again) == 1 {
				r = rune(again[0])
			}
			switch {
			case r == dotAbove && (base == 'l' || base == 'j'):
				continue
			case r == ogonek && base == 'd': // UTS #39 has it for ɖ
				r = stroke
			}
			if !unicode.Is(unicode.M, r) {
				base = r
			}
			b.WriteRune(r)
		}
	}
	if ascii {
		return b.String()
	}
	return norm.NFD.String(b.String())
}

const dotAbove, ogonek, stroke = 0x307, 0x328, 0x335
