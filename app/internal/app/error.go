package app

import (
	"errors"
	"io"
)

// Params are the values that a code's sentence names, such as {"provider":
// "GitHub"} or {"minutes": "3"}. They hold no secret and no raw provider text.
type Params map[string]string

// Error is a failure with a stable Code. What a person reads is made from Code
// and Params (package words); Err is for the log and is never shown.
type Error struct {
	Code   Code
	Params Params
	Err    error
}

// Error returns the code and the cause, for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fail makes an Error. err may be nil; params are pairs of name and value.
func Fail(code Code, err error, params ...string) *Error {
	e := &Error{Code: code, Err: err}
	if len(params) > 0 {
		e.Params = Params{}
		for i := 0; i+1 < len(params); i += 2 {
			e.Params[params[i]] = params[i+1]
		}
	}
	return e
}

// CodeOf returns the Code inside err: CodeInternal if it carries none, the empty
// Code if err is nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// ParamsOf returns the Params inside err, or nil.
func ParamsOf(err error) Params {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Params
	}
	return nil
}

// CauseOf is what the log says of err beside its code: what lies underneath, or nothing.
func CauseOf(err error) string {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return err.Error()
	case e.Err == nil:
		return ""
	}
	return e.Err.Error()
}

// Problem is a failure as the window is told of it: no cause, no secret.
type Problem struct {
	Code   Code   `json:"code"`
	Params Params `json:"params,omitempty"`
	// Support is the code that also stands in the log and on the page in the
	// browser: a letter, a digit, a hyphen and two digits, such as "K7-41".
	Support string `json:"support,omitempty"`
}

// Error returns the code and the support code, as a bound method's failure reaches the page.
func (p *Problem) Error() string { return string(p.Code) + " " + p.Support }

// SupportCode draws a code such as K7-41 from letters and digits that nobody
// confuses when read aloud.
func SupportCode(random io.Reader) string {
	const letters, digits = "ACEFHJKLMNPRTUVWXY", "0123456789"
	var b [4]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "A0-00"
	}
	pick := func(from string, x byte) byte { return from[int(x)%len(from)] }
	return string([]byte{pick(letters, b[0]), pick(digits, b[1]), '-', pick(digits, b[2]), pick(digits, b[3])})
}
