package config

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"strings"
)

// template is the settings file of a first start, every setting a comment.
//
//go:embed template.env
var template string

// WriteTemplate writes the profile's settings file where there is none: every setting,
// explained and commented out, under the program's own prefix, for its owner's eyes only.
// A file or link that is there is left as it is, and that is no error. The folder must be
// there.
func (c Config) WriteTemplate() error {
	path := c.Profile.Settings()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(c.template())
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// template is the file's text, under the program's own prefix.
func (c Config) template() string {
	return strings.ReplaceAll(template, ownPrefix, named{c.prefix}.own(ownPrefix))
}
