package words

import (
	"strings"
	"unicode"
)

// particle is a Korean particle with the form for each last sound.
type particle struct {
	written, closed, rieul, open string
}

var particles = []particle{
	{"을/를", "을", "을", "를"},
	{"이/가", "이", "이", "가"},
	{"은/는", "은", "은", "는"},
	{"과/와", "과", "과", "와"},
	{"(으)로", "으로", "로", "로"},
}

// withParticle returns the form of the particle written that follows word, or written
// itself where nobody can tell.
func withParticle(word, written string) string {
	for _, p := range particles {
		if p.written != written {
			continue
		}
		switch lastSound(word) {
		case closed:
			return p.closed
		case rieul:
			return p.rieul
		case open:
			return p.open
		case unknown:
		}
	}
	return written
}

// sound is how a word ends when it is read aloud in Korean.
type sound int

const (
	unknown sound = iota
	open          // on a vowel
	rieul         // on ㄹ
	closed        // on any other consonant
)

// lastSound returns the sound that word ends on; what follows its last letter or
// digit is not read. For Latin words it is the usual reading, not a dictionary.
// frontend/src/particle.ts does the same; testdata/particles.json holds both.
func lastSound(word string) sound {
	w := []rune(strings.ToLower(strings.TrimRightFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})))
	if len(w) == 0 {
		return unknown
	}
	at := func(back int) rune { // the letter that many before the last
		if back < len(w) {
			return w[len(w)-1-back]
		}
		return 0
	}
	vowel := func(r rune) bool { return r != 0 && strings.ContainsRune("aeiouy", r) }
	last := at(0)
	switch {
	case last >= '가' && last <= '힣':
		switch (last - '가') % 28 {
		case 0:
			return open
		case 8:
			return rieul
		}
		return closed
	case last >= '0' && last <= '9':
		return []sound{closed, rieul, open, closed, open, open, closed, rieul, rieul, open}[last-'0']
	case last < 'a' || last > 'z':
		return unknown
	case last == 'l' || last == 'e' && at(1) == 'l':
		return rieul // 구글
	case last == 'm' || last == 'n' || last == 'e' && (at(1) == 'm' || at(1) == 'n'):
		return closed
	case last == 'g' && at(1) == 'n', last == 'k' && at(1) == 'c':
		return closed
	case (last == 'c' || last == 'k' || last == 'p' || last == 't') && vowel(at(1)):
		return closed // 캣
	}
	return open
}
