package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxDepth = 64  // levels of nesting; the deepest documented answer has 4
	maxText  = 320 // bytes of a display text; the longest e-mail address there is
)

// checkJSON accepts exactly one JSON value in which no object names a member
// twice, and in which nothing is nested deeper than maxDepth. Names are
// case-sensitive (RFC 8259): encoding/json is not, so nothing here reads an answer
// into a struct.
func checkJSON(data []byte) error {
	if !json.Valid(data) { // also refuses a second value and anything after it
		return errors.New("not a JSON value")
	}
	type level struct {
		names    map[string]bool // nil in an array
		wantName bool
	}
	var stack []level
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errors.New("not a JSON value")
		}
		top := len(stack) - 1
		switch t {
		case json.Delim('{'), json.Delim('['):
			if len(stack) == maxDepth {
				return fmt.Errorf("nested deeper than %d", maxDepth)
			}
			if top >= 0 && stack[top].names != nil {
				stack[top].wantName = true
			}
			l := level{}
			if t == json.Delim('{') {
				l = level{names: map[string]bool{}, wantName: true}
			}
			stack = append(stack, l)
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:top]
			continue
		}
		if top < 0 || stack[top].names == nil {
			continue
		}
		if stack[top].wantName {
			name := t.(string)
			if stack[top].names[name] {
				return errors.New("a member is named twice")
			}
			stack[top].names[name] = true
		}
		stack[top].wantName = !stack[top].wantName
	}
}

// object is a JSON object whose names are compared exactly.
type object map[string]json.RawMessage

// parseObject reads data by the rules of checkJSON.
func parseObject(data []byte) (object, error) {
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return nil, errors.New("not a JSON object")
	}
	return o, nil
}

// object returns the member name if it is an object, else nil.
func (o object) object(name string) object {
	var m object
	if json.Unmarshal(o[name], &m) != nil {
		return nil
	}
	return m
}

// string returns the member name if it is a string, exactly as sent except that
// encoding/json puts U+FFFD for what is not Unicode; else "".
func (o object) string(name string) string {
	var s *string
	if json.Unmarshal(o[name], &s) != nil || s == nil {
		return ""
	}
	return *s
}

// text returns the member name as a text to show, or "" if it is absent, no
// string, or nothing that should ever be stored or shown: not valid Unicode,
// control characters, overrides of the writing direction, or too long. A bad
// text is dropped whole; half a name is nobody's name. Characters that nobody sees
// are left out: two names that look alike are then told apart by nothing.
func (o object) text(name string) string {
	s := o.string(name)
	if len(s) > maxText || !utf8.ValidString(s) {
		return ""
	}
	s = strings.TrimSpace(strings.Map(seen, s))
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) ||
			r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return ""
		}
	}
	return s
}

// seen is r, or -1 if r is never seen: the default ignorable code points of the
// Unicode Standard (section 5.21), and Braille's blank. Overrides of the writing
// direction are left in, for text to refuse.
func seen(r rune) rune {
	switch {
	case r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return r
	case r == 0x2800, unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return -1
	}
	return r
}

// bool reports whether the member name is true; some providers write it as the
// string "true".
func (o object) bool(name string) bool {
	s := string(o[name])
	return s == "true" || s == `"true"`
}

// integer returns the member name if it is a decimal integer, bare or in quotes
// (Naver's expires_in); ok is false for everything else, fractions and exponents
// included.
func (o object) integer(name string) (n int64, ok bool) {
	s := string(o[name])
	if u := strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`); len(u) == len(s)-2 {
		s = u
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && s[0] != '+'
}

// time returns the member name if it is a NumericDate (RFC 7519 section 2): seconds,
// which may have a fraction.
func (o object) time(name string) (time.Time, bool) {
	var seconds *float64
	if json.Unmarshal(o[name], &seconds) != nil || seconds == nil || math.Abs(*seconds) > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(*seconds), 0), true
}

// strings returns the member name if it is an array of strings, else nil.
func (o object) strings(name string) []string {
	var list []string
	if json.Unmarshal(o[name], &list) != nil {
		return nil
	}
	return list
}

// visibleASCII reports whether s is 1 to max characters of visible ASCII
// (VSCHAR of RFC 6749 without the space).
func visibleASCII(s string, max int) bool {
	if s == "" || len(s) > max {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
