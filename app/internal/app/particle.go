package app

import (
	"strings"
	"unicode"
)

// fill replaces {name} by its value, once: a value that looks like a placeholder
// stays as it is, and so does a placeholder without a value. In Korean a particle
// written as 을/를, 이/가, 은/는, 과/와 or (으)로 right after a placeholder takes the
// form that follows the value's last sound, and NAVER is called 네이버.
func fill(l Language, s string, params Params) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		value, known := params[name]
		if !closed || !known {
			b.WriteString("{")
			s = rest
			continue
		}
		if l == Korean && value == "NAVER" {
			value = "네이버"
		}
		b.WriteString(value)
		s = after
		if l != Korean {
			continue
		}
		for _, p := range particles {
			if tail, ok := strings.CutPrefix(s, p.written); ok {
				b.WriteString(p.after(value))
				s = tail
				break
			}
		}
	}
}

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

func (p particle) after(word string) string {
	switch lastSound(word) {
	case closed:
		return p.closed
	case rieul:
		return p.rieul
	case open:
		return p.open
	}
	return p.written
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
