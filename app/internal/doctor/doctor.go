// Package doctor runs the self-tests behind `munpae doctor` and "Check my
// sign-in": what stands between a person and a sign-in on this computer. A check
// changes nothing but what it undoes, and says nothing secret.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// Limits of a run.
const (
	checkTimeout = 8 * time.Second // one check
	clockSkew    = 60 * time.Second
)

// Verdict is how a check ended.
type Verdict string

// The verdicts. Only Bad makes `munpae doctor` exit 1.
const (
	Good    Verdict = "ok"
	Warning Verdict = "warning"
	Bad     Verdict = "bad"
	Skipped Verdict = "skipped"
)

// Result is what one check found.
type Result struct {
	// Name is stable: "settings", "profile", "database", "cookie_jar", "keystore",
	// "loopback", "naver_ports", "browser", "webview", "provider_<id>" (which
	// looks at the clock, too).
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Detail says what was found, with figures and file names.
	Detail string `json:"detail"`
	// Advice says what to do about what is not well.
	Advice string `json:"advice,omitempty"`
	// Code is that of problems.json, or empty.
	Code app.Code `json:"code,omitempty"`
	// Params are those of Code's sentence; in JSON, Detail has them.
	Params app.Params `json:"-"`
}

// Report is a whole run.
type Report struct {
	OK      bool      `json:"ok"`
	Version string    `json:"version"`
	At      time.Time `json:"at"`
	Results []Result  `json:"results"`
}

// Setting is a wrong setting as package config found it.
type Setting struct {
	Name   string // empty where a line or a whole file is wrong
	File   string // empty for the process environment
	Line   int    // 0 where there is none
	Reason string // in the language of Options
	// Params are those of CodeSettingsInvalid.
	Params app.Params
}

// Endpoint is a provider's base address to reach.
type Endpoint struct {
	ID, Name, URL string
	// Reach asks the address for nothing but an answer and returns its status line
	// and its Date, zero if it had none. Its errors carry a network code.
	Reach func(ctx context.Context, address string) (status int, date time.Time, err error)
}

// Options are what the checks look at. A nil function or empty text skips its check.
type Options struct {
	Version string
	// Language is that of Detail and Advice: English unless it is Korean.
	Language app.Language
	// Demo: the providers are invented, and nothing has to be configured.
	Demo     bool
	Settings []Setting
	// Profile is the folder, or empty where there is none yet.
	Profile string
	// NewProfile reports why the first start could not make the folder.
	NewProfile func() error
	// Database checks the file's integrity and version.
	Database func(context.Context) error
	// Keystore reports which store holds the signing key.
	Keystore func(context.Context) (store string, err error)
	// CookieJar checks the webview's jar.
	CookieJar func() error
	// Opener returns the path of the program that opens the browser.
	Opener  func() (string, error)
	WebView func() (string, error)
	// NaverPorts are the registered ports; empty if Naver is not configured.
	NaverPorts []int
	Providers  []Endpoint
	Clock      app.Clock
}

