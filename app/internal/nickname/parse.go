package nickname

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"munpae.example/munpae/app/internal/app"
)

// The limits of a nickname (docs/security.md#nicknames).
const (
	MinLength = 2  // grapheme clusters
	MaxLength = 20 // grapheme clusters
	MaxBytes  = 64 // of NFC
	MaxMarks  = 2  // combining marks on one letter
)

// rawBytes is the longest text that is looked at. NFC makes the most of conjoining
// jamo, nine bytes of which become three, so nothing near it can be a nickname.
const rawBytes = 8 * MaxBytes

// Parse judges text without the white space around it, which a paste or a slip of the
// thumb brings along, and returns it as a nickname: Text is its NFC, otherwise as
// typed. Every error is an *app.Error; its code is, in the order of judgment,
//
//	CodeNicknameEmpty             nothing but white space or marks
//	CodeNicknameTooLong           far too long to be looked at
//	CodeNicknameBadCharacter      not UTF-8 (param character is U+FFFD)
//	CodeNicknameMixedScripts      letters of two scripts other than Hangul and Latin
//	CodeNicknameTooManyMarks      more than MaxMarks combining marks on a letter
//	CodeNicknameIncompleteHangul  jamo that make no syllable, as in ㅋㅋ
//	CodeNicknameBadCharacter      param character: what can't be used; U+XXXX if nothing would be seen
//	CodeNicknameBadSeparator      a separator first, last, or beside another
//	CodeNicknameTooShort          fewer than MinLength grapheme clusters
//	CodeNicknameTooLong           more than MaxLength, or more than MaxBytes
//	CodeNicknameReserved          a reserved name in some disguise
//
// Scripts come before characters so that an а from Cyrillic is called what it
// is: as a character, it would read like one that is allowed.
func Parse(text string) (app.Nickname, error) {
	text = strings.TrimFunc(text, unicode.IsSpace)
	if empty(text) {
		return app.Nickname{}, app.Fail(app.CodeNicknameEmpty, nil)
	}
	if len(text) > rawBytes {
		return app.Nickname{}, app.Fail(app.CodeNicknameTooLong, nil)
	}
	if !utf8.ValidString(text) {
		return app.Nickname{}, app.Fail(app.CodeNicknameBadCharacter, nil, "character", "U+FFFD")
	}
	text = norm.NFC.String(text)
	if mixed(text) {
		return app.Nickname{}, app.Fail(app.CodeNicknameMixedScripts, nil)
	}
	if tooManyMarks(text) {
		return app.Nickname{}, app.Fail(app.CodeNicknameTooManyMarks, nil)
	}
	if err := judgeCharacters(text); err != nil {
		return app.Nickname{}, err
	}
	if err := judgeSeparators(text); err != nil {
		return app.Nickname{}, err
	}
	switch n := uniseg.GraphemeClusterCount(text); {
	case n < MinLength:
		return app.Nickname{}, app.Fail(app.CodeNicknameTooShort, nil)
	case n > MaxLength || len(text) > MaxBytes:
		return app.Nickname{}, app.Fail(app.CodeNicknameTooLong, nil)
	}
	key, err := compareKey(text)
	if err != nil || key == "" {
		// PRECIS is the second opinion; nothing that passed above is known to fail.
		first, _ := utf8.DecodeRuneInString(text)
		return app.Nickname{}, app.Fail(app.CodeNicknameBadCharacter, err, "character", shown(first))
	}
	if reserved().has(text, key) {
		return app.Nickname{}, app.Fail(app.CodeNicknameReserved, nil)
	}
	return app.Nickname{Text: text, Key: key, Skeleton: skeleton(key), Version: Version}, nil
}

func empty(text string) bool {
	for _, r := range text {
		if !unicode.IsSpace(r) && (!unicode.Is(unicode.M, r) || variation(r) || r == 0x034f) {
			return false
		}
	}
	return true
}

// variation reports a variation selector: a mark by category, invisible by use.
func variation(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// script returns the name of the script of the letter r; the empty string for
// letters that many scripts share, and for what is no letter.
func script(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return "Latin"
		}
		return ""
	case !unicode.IsLetter(r):
		return ""
	case unicode.Is(unicode.Hangul, r):
		return "Hangul"
	case unicode.Is(unicode.Latin, r):
		return "Latin"
	case unicode.In(r, unicode.Common, unicode.Inherited):
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "" // unassigned
}

