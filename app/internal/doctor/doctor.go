// Package doctor runs the self-tests behind `munpae doctor` and "Check my
// sign-in": what stands between a person and a sign-in on this computer. A check
// changes nothing but what it undoes, and says nothing secret.
package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/files"
	"munpae.example/munpae/app/internal/words"
)

// Limits of a run.
const (
	checkTimeout = 8 * time.Second // one check
	clockSkew    = 60 * time.Second
)

// Report is a whole run.
type Report struct {
	OK      bool          `json:"ok"`
	Version string        `json:"version"`
	At      time.Time     `json:"at"`
	Results []app.Finding `json:"results"`
}

// Setting is a wrong setting as package config found it.
type Setting struct {
	Name string // empty where a line or a whole file is wrong
	// Params are those of CodeSettingsInvalid.
	Params app.Params
}

// Endpoint is a provider to reach.
type Endpoint struct {
	ID, Name string
	// Reach asks the provider for the answer that every sign-in begins with, and returns
	// the address it asked, the answer's status and its Date, zero if it had none. Its
	// errors carry a code.
	Reach func(context.Context) (address string, status int, date time.Time, err error)
}

// Registered is a provider that takes registered ports only.
type Registered struct {
	ID, Name string
	Ports    []int // empty if the provider is not configured
}

// Options are what the checks look at. A nil function or empty text skips its check.
type Options struct {
	Version string
	// Language is that of Detail and Advice.
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
	// PeerCheck reports why connections of other users can't be told from this user's.
	PeerCheck func() error
	// Apart reports why the window can't be at an address that no other program uses; nil
	// where the system has none, or the profile's place is the one that all use.
	Apart func() error
	// Hangul reports whether a font here draws Korean; may be nil.
	Hangul func() bool
	// Registered are the providers that take registered ports only.
	Registered []Registered
	// Bind takes one of their ports as a sign-in does; required with Registered.
	Bind func(port int) (io.Closer, error)
	// Refused reports whether browsers go to that port at no host; may be nil.
	Refused   func(port int) bool
	Providers []Endpoint
	Clock     app.Clock
}