// Run runs every check, the slow ones side by side, and returns them in a fixed order.
func Run(ctx context.Context, o Options) Report {
	checks := []struct {
		name string
		run  func(context.Context) Result
	}{
		{"settings", o.settings}, {"profile", o.profile}, {"database", o.database}, {"keystore", o.keystore},
		{"cookie_jar", o.cookieJar}, {"loopback", o.loopback}, {"naver_ports", o.naverPorts}, {"browser", o.browser},
		{"webview", o.webview},
	}
	for _, p := range o.Providers {
		checks = append(checks, struct {
			name string
			run  func(context.Context) Result
		}{"provider_" + p.ID, func(ctx context.Context) Result { return o.provider(ctx, p) }})
	}
	r := Report{OK: true, Version: o.Version, At: o.Clock.Now(), Results: make([]Result, len(checks))}
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			r.Results[i] = o.advised(c.run(ctx))
			r.Results[i].Name = c.name
		})
	}
	wg.Wait()
	for _, res := range r.Results {
		r.OK = r.OK && res.Verdict != Bad
	}
	return r
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteText writes the report for a terminal, what to do below each line that is
// not well.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, res := range r.Results {
		fmt.Fprintf(&b, "%-8s %-16s %s\n", res.Verdict, res.Name, res.Detail)
		if res.Advice != "" {
			fmt.Fprintf(&b, "%-25s → %s\n", "", res.Advice)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// say is a text in the language of the run.
func (o Options) say(korean, english string, args ...any) string {
	if o.Language == app.Korean {
		return fmt.Sprintf(korean, args...)
	}
	return fmt.Sprintf(english, args...)
}

// advised adds what the code's sentence says to do.
func (o Options) advised(r Result) Result {
	if r.Code != "" {
		words := app.Say(o.Language, r.Code, r.Params)
		r.Advice = strings.TrimSpace(words.Happened + " " + words.Next)
	}
	return r
}

func good(detail string) Result { return Result{Verdict: Good, Detail: detail} }

func bad(code app.Code, detail string) Result {
	return Result{Verdict: Bad, Code: code, Detail: detail}
}

func skipped(why string) Result { return Result{Verdict: Skipped, Detail: why} }

// with adds a value that the code's sentence names.
func (r Result) with(param, value string) Result {
	params := app.Params{param: value}
	for k, v := range r.Params {
		if k != param {
			params[k] = v
		}
	}
	r.Params = params
	return r
}

// failed is a Result for err, by its code: the cause may name files, never secrets.
func failed(err error) Result {
	r := bad(app.CodeOf(err), err.Error())
	r.Params = app.ParamsOf(err)
	return r
}

func (o Options) settings(context.Context) Result {
	if len(o.Settings) == 0 {
		if len(o.Providers) == 0 && !o.Demo {
			return Result{
				Verdict: Warning, Detail: o.say("설정된 로그인이 없습니다", "no provider is configured"),
				Advice: o.say("발급받은 키를 .env에 넣거나, --demo로 데모를 시작하세요.", "Put a provider's keys into .env, or start the demo with --demo."),
			}
		}
		return good(o.say("모두 맞습니다", "all valid"))
	}
	var lines []string
	for _, s := range o.Settings {
		where := s.File
		switch {
		case where == "":
			where = o.say("환경 변수", "environment")
		case s.Line > 0:
			where = fmt.Sprintf("%s:%d", s.File, s.Line)
		}
		if s.Name != "" {
			where = fmt.Sprintf("%s (%s)", s.Name, where)
		}
		lines = append(lines, where+": "+s.Reason)
	}
	r := bad(app.CodeSettingsInvalid, strings.Join(lines, "; "))
	r.Params = o.Settings[0].Params
	return r
}

func (o Options) profile(context.Context) Result {
	if o.Profile == "" {
		if o.NewProfile != nil {
			if err := o.NewProfile(); err != nil {
				return bad(app.CodeProfileUnwritable, err.Error())
			}
		}
		return skipped(o.say("아직 없습니다. 처음 시작할 때 만듭니다", "not there yet; the first start makes it"))
	}
	probe, err := os.CreateTemp(o.Profile, ".doctor-*")
	if err != nil {
		return bad(app.CodeProfileUnwritable, o.say("%s에 쓸 수 없습니다: %v", "%s cannot be written: %v", o.Profile, err))
	}
	probe.Close()
	os.Remove(probe.Name())
	var open []string
	verdict := Warning
	filepath.WalkDir(o.Profile, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().Type()&os.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0 {
			open = append(open, o.say("%s: %#o", "%s is %#o", path, info.Mode().Perm()))
			if path != filepath.Join(o.Profile, ".env") { // the person's own file, in a closed folder
				verdict = Bad
			}
		}
		return nil
	})
	if len(open) > 0 {
		return Result{
			Verdict: verdict, Detail: o.say("다른 사용자가 읽을 수 있습니다: ", "others can read: ") + strings.Join(open, "; "),
			Advice: o.say("chmod -R go= %s", "chmod -R go= %s", o.Profile),
		}
	}
	return good(o.say("%s, 주인만 쓸 수 있습니다", "%s, for its owner only", o.Profile))
}

