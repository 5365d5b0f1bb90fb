package config

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/files"
)

// maxDotenv is the largest .env that is read, in bytes.
const maxDotenv = 64 << 10

// file reads the .env at path. Every line that can't be understood is a problem
// with its number; the others stand. A file that others could have written is not
// read at all.
//
// The usual libraries read more forgivingly (an unclosed quotation mark swallows
// lines, a doubled name silently wins) and name no line.
func (s *settings) file(path string) {
	data, reason := readDotenv(path)
	if reason != "" {
		s.problems = append(s.problems, Problem{File: path, Reason: reason})
		return
	}
	found := map[string]value{}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for i, line := range strings.Split(string(data), "\n") {
		written, text, reason := s.parseLine(line)
		name := s.named.listed(written)
		switch _, twice := found[name]; {
		case reason != "":
		case name == "":
			continue // nothing, or somebody else's
		case !s.known(name):
			reason = reasonUnknown
		case twice:
			reason = reasonTwice
		default:
			found[name] = value{text, path, i + 1}
			continue
		}
		s.problems = append(s.problems, Problem{Name: cmp.Or(name, written), File: path, Line: i + 1, Reason: reason})
	}
	s.files = append(s.files, found)
}

// parseLine reads one line: empty, a comment, or NAME=value with the value bare,
// 'as it is' or "in quotes"; "export " before the name and a comment after the
// value are allowed. name may be set beside a reason.
func (s *settings) parseLine(line string) (name, text string, reason Reason) {
	if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
		return "", "", reasonEncoding
	}
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", ""
	}
	if word, rest, ok := cutSpace(line); ok && word == "export" {
		line = rest
	}
	name, text, ok := strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	if !ok || !isName(name) {
		word, _, _ := cutSpace(line)
		if word = strings.TrimSuffix(word, ":"); !s.known(word) {
			word = "" // it may be anything, a secret too
		}
		return word, "", reasonSyntax
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return name, "", ""
	}
	if q := text[0]; q == '"' || q == '\'' {
		inner, rest, closed := strings.Cut(text[1:], string(q))
		if !closed {
			return name, "", reasonQuote
		}
		if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
			return name, "", reasonSyntax
		}
		return name, inner, ""
	}
	for i := range text {
		if text[i] == '#' && i > 0 && (text[i-1] == ' ' || text[i-1] == '\t') {
			return name, strings.TrimSpace(text[:i]), ""
		}
	}
	return name, text, ""
}

// cutSpace returns what stands before the first blank, and what behind it.
func cutSpace(s string) (word, rest string, found bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", false
	}
	return s[:i], strings.TrimSpace(s[i:]), true
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// readDotenv returns nothing and no reason if there is no file.
func readDotenv(path string) ([]byte, Reason) {
	f, err := files.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ""
	case files.Planted(err): // a FIFO would hang, a link may lead anywhere
		return nil, reasonNotAFile
	case err != nil:
		return nil, reasonUnreadable
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, reasonUnreadable
	}
	if files.OthersWrite(path, st) {
		return nil, reasonWritable
	}
	data, err := io.ReadAll(io.LimitReader(f, maxDotenv+1))
	if err != nil {
		return nil, reasonUnreadable
	}
	if len(data) > maxDotenv {
		return nil, reasonTooLarge
	}
	return data, ""
}
