package nickname

import (
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"munpae.example/munpae/app/internal/app"
)

// MaxProposals is the most candidates that Propose returns.
const MaxProposals = 24

// perSource is the most candidates that come from one source, so that a source
// whose names are all taken leaves room for the next.
const perSource = 14

// Propose returns candidates for a nickname, best first, each of which Parse
// accepts, at most MaxProposals of them and no two with the same skeleton. The
// caller asks in one round trip which are free and takes the first three.
//
// Sources come in order of weight: the text that was typed, if any, then the
// provider's nickname, name and login. They may be anything: what can't stand
// in a nickname is dropped, an e-mail address becomes its local part, a long
// text is cut between grapheme clusters. A candidate stays in the script of its
// source. The first is the source itself, then what a person would choose next,
// and plain numbers when those run out. The same sources give the same
// candidates. A source that is a reserved name gives none.
func Propose(sources ...string) []app.Nickname {
	var out []app.Nickname
	seen := map[string]bool{}
	for _, source := range sources {
		stem := clean(source)
		if stem == "" {
			continue
		}
		if _, err := Parse(stem); app.CodeOf(err) == app.CodeNicknameReserved {
			continue
		}
		room := perSource
		for _, text := range variants(stem) {
			n, err := Parse(text)
			if err != nil || seen[n.Skeleton] {
				continue
			}
			seen[n.Skeleton] = true
			out = append(out, n)
			if len(out) == MaxProposals {
				return out
			}
			if room--; room == 0 {
				break
			}
		}
	}
	return out
}

// clean makes of any text what of it can stand in a nickname: NFC in ordinary
// width, allowed characters, single inner separators, cut to the limits. It may
// still be too short, or reserved. A source that is a nickname stays as it is.
func clean(source string) string {
	if len(source) > 4*rawBytes {
		source = source[:4*rawBytes] // of provider text this long, the beginning is enough
	}
	if n, err := Parse(source); err == nil {
		return n.Text
	}
	source = strings.TrimSpace(strings.ToValidUTF8(source, ""))
	if local, domain, ok := strings.Cut(source, "@"); ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsRune(local, ' ') {
		source, _, _ = strings.Cut(local, "+")
	}
	source = norm.NFC.String(width.Fold.String(source))

	var b strings.Builder
	var before rune
	marks := 0
	gap := rune(0) // the separator that waits for something after it
	for _, r := range source {
		switch {
		case letter(r) || syllable(r) || digit(r):
			if gap != 0 && before != 0 {
				b.WriteRune(gap)
			}
			b.WriteRune(r)
			before, gap, marks = r, 0, len([]rune(norm.NFD.String(string(r))))-1
		case mark(r) && letter(before) && gap == 0:
			if marks++; marks <= MaxMarks {
				b.WriteRune(r)
			}
		case separator(r):
			if gap == 0 || gap == ' ' {
				gap = r
			}
		case r == '\'' || r == '’' || jamo(r) || unicode.Is(unicode.M, r) || unicode.Is(unicode.So, r) || unicode.Is(unicode.C, r) && r != '\t' && r != '\n':
			// O'Brien is OBrien, 길동ㅋㅋ is 길동: nothing stands in their place.
		case unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r):
			if gap == 0 {
				gap = ' '
			}
		}
	}
	return cut(norm.NFC.String(b.String()), MaxLength, MaxBytes)
}

// cut returns the longest beginning of text within the limits, without a
// separator at its end.
func cut(text string, clusters, bytes int) string {
	end := 0
	for g := uniseg.NewGraphemes(text); clusters > 0 && g.Next(); clusters-- {
		_, to := g.Positions()
		if to > bytes {
			break
		}
		end = to
	}
	return strings.TrimRight(text[:end], "_.- ")
}

// around puts stem between before and after, cut so that it fits.
func around(before, stem, after string) string {
	room := MaxLength - uniseg.GraphemeClusterCount(before) - uniseg.GraphemeClusterCount(after)
	return before + cut(stem, room, MaxBytes-len(before)-len(after)) + after
}

