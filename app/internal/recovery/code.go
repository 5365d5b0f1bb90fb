package recovery

import (
	"io"
	"strings"
	"unicode"

	"munpae.example/munpae/app/internal/app"
)

const (
	// Count is how many codes are made at once.
	Count = 10

	alphabet       = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // without I, L, O, U
	tagLength      = 2
	selectorLength = tagLength + 5
	secretLength   = 16
	checkedLength  = selectorLength + secretLength
	length         = checkedLength + 1
	group          = 4
	longest        = 256 // bytes of a text that is looked at
)

// Code is a code that was read and has no slip in it. It is a secret but for its
// Selector and its Tag.
type Code struct{ text string }

// Selector is the part by which the row is found. It is no secret.
func (c Code) Selector() string { return c.text[:selectorLength] }

// Tag says which profile made the code.
func (c Code) Tag() string { return c.text[:tagLength] }

// Text is the code as it is shown: six groups of four.
func (c Code) Text() string {
	var b strings.Builder
	for i, r := range c.text {
		if i > 0 && i%group == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// String keeps a code out of logs.
func (c Code) String() string { return "recovery code" }

// GoString keeps a code out of logs.
func (c Code) GoString() string { return c.String() }

// Parse reads what somebody typed. Lower case, full width, spaces and dashes are as good
// as none; O is 0, I and L are 1. CodeRecoveryMistyped for what can't be a code: too
// short or long, a letter that no code has, or a check letter that does not fit.
func Parse(text string) (Code, error) {
	mistyped := app.Fail(app.CodeRecoveryMistyped, nil)
	if len(text) > longest {
		return Code{}, mistyped
	}
	var b strings.Builder
	for _, r := range text {
		if r >= '！' && r <= '～' { // full width
			r -= '！' - '!'
		}
		switch r = unicode.ToUpper(r); {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '−', r == '\u200b', r == '\ufeff':
			continue
		case r == 'O':
			r = '0'
		case r == 'I', r == 'L':
			r = '1'
		}
		if r > unicode.MaxASCII || strings.IndexByte(alphabet, byte(r)) < 0 {
			return Code{}, mistyped
		}
		b.WriteRune(r)
	}
	c := Code{b.String()}
	if len(c.text) != length || check(c.text[:checkedLength]) != c.text[checkedLength] {
		return Code{}, mistyped
	}
	return c, nil
}

// NewTag draws how the codes of a profile begin.
func NewTag(random io.Reader) (string, error) { return draw(random, tagLength) }

// draw returns n letters of the alphabet.
func draw(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", app.Fail(app.CodeInternal, err)
	}
	for i := range b {
		b[i] = alphabet[b[i]%byte(len(alphabet))] // 256 is a multiple of 32
	}
	return string(b), nil
}

// newCode makes a code that begins with tag.
func newCode(random io.Reader, tag string) (Code, error) {
	drawn, err := draw(random, checkedLength-tagLength)
	if err != nil {
		return Code{}, err
	}
	text := tag + drawn
	return Code{text + string(check(text))}, nil
}

// check returns the letter that makes the weighted sum of all letters zero in the field
// of 32 elements. The weights are powers of a generator, no two the same, so one wrong letter and
// any two that changed places are always found.
func check(text string) byte {
	sum, weight := byte(0), byte(1)
	for i := len(text) - 1; i >= 0; i-- {
		weight = times(weight, 2)
		sum ^= times(weight, byte(strings.IndexByte(alphabet, text[i])))
	}
	return alphabet[sum]
}

// times multiplies in the field of 32 elements, modulo x⁵ + x² + 1.
func times(a, b byte) byte {
	product := byte(0)
	for ; b > 0; b >>= 1 {
		if b&1 != 0 {
			product ^= a
		}
		if a <<= 1; a&32 != 0 {
			a ^= 0b100101
		}
	}
	return product
}
