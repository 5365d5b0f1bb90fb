// Package journal is the log: JSON lines by log/slog in the profile's
// munpae.log, rotated, with nothing in it that could open an account.
package journal

import (
	"io"
	"log/slog"
	"regexp"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"munpae.example/munpae/app/internal/files"
)

// Sizes of the log on disk: four files of one mebibyte at most.
const (
	maxMegabytes = 1
	maxBackups   = 3
)

// Open returns a logger that appends to the file at path, made with mode 0600.
// The closer ends it. What lies there and is no file of ours is set aside: a FIFO
// would wait for somebody who reads, and a link may lead to any file of the person's.
// A log that cannot be written loses lines, never the act.
func Open(path string, level slog.Level) (*slog.Logger, io.Closer) {
	if err := files.Check(path); files.Planted(err) {
		if _, err = files.SetAside(path, time.Now()); err != nil {
			return New(io.Discard, level), io.NopCloser(nil)
		}
	}
	file := &lumberjack.Logger{Filename: path, MaxSize: maxMegabytes, MaxBackups: maxBackups}
	return New(file, level), file
}

// New returns a logger that writes redacted JSON lines to w.
func New(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact}))
}

// secrets matches what looks like a credential, wherever it stands in a text:
// JSON Web Tokens, GitHub's token prefixes, the query parameters of OAuth, and
// any run of 32 or more base64url characters. It is the second line: callers
// log no secret in the first place.
var secrets = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]*` +
	`|\bgh[opusr]_\w+` +
	`|\b(code|state|access_token|refresh_token|id_token|client_secret|code_verifier|device_code|t|n)=[^&\s"]+` +
	`|[\w-]{32,}`)

// Redact replaces what looks like a credential in text.
func Redact(text string) string { return secrets.ReplaceAllString(text, "[redacted]") }

func redact(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Redact(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(Redact(err.Error()))
		}
	}
	return a
}