// Run runs every check, the slow ones side by side, and returns them in a fixed order.
func Run(ctx context.Context, o Options) Report {
	type check struct {
		name string
		run  func(context.Context) app.Finding
	}
	checks := []check{
		{"settings", o.settings}, {"profile", o.profile}, {"database", o.database}, {"keystore", o.keystore},
		{"cookie_jar", o.cookieJar}, {"loopback", o.loopback}, {"peer_check", o.peerCheck}, {"window_address", o.apart},
	}
	for _, p := range o.Registered {
		checks = append(checks, check{p.ID + "_ports", func(context.Context) app.Finding { return o.ports(p) }})
	}
	checks = append(checks, check{"browser", o.browser}, check{"webview", o.webview}, check{"fonts", o.fonts})
	for _, p := range o.Providers {
		checks = append(checks, check{"provider_" + p.ID, func(ctx context.Context) app.Finding { return o.provider(ctx, p) }})
	}
	r := Report{OK: true, Version: o.Version, At: o.Clock.Now(), Results: make([]app.Finding, len(checks))}
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
		r.OK = r.OK && res.Verdict != app.Bad
	}
	return r
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// MarshalJSON leaves out Params: Detail has them in words.
func (r Report) MarshalJSON() ([]byte, error) {
	type report Report
	r.Results = slices.Clone(r.Results)
	for i := range r.Results {
		r.Results[i].Params = nil
	}
	return json.Marshal(report(r))
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

// words are the texts of the run's language, English where none is named: a terminal
// without a locale shows no other.
func (o Options) words() *words.Language { return words.In(cmp.Or(o.Language, app.English)) }

// advised adds what the code's sentence says to do.
func (o Options) advised(r app.Finding) app.Finding {
	if r.Code != "" {
		r.Advice = words.Say(o.words().Tag, r.Code, r.Params).Text()
	}
	return r
}

func good(detail string) app.Finding { return app.Finding{Verdict: app.Good, Detail: detail} }

func bad(code app.Code, detail string) app.Finding {
	return app.Finding{Verdict: app.Bad, Code: code, Detail: detail}
}

func skipped(why string) app.Finding { return app.Finding{Verdict: app.Skipped, Detail: why} }

// with adds a value that the code's sentence names.
func with(r app.Finding, param, value string) app.Finding {
	params := app.Params{param: value}
	for k, v := range r.Params {
		if k != param {
			params[k] = v
		}
	}
	r.Params = params
	return r
}

// failed is a finding for err, by its code: the cause may name files, never secrets.
func failed(err error) app.Finding {
	r := bad(app.CodeOf(err), err.Error())
	r.Params = app.ParamsOf(err)
	return r
}

func (o Options) settings(context.Context) app.Finding {
	w := o.words()
	if len(o.Settings) == 0 {
		if len(o.Providers) == 0 && !o.Demo {
			return app.Finding{Verdict: app.Warning, Detail: w.Doctor.NoProvider, Advice: w.Doctor.NoProviderNext}
		}
		return good(w.Doctor.Settings)
	}
	var lines []string
	for _, s := range o.Settings {
		where := s.Params["file"]
		switch {
		case where == "":
			where = w.Settings["environment"]
		case s.Params["line"] != "0":
			where += ":" + s.Params["line"] // as compilers write it
		}
		if s.Name != "" {
			where = s.Name + " (" + where + ")"
		}
		lines = append(lines, w.Say(w.Doctor.Setting, "where", where, "reason", s.Params["reason"]))
	}
	r := bad(app.CodeSettingsInvalid, strings.Join(lines, "; "))
	r.Params = o.Settings[0].Params
	return r
}

func (o Options) profile(context.Context) app.Finding {
	w := o.words()
	if o.Profile == "" {
		if o.NewProfile != nil {
			if err := o.NewProfile(); err != nil {
				return bad(app.CodeProfileUnwritable, err.Error())
			}
		}
		return skipped(w.Doctor.ProfileNew)
	}
	probe, err := os.CreateTemp(o.Profile, ".doctor-*")
	if err != nil {
		return bad(app.CodeProfileUnwritable, w.Say(w.Doctor.ProfileUnwritable, "path", o.Profile, "cause", err.Error()))
	}
	probe.Close()
	os.Remove(probe.Name())
	var open []string
	verdict := app.Warning
	filepath.WalkDir(o.Profile, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().Type()&os.ModeSymlink == 0 {
			who := files.OpenTo(path, info)
			if who == "" {
				return nil
			}
			open = append(open, w.Say(w.Doctor.ProfileMode, "path", path, "mode", who))
			if path != filepath.Join(o.Profile, ".env") { // the person's own file, in a closed folder
				verdict = app.Bad
			}
		}
		return nil
	})
	if len(open) > 0 {
		return app.Finding{
			Verdict: verdict, Detail: w.Say(w.Doctor.ProfileOpen, "files", strings.Join(open, "; ")),
			Advice: w.Say(profileClose(w), "path", o.Profile),
		}
	}
	return good(w.Say(w.Doctor.Profile, "path", o.Profile))
}

// profileClose is how a person closes the profile to others by hand.
func profileClose(w *words.Language) string {
	if runtime.GOOS == "windows" {
		return w.Doctor.ProfileCloseWindows
	}
	return w.Doctor.ProfileClose
}

func (o Options) database(ctx context.Context) app.Finding {
	if o.Database == nil {
		return skipped(o.words().Doctor.NotThere)
	}
	if err := o.Database(ctx); err != nil {
		return failed(err)
	}
	return good(o.words().Doctor.Database)
}

func (o Options) keystore(ctx context.Context) app.Finding {
	w := o.words().Doctor
	if o.Keystore == nil {
		return skipped(w.NotThere)
	}
	store, err := o.Keystore(ctx)
	switch {
	case err != nil:
		return failed(err)
	case store == "":
		return skipped(w.NotThere)
	case store == "file":
		return good(w.KeystoreFile)
	default:
		return good(w.KeystoreKeyring)
	}
}

func (o Options) cookieJar(context.Context) app.Finding {
	if o.CookieJar == nil {
		return skipped(o.words().Doctor.NotThere)
	}
	if err := o.CookieJar(); err != nil {
		return failed(err)
	}
	return good(o.words().Doctor.CookieJar)
}

func (o Options) loopback(context.Context) app.Finding {
	w := o.words()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return with(bad(app.CodePortInUse, w.Say(w.Doctor.LoopbackTaken, "cause", err.Error())), "ports", "127.0.0.1")
	}
	defer l.Close()
	return good(w.Doctor.Loopback)
}

func (o Options) peerCheck(context.Context) app.Finding {
	w := o.words()
	if o.PeerCheck == nil {
		return skipped(w.Doctor.NotAsked)
	}
	if err := o.PeerCheck(); err != nil {
		return app.Finding{Verdict: app.Warning, Detail: w.Say(w.Doctor.PeerCheckOff, "cause", err.Error()), Advice: w.Doctor.PeerCheckAdvice}
	}
	return good(w.Doctor.PeerCheck)
}

