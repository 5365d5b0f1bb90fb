package nickname

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"munpae.example/munpae/app/internal/app"
)

//go:embed reserved.txt
var reservedText string

type reservedNames struct {
	// weight holds every reserved name without its disguise; true for a name of
	// authority ("!" in reserved.txt).
	weight map[string]bool
	digits map[string]bool // names of digits alone, compared as they stand
	part   map[string]bool // "!!": refused as a part of a name too
	edges  []string        // "!!" with "*": refused at the beginning and the end
	ending map[string]bool // "~": what may follow names of authority
	free   map[string]bool // "=": nobody's, whatever they are made of
	most   int             // bytes of the longest name of authority, or ending
}

func newReserved() reservedNames {
	return reservedNames{
		weight: map[string]bool{}, digits: map[string]bool{}, part: map[string]bool{}, ending: map[string]bool{}, free: map[string]bool{},
	}
}

// reserved is read at the first use.
var reserved = sync.OnceValue(func() reservedNames {
	names := newReserved()
	for line := range strings.Lines(reservedText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for name := range strings.FieldsSeq(line) {
			names.read(name)
		}
	}
	return names
})

// read adds a name as reserved.txt writes it.
func (n *reservedNames) read(name string) {
	if ending, ok := strings.CutPrefix(name, "~"); ok {
		bare := bared(ending)
		n.ending[bare] = true
		n.most = max(n.most, len(bare))
		return
	}
	if free, ok := strings.CutPrefix(name, "="); ok {
		n.free[bared(free)] = true
		return
	}
	name, edge := strings.CutSuffix(name, "*")
	name, part := strings.CutPrefix(name, "!!")
	name, authority := strings.CutPrefix(name, "!")
	if part {
		n.part[bared(name)] = true
	}
	if edge {
		n.edges = append(n.edges, bared(name))
	}
	n.add(name, authority || part)
}

func (n *reservedNames) add(name string, authority bool) {
	if strings.Trim(name, digits) == "" {
		n.digits[name] = true
		return
	}
	bare := bared(name)
	n.weight[bare] = n.weight[bare] || authority
	if authority {
		n.most = max(n.most, len(bare))
	}
}

// bared is a name without its disguise.
func bared(name string) string { return undisguise(strings.Map(dropSeparator, Keys(name).Key)) }

// List are names that nobody may take, beside those that no program has to name. Its
// zero value is empty.
type List struct{ names reservedNames }

// NewList makes a List of names, as they are written.
func NewList(names []string) List {
	l := List{newReserved()}
	for _, name := range names {
		l.names.add(strings.TrimSpace(name), false)
	}
	return l
}

// Has reports whether n is one of the names in some disguise.
func (l List) Has(n app.Nickname) bool { return l.names.has(n.Text, n.Key) }

// has reports whether the nickname of this text and key is one of the names in some
// disguise, or speaks as one who runs the place: GM길동, 운영팀장, admin.kim. A name
// that only contains one is not: 노운영, Badminton, Wagstaff.
func (n reservedNames) has(text, key string) bool {
	for _, part := range parts(norm.NFKC.String(text)) {
		part, err := compareKey(part)
		if err == nil && (n.part[undisguise(part)] || n.part[undisguise(strings.Trim(part, digits))]) {
			return true
		}
	}
	key = strings.Map(dropSeparator, key)
	if strings.Trim(key, digits) == "" {
		return n.digits[key]
	}
	bare := undisguise(key)
	if n.free[bare] {
		return false
	}
	if _, ok := n.weight[bare]; ok {
		return true
	}
	for _, edge := range n.edges {
		if strings.HasPrefix(bare, edge) || strings.HasSuffix(bare, edge) {
			return true
		}
	}
	if n.compound(bare) {
		return true
	}
	left, right := strings.TrimLeft(key, digits), strings.TrimRight(key, digits)
	return left != key && n.compound(undisguise(left)) ||
		right != key && n.compound(undisguise(right)) ||
		left != key && right != key && n.compound(undisguise(strings.Trim(key, digits)))
}

const digits = "0123456789"

// parts cuts a text where a reader sees a new word begin: at separators, where
// Hangul and other letters meet, and at a capital behind a small letter.
func parts(text string) []string {
	var all []string
	start, before := 0, rune(0)
	for i, r := range text {
		switch {
		case separator(r):
			all, start = append(all, text[start:i]), i+utf8.RuneLen(r)
		case i > start && (syllable(r) != syllable(before) || unicode.IsUpper(r) && unicode.IsLower(before)):
			all, start = append(all, text[start:i]), i
		}
		before = r
	}
	return append(all, text[start:])
}

// compound reports whether bare is made of names of authority, with or without
// endings behind them, and nothing else.
func (n reservedNames) compound(bare string) bool {
	named, ended := make([]bool, len(bare)+1), make([]bool, len(bare)+1)
	named[0] = true
	for end := 1; end <= len(bare); end++ {
		for start := max(0, end-n.most); start < end; start++ {
			piece := bare[start:end]
			named[end] = named[end] || named[start] && n.weight[piece]
			ended[end] = ended[end] || start > 0 && (named[start] || ended[start]) && n.ending[piece]
		}
	}
	return named[len(bare)] || ended[len(bare)]
}

// undisguise takes from a key without separators what a disguise puts on:
// look-alikes, accents, digits for letters. The disguises come off before the
// skeleton, which has letters of its own for some, and after it, for those that
// it brings out.
func undisguise(key string) string {
	return strokes.Replace(strings.Map(undisguised, skeleton(strings.Map(undisguised, letters.Replace(key)))))
}

func undisguised(r rune) rune {
	if plain, ok := disguises[r]; ok {
		return plain
	}
	if r >= 0x300 && !syllable(r) && unicode.Is(unicode.M, r) {
		return -1
	}
	return r
}

// disguises are digits for letters, and letters that UTS #39 keeps apart from
// those they are used for.
var disguises = map[rune]rune{
	'2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g',
	'ə': 'e', 'ɛ': 'e', 'ǝ': 'e', 'ɔ': 'o', 'ŋ': 'n', 'ɲ': 'n', 'ʀ': 'r', 'ɓ': 'b', 'ɗ': 'd',
	'ɖ': 'd', 'ð': 'd', 'ɠ': 'g', 'ƙ': 'k', 'ƥ': 'p', 'ƭ': 't', 'ʈ': 't', 'ʋ': 'v', 'ƴ': 'y',
	'ƒ': 'f', 'ħ': 'h', 'ƞ': 'n', 'ɯ': 'w', 'ʊ': 'u', 'ʌ': 'a', 'ɣ': 'y', 'ȝ': 'e', 'ʒ': 'e',
	'ƨ': 's', 'ƽ': 's', 'ʃ': 's', 'þ': 'p',
}

// strokes are a d in two strokes. Nicknames keep the two apart (joined).
var strokes = strings.NewReplacer("cl", "d")

var letters = strings.NewReplacer("æ", "ae", "œ", "oe", "ĳ", "ij", "vv", "w")