// variants returns names near stem, best first. Some may be no nickname.
func variants(stem string) []string {
	out := []string{stem}
	stem = width.Fold.String(stem)
	bare := strings.TrimRight(strings.TrimRight(stem, "0123456789"), "_.- ")
	number := strings.TrimLeft(stem[len(bare):], "_.- ")
	if bare == "" { // digits alone: only digits stay in its script
		for _, n := range numbers(stem) {
			out = append(out, around("", stem, n))
		}
		return out
	}
	if number != "" {
		out = append(out, bare) // Kim for Kim1: a name without a number is better
	}
	last := []rune(norm.NFC.String(bare))
	if syllable(last[len(last)-1]) {
		out = append(out, hangulVariants(bare)...)
	} else if first := last[0]; syllable(first) {
		out = append(out, prefixed(bare)...)
	} else {
		out = append(out, latinVariants(bare)...)
	}
	if number != "" {
		// One more than the number that was there, as people do.
		if n, err := strconv.Atoi(number); err == nil && n > 0 && n < 9999 && number[0] != '0' {
			for i := 1; i <= 3; i++ {
				out = append(out, around("", bare, strconv.Itoa(n+i)))
			}
		}
	}
	gap := ""
	if strings.Contains(bare, " ") {
		gap = " "
	}
	for _, n := range numbers(stem) {
		out = append(out, around("", bare, gap+n))
	}
	return out
}

// hangulVariants returns names of Hangul near stem. The ending 이 makes a name
// familiar (길동이) and stands after a final consonant only; 네, one's own
// people, follows that form or the bare vowel (길동이네, 철수네).
func hangulVariants(stem string) []string {
	var out []string
	// What the ending follows is the stem as it is after the cut that makes room.
	if short := cut(stem, MaxLength-1, MaxBytes-len("이")); closed(short) {
		out = append(out, short+"이")
	}
	syllables := []rune(strings.Join(strings.Fields(stem), ""))
	if len(syllables) < len([]rune(stem)) {
		out = append(out, string(syllables))
	}
	// A full name of three syllables, 홍길동, has its given name in it.
	if r := syllables; len(r) == 3 && strings.ContainsRune(surnames, r[0]) && syllable(r[1]) && syllable(r[2]) {
		given := string(r[1:])
		if closed(given) {
			out = append(out, given+"이")
		}
		out = append(out, given)
	}
	words := prefixed(stem)
	out = append(out, words[0])
	if short := cut(stem, MaxLength-2, MaxBytes-len("이네")); closed(short) {
		out = append(out, short+"이네")
	} else {
		out = append(out, short+"네")
	}
	return append(out, words[1:]...)
}

// prefixed returns stem after Korean words that go before any name.
func prefixed(stem string) []string {
	space := ""
	if strings.Contains(stem, " ") {
		space = " "
	}
	var out []string
	for _, word := range []string{"꼬마", "멋진", "푸른", "그냥", "새벽"} {
		out = append(out, around(word+space, stem, ""))
	}
	return out
}

// latinVariants returns names of Latin letters near stem: first its own words
// otherwise joined, then short English words beside it.
func latinVariants(stem string) []string {
	var out []string
	words := strings.FieldsFunc(stem, separator)
	sep := "."
	for _, other := range []string{"_", "-", " "} {
		if strings.Contains(stem, other) {
			sep = other
			break
		}
	}
	if len(words) > 1 {
		first, last := words[0], words[len(words)-1]
		for _, joint := range []string{"", ".", "_"} {
			out = append(out, strings.Join(words, joint))
		}
		initial, _, _, _ := uniseg.FirstGraphemeClusterInString(last, -1)
		if uniseg.GraphemeClusterCount(first) > 1 {
			out = append(out, first+sep+initial, first)
		}
	}
	lower := stem == strings.ToLower(stem)
	for _, word := range []string{"Hey", "Its", "Just", "Only"} {
		if lower {
			word = strings.ToLower(word)
		}
		out = append(out, around(word+sep, stem, ""))
	}
	return append(out, around("", stem, sep+"me"))
}

// numbers returns what is put after a name when words run out: small numbers,
// then four digits that the name itself decides, so that a common name in a
// full table finds a free one still.
func numbers(stem string) []string {
	out := []string{"2", "3", "7", "77"}
	h := fnv.New32a()
	h.Write([]byte(stem))
	for range 6 {
		h.Write([]byte{'+'})
		out = append(out, strconv.Itoa(1000+int(h.Sum32()%9000)))
	}
	return out
}

// closed reports whether text ends in a syllable with a final consonant.
func closed(text string) bool {
	r := []rune(text)
	last := r[len(r)-1]
	return syllable(last) && (last-'가')%28 != 0
}

// surnames are the commonest ones of one syllable: nine people in ten have one.
const surnames = "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진나지엄채원천방공현함변염추"