func (o Options) apart(context.Context) app.Finding {
	w := o.words()
	if o.Apart == nil {
		return skipped(w.Doctor.Shared)
	}
	if err := o.Apart(); err != nil {
		return app.Finding{Verdict: app.Warning, Detail: w.Say(w.Doctor.ApartOff, "cause", err.Error()), Advice: w.Doctor.ApartAdvice}
	}
	return good(w.Doctor.Apart)
}

// ports takes each registered port once.
func (o Options) ports(of Registered) app.Finding {
	w := o.words()
	if len(of.Ports) == 0 {
		return skipped(w.Say(w.Doctor.ProviderOff, "provider", of.Name))
	}
	var free, taken, refused []string
	for _, port := range of.Ports {
		if o.Refused != nil && o.Refused(port) {
			refused = append(refused, fmt.Sprint(port))
		} else if l, err := o.Bind(port); err != nil {
			taken = append(taken, fmt.Sprint(port))
		} else {
			l.Close()
			free = append(free, fmt.Sprint(port))
		}
	}
	f, t, r := strings.Join(free, ", "), strings.Join(taken, ", "), strings.Join(refused, ", ")
	said := w.Say(w.Doctor.PortsRefused, "provider", of.Name, "ports", r)
	var found app.Finding
	switch {
	case len(refused) == len(of.Ports):
		return with(bad(app.CodePortsRefused, said), "ports", r)
	case len(free) == 0:
		found = with(bad(app.CodePortInUse, w.Say(w.Doctor.PortsTaken, "provider", of.Name, "ports", t)), "ports", t)
	case len(taken) > 0:
		found = app.Finding{Verdict: app.Warning, Detail: w.Say(w.Doctor.PortsSome, "provider", of.Name, "free", f, "taken", t), Advice: w.Doctor.PortsSomeNext}
	default:
		found = good(w.Say(w.Doctor.Ports, "provider", of.Name, "free", f))
	}
	if len(refused) > 0 {
		found.Detail = said + "; " + found.Detail
		if found.Verdict != app.Bad {
			found.Verdict, found.Advice = app.Warning, w.Say(w.Doctor.PortsRefusedNext, "provider", of.Name)
		}
	}
	return found
}

func (o Options) browser(context.Context) app.Finding {
	if o.Opener == nil {
		return skipped(o.words().Doctor.NotAsked)
	}
	path, err := o.Opener()
	if err != nil {
		return failed(err)
	}
	return good(path)
}

func (o Options) webview(context.Context) app.Finding {
	if o.WebView == nil {
		return skipped(o.words().Doctor.NotAsked)
	}
	version, err := o.WebView()
	if err != nil {
		return failed(err)
	}
	return good(version)
}

// fonts is a warning alone: a name in Korean can't be read, and everything works.
func (o Options) fonts(context.Context) app.Finding {
	if o.Hangul == nil {
		return skipped(o.words().Doctor.NotAsked)
	}
	if !o.Hangul() {
		return app.Finding{Verdict: app.Warning, Code: app.CodeFontMissing, Detail: o.words().Doctor.FontsNone}
	}
	return good(o.words().Doctor.Fonts)
}

// provider reaches a provider and holds the computer's clock against its Date.
func (o Options) provider(ctx context.Context, p Endpoint) app.Finding {
	w := o.words()
	before := o.Clock.Now()
	address, status, date, err := p.Reach(ctx)
	if err != nil {
		r := with(failed(err), "provider", p.Name)
		if r.Code == app.CodeIssuerUnknown {
			text := w.Doctor.IssuerNone
			if r.Params["found"] != "" {
				text = w.Doctor.IssuerOther
			}
			r.Detail = w.Fill(text, r.Params)
		}
		return r
	}
	answers := w.Say(w.Doctor.Answers, "address", address, "status", strconv.Itoa(status))
	if status >= 500 {
		return with(bad(app.CodeProviderServerError, answers), "provider", p.Name)
	}
	if date.IsZero() {
		return good(answers)
	}
	if skew := before.Sub(date); skew.Abs() > clockSkew {
		return bad(app.CodeClockWrong, w.Say(w.Doctor.ClockOff, "address", address, "skew", skew.Round(time.Second).String()))
	}
	return good(w.Say(w.Doctor.ClocksAgree, "address", address, "status", strconv.Itoa(status), "skew", clockSkew.String()))
}