func mixed(text string) bool {
	first := ""
	for _, r := range text {
		s := script(r)
		if s == "" || s == first {
			continue
		}
		ours := func(s string) bool { return s == "Hangul" || s == "Latin" }
		if first != "" && !(ours(first) && ours(s)) {
			return true
		}
		first = s
	}
	return false
}

func tooManyMarks(text string) bool {
	if plain(text) {
		return false
	}
	marks := 0
	for _, r := range norm.NFD.String(text) {
		switch {
		case !unicode.Is(unicode.M, r):
			marks = 0
		case !variation(r) && r != 0x034f:
			if marks++; marks > MaxMarks {
				return true
			}
		}
	}
	return false
}

func judgeCharacters(text string) error {
	var before rune // the base that a mark would sit on
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case letter(r) || syllable(r) || digit(r) || separator(r):
			before = r
		case mark(r) && letter(before):
		case jamo(r):
			return app.Fail(app.CodeNicknameIncompleteHangul, nil)
		default:
			s := shown(r)
			if unicode.Is(unicode.Regional_Indicator, r) && i+1 < len(runes) && unicode.Is(unicode.Regional_Indicator, runes[i+1]) {
				s = string(runes[i : i+2]) // a flag: half of one would read as a letter
			}
			return app.Fail(app.CodeNicknameBadCharacter, nil, "character", s)
		}
	}
	return nil
}

// shown is how a sentence names r: itself, a mark on a dotted circle, or its
// code point where nothing would be seen or the sentence would be turned round.
func shown(r rune) string {
	switch {
	case variation(r), r == 0x034f, filler(r), r == utf8.RuneError, !unicode.IsPrint(r):
		return fmt.Sprintf("U+%04X", r)
	case unicode.Is(unicode.M, r):
		return "\u25cc" + string(r)
	}
	return string(r)
}

func judgeSeparators(text string) error {
	beside := true
	for _, r := range text {
		if separator(r) && beside {
			return app.Fail(app.CodeNicknameBadSeparator, nil)
		}
		beside = separator(r)
	}
	if beside {
		return app.Fail(app.CodeNicknameBadSeparator, nil)
	}
	return nil
}

func separator(r rune) bool { return r == '_' || r == '.' || r == '-' || r == ' ' }

func digit(r rune) bool { return '0' <= r && r <= '9' || '０' <= r && r <= '９' }

func syllable(r rune) bool { return '가' <= r && r <= '힣' }

// filler reports the Hangul fillers: letters by category, blank to the eye.
func filler(r rune) bool { return r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 }

// jamo reports a part of a syllable: conjoining ones that NFC left over and the
// compatibility ones that a keyboard gives, half width too.
func jamo(r rune) bool {
	return !filler(r) && (0x1100 <= r && r <= 0x11ff || 0x3131 <= r && r <= 0x318e ||
		0xa960 <= r && r <= 0xa97c || 0xd7b0 <= r && r <= 0xd7fb || 0xffa1 <= r && r <= 0xffdc)
}

// letter reports a Latin letter that some orthography of today uses: cased
// letters of the blocks from Basic Latin to Extended-B, Extended Additional,
// the lower cases of theirs that stand among the IPA letters, and full width.
// Phonetic and medieval letters are left out: they serve as disguises only.
func letter(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	case !unicode.Is(unicode.Latin, r) || !unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt):
		return false
	case r == 0x149, r == 0x1e9a: // letters with an apostrophe in them, which a key would show
		return false
	case r == 0x17f, r == 0x1e9b: // the long s, which is an s to a key and an f to the eye
		return false
	case 0x1e00 <= r && r <= 0x1eff, 0xff21 <= r && r <= 0xff5a:
		return true
	case r <= 0x24f: // the other case has to be allowed too
		return unicode.ToLower(r) <= 0x2af && unicode.ToUpper(r) <= 0x24f
	case r <= 0x2af:
		up := unicode.ToUpper(r)
		return up != r && up <= 0x24f
	}
	return false
}

// mark reports a diacritic that is drawn above or below a letter. Overlays, the
// iota of Greek, small letters used as marks, marks over two letters, and those of
// phonetics (U+0346 to U+035B) are left out: no orthography of names has them, and
// some can't be told from others at the size of a name. U+0358 stays, for Taiwan's o͘.
func mark(r rune) bool {
	switch {
	case r == 0x358:
		return true
	case 0x334 <= r && r <= 0x338, r == 0x345:
		return false
	}
	return 0x300 <= r && r <= 0x344
}