func (o Options) database(ctx context.Context) Result {
	if o.Database == nil {
		return skipped(o.say("아직 없습니다", "not there yet"))
	}
	if err := o.Database(ctx); err != nil {
		return failed(err)
	}
	return good(o.say("손상된 곳이 없습니다", "integrity check passed"))
}

func (o Options) keystore(ctx context.Context) Result {
	if o.Keystore == nil {
		return skipped(o.say("아직 없습니다", "not there yet"))
	}
	store, err := o.Keystore(ctx)
	switch {
	case err != nil:
		return failed(err)
	case store == "":
		return skipped(o.say("아직 없습니다", "not there yet"))
	default:
		return good(o.say("서명 키를 둔 곳: %s", "signing key in the %s", store))
	}
}

func (o Options) cookieJar(context.Context) Result {
	if o.CookieJar == nil {
		return skipped(o.say("아직 없습니다", "not there yet"))
	}
	if err := o.CookieJar(); err != nil {
		return failed(err)
	}
	return good(o.say("읽을 수 있고, 다음 시작까지 남습니다", "readable and kept across starts"))
}

func (o Options) loopback(context.Context) Result {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return bad(app.CodePortInUse, o.say("127.0.0.1을 쓸 수 없습니다: %v", "127.0.0.1 cannot be bound: %v", err)).with("ports", "127.0.0.1")
	}
	defer l.Close()
	return good(o.say("127.0.0.1을 쓸 수 있습니다", "127.0.0.1 can be bound"))
}

func (o Options) naverPorts(context.Context) Result {
	if len(o.NaverPorts) == 0 {
		return skipped(o.say("네이버 로그인이 설정되지 않았습니다", "Naver is not configured"))
	}
	var free, taken []string
	for _, port := range o.NaverPorts {
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			taken = append(taken, fmt.Sprint(port))
			continue
		}
		l.Close()
		free = append(free, fmt.Sprint(port))
	}
	f, t := strings.Join(free, ", "), strings.Join(taken, ", ")
	switch {
	case len(free) == 0:
		return bad(app.CodePortInUse, o.say("모두 쓰이고 있습니다: %s", "all are taken: %s", t)).with("ports", t)
	case len(taken) > 0:
		return Result{
			Verdict: Warning, Detail: o.say("비어 있음: %s, 쓰이고 있음: %s", "free: %s; taken: %s", f, t),
			Advice: o.say("하나만 비어 있어도 로그인할 수 있습니다.", "One free port is enough to sign in."),
		}
	default:
		return good(o.say("비어 있음: %s", "free: %s", f))
	}
}

func (o Options) browser(context.Context) Result {
	if o.Opener == nil {
		return skipped(o.say("이 컴퓨터에서는 확인하지 않습니다", "not asked on this system"))
	}
	path, err := o.Opener()
	if err != nil {
		return failed(err)
	}
	return good(path)
}

func (o Options) webview(context.Context) Result {
	if o.WebView == nil {
		return skipped(o.say("이 컴퓨터에서는 확인하지 않습니다", "not asked on this system"))
	}
	version, err := o.WebView()
	if err != nil {
		return failed(err)
	}
	return good(version)
}

// provider reaches a provider and holds the computer's clock against its Date.
func (o Options) provider(ctx context.Context, p Endpoint) Result {
	before := o.Clock.Now()
	status, date, err := p.Reach(ctx, p.URL)
	if err != nil {
		return failed(err).with("provider", p.Name)
	}
	if status >= 500 {
		return bad(app.CodeProviderServerError, o.say("%s의 답: %d", "%s answers %d", p.URL, status)).with("provider", p.Name)
	}
	if date.IsZero() {
		return good(o.say("%s의 답: %d", "%s answers %d", p.URL, status))
	}
	if skew := before.Sub(date); skew.Abs() > clockSkew {
		return bad(app.CodeClockWrong, o.say("%s은/는 답하지만, 이 컴퓨터의 시계가 %s 어긋납니다", "%s answers; this computer's clock is off by %s", p.URL, skew.Round(time.Second)))
	}
	return good(o.say("%s의 답: %d, 시계 차이는 %s 안입니다", "%s answers %d; the clocks agree within %s", p.URL, status, clockSkew))
}
