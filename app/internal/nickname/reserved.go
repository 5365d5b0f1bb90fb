package nickname

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"munpae.example/munpae/app/internal/app"
)

//go:embed reserved.txt
var reservedText string

type reservedNames struct {
	// weight holds every reserved name without its disguise; true for a name of
	// authority ("!" in reserved.txt).
	weight map[string]bool
	digits map[string]bool // names of digits alone, compared as they stand
	most   int             // bytes of the longest name of authority
}

// reserved is read at the first use.
var reserved = sync.OnceValue(func() reservedNames {
	names := reservedNames{weight: map[string]bool{}, digits: map[string]bool{}}
	for line := range strings.Lines(reservedText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for name := range strings.FieldsSeq(line) {
			name, authority := strings.CutPrefix(name, "!")
			names.add(name, authority)
		}
	}
	return names
})

func (n *reservedNames) add(name string, authority bool) {
	if strings.Trim(name, "0123456789") == "" {
		n.digits[name] = true
		return
	}
	bare := undisguise(strings.Map(withoutSeparator, Keys(name).Key))
	n.weight[bare] = n.weight[bare] || authority
	if authority {
		n.most = max(n.most, len(bare))
	}
}

func withoutSeparator(r rune) rune {
	if separator(r) {
		return -1
	}
	return r
}

// List are names that nobody may take, beside those that no program has to name. Its
// zero value is empty.
type List struct{ names reservedNames }

// NewList makes a List of names, as they are written.
func NewList(names []string) List {
	l := List{reservedNames{weight: map[string]bool{}, digits: map[string]bool{}}}
	for _, name := range names {
		l.names.add(strings.TrimSpace(name), false)
	}
	return l
}

// Has reports whether n is one of the names in some disguise.
func (l List) Has(n app.Nickname) bool { return l.names.has(n.Key) }

// has reports whether the nickname of this key is one of the names in some disguise. A
// name that only contains one is not: 노운영, Badminton.
func (n reservedNames) has(key string) bool {
	key = strings.Map(withoutSeparator, key)
	if strings.Trim(key, "0123456789") == "" {
		return n.digits[key]
	}
	bare := undisguise(key)
	if _, ok := n.weight[bare]; ok {
		return true
	}
	if n.compound(bare) {
		return true
	}
	const digits = "0123456789"
	left, right := strings.TrimLeft(key, digits), strings.TrimRight(key, digits)
	return left != key && n.compound(undisguise(left)) ||
		right != key && n.compound(undisguise(right)) ||
		left != key && right != key && n.compound(undisguise(strings.Trim(key, digits)))
}

// compound reports whether bare is made of names of authority and nothing else.
func (n reservedNames) compound(bare string) bool {
	reached := make([]bool, len(bare)+1)
	reached[0] = true
	for end := 1; end <= len(bare); end++ {
		for start := max(0, end-n.most); start < end && !reached[end]; start++ {
			reached[end] = reached[start] && n.weight[bare[start:end]]
		}
	}
	return reached[len(bare)]
}

// undisguise takes from a key without separators what a disguise puts on:
// look-alikes, accents, digits for letters. The disguises come off before the
// skeleton, which has letters of its own for some, and after it, for those that
// it brings out.
func undisguise(key string) string {
	return strings.Map(undisguised, skeleton(strings.Map(undisguised, letters.Replace(key))))
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

var letters = strings.NewReplacer("æ", "ae", "œ", "oe", "ĳ", "ij", "vv", "w")
