package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
)

// The settings that a person types on the set-up screen.
const (
	clientID     = "CLIENT_ID"
	clientSecret = "CLIENT_SECRET"
)

// WithKeys is the provider of a kind as it would be set with the client ID and the
// secret that a person typed beside what is set already. It writes nothing.
// CodeClientIDMistyped, CodeClientSecretMistyped, CodeSettingsInvalid; CodeNotFound for no kind.
func (c Config) WithKeys(kind, id, secret string) (app.ProviderSet, error) {
	at := slices.IndexFunc(c.read.kinds, func(k app.ProviderKind) bool { return k.ID == kind })
	if at < 0 {
		return app.ProviderSet{}, app.Fail(app.CodeNotFound, nil)
	}
	if c.Directory != "" || c.DirectoryWrong {
		p := Problem{Name: c.read.named.own(settingName(kind, clientID)), Reason: reasonNoEffect}
		return app.ProviderSet{}, &app.Error{Code: app.CodeSettingsInvalid, Params: p.Params()}
	}
	names := []string{settingName(kind, clientID), settingName(kind, clientSecret)}
	typed := map[string]string{names[0]: strings.TrimSpace(id), names[1]: strings.TrimSpace(secret)}
	s := settings{kinds: c.read.kinds, named: c.read.named, files: c.read.files}
	s.env = func(name string) (string, bool) {
		if v, ok := typed[name]; ok {
			return v, true
		}
		return c.read.env(name)
	}
	for _, name := range names {
		v := typed[name]
		if over, ok := c.read.env(name); ok && strings.TrimSpace(over) != "" {
			s.wrong(name, value{}, reasonShadowed) // what is written into the file would not stand
		}
		if v == "" || strings.ContainsAny(v[:1]+v[len(v)-1:], "\"'`") {
			s.wrong(name, value{}, reasonControl)
		}
	}
	set, ok := s.provider(c.read.kinds[at], kind)
	if ok && len(s.problems) == 0 {
		return set, nil
	}
	p := s.problems[0]
	switch {
	case p.Reason == reasonShadowed:
	case p.Name == names[0]:
		return app.ProviderSet{}, app.Fail(app.CodeClientIDMistyped, errors.New(string(p.Reason)))
	case p.Name == names[1]:
		return app.ProviderSet{}, app.Fail(app.CodeClientSecretMistyped, errors.New(string(p.Reason)))
	}
	p.Name = s.named.own(p.Name)
	return app.ProviderSet{}, &app.Error{Code: app.CodeSettingsInvalid, Params: p.Params()}
}

// With is c with sets as its providers, which WithKeys made, and without the problems of
// their settings.
func (c Config) With(sets []app.ProviderSet) Config {
	c.Providers = sets
	c.Problems = slices.DeleteFunc(slices.Clone(c.Problems), func(p Problem) bool {
		return slices.ContainsFunc(sets, func(set app.ProviderSet) bool {
			return strings.HasPrefix(p.Name, c.read.named.own(settingName(set.ID, "")))
		})
	})
	return c
}

// SaveKeys writes the client ID and the secret of set, as WithKeys gave it, into the
// profile's settings file and leaves everything else in it as it is, comments too. Where
// there is no file it is the template. CodeSettingsInvalid for a file that is not read,
// CodeDiskFull, CodeProfileUnwritable.
func (c Config) SaveKeys(set app.ProviderSet) error {
	path := c.Profile.Settings()
	data, reason := readDotenv(path)
	if reason != "" {
		return &app.Error{Code: app.CodeSettingsInvalid, Params: Problem{File: path, Reason: reason}.Params()}
	}
	if data == nil {
		data = []byte(c.template())
	}
	for _, name := range []string{clientID, clientSecret} {
		data = c.set(data, settingName(set.ID, name), set.Values[name])
	}
	if len(data) > maxDotenv {
		return &app.Error{Code: app.CodeSettingsInvalid, Params: Problem{File: path, Reason: reasonTooLarge}.Params()}
	}
	err := files.Write(path, data)
	switch {
	case err == nil:
		return nil
	case files.Full(err):
		return app.Fail(app.CodeDiskFull, err)
	}
	return app.Fail(app.CodeProfileUnwritable, err)
}

// set gives a listed setting its value in the text of a settings file: on the line that
// has it, else on the empty comment that stands for it, else on a line of its own at the end.
func (c Config) set(data []byte, listed, text string) []byte {
	mark := []byte("\xef\xbb\xbf")
	data, marked := bytes.CutPrefix(data, mark)
	lines := strings.Split(string(data), "\n")
	own := c.read.named.own(listed)
	at := slices.IndexFunc(lines, func(line string) bool {
		name, _, _ := c.read.parseLine(line)
		return name == own
	})
	if at < 0 {
		at = slices.IndexFunc(lines, func(line string) bool {
			comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
			name, had, _ := c.read.parseLine(comment)
			return ok && name == own && had == "" && strings.HasSuffix(strings.TrimSpace(comment), "=")
		})
	}
	line := fmt.Sprintf("%s=%s", own, text)
	switch {
	case at >= 0 && strings.HasSuffix(lines[at], "\r"):
		lines[at] = line + "\r"
	case at >= 0:
		lines[at] = line
	case lines[len(lines)-1] == "": // after the last newline
		lines = append(lines[:len(lines)-1], line, "")
	default:
		lines = append(lines, line, "")
	}
	data = []byte(strings.Join(lines, "\n"))
	if marked {
		data = append(mark, data...)
	}
	return data
}
