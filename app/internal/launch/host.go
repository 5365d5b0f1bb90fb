package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/desktop"
	"munpae.example/munpae/app/internal/desktop/munpae"
	"munpae.example/munpae/app/internal/doctor"
	"munpae.example/munpae/app/internal/journal"
	"munpae.example/munpae/app/internal/loopback"
	"munpae.example/munpae/app/internal/profile"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/sqlite"
	"munpae.example/munpae/app/internal/webview"
)

// bundleLog is how much of the log's end goes into a support bundle, in bytes.
const bundleLog = 64 << 10

// OpenSettingsFolder implements munpae.Host. Where there is no settings file yet, one
// that explains every setting is put there first; the folder opens without it, too.
func (p *program) OpenSettingsFolder(ctx context.Context) error {
	if err := p.config.WriteTemplate(); err != nil {
		p.log.Warn("no settings template", "cause", err)
	}
	return p.browser.OpenFolder(ctx, p.config.Profile.Dir)
}

// StartDemo implements munpae.Host: the demo is a start of its own, on its own
// folder (decisions/0006).
func (p *program) StartDemo(context.Context) error {
	if p.config.Demo {
		return nil
	}
	return p.relaunch(p.config.DemoSetting() + "=1")
}

// restart starts over as this start began: Try again where nothing works.
func (p *program) restart() error { return p.relaunch() }

// RestoreBackup implements munpae.Host.
func (p *program) RestoreBackup(ctx context.Context) error {
	if err := p.profile.RestoreBackup(ctx); err != nil {
		return err
	}
	return p.restart()
}

// SignInAgain implements munpae.Host.
func (p *program) SignInAgain(ctx context.Context) error {
	if err := p.profile.Reset(ctx); err != nil {
		return err
	}
	return p.restart()
}

// Check implements munpae.Host.
func (p *program) Check(ctx context.Context) ([]app.Finding, error) {
	return p.examine(ctx).Results, nil
}

// Bundle implements munpae.Host: the report and the end of the log, redacted.
func (p *program) Bundle(ctx context.Context) (munpae.Document, error) {
	report, err := json.MarshalIndent(p.examine(ctx), "", "  ")
	if err != nil {
		return munpae.Document{}, app.Fail(app.CodeInternal, err)
	}
	log, err := os.ReadFile(p.config.Profile.Log())
	if err != nil {
		log = []byte(err.Error())
	}
	if len(log) > bundleLog {
		log = log[len(log)-bundleLog:]
	}
	home, _ := os.UserHomeDir()
	text := journal.Redact(string(report) + "\n" + string(log))
	if len(home) > 1 {
		text = strings.ReplaceAll(text, home, "~")
	}
	return munpae.Document{Name: p.options.Name + "-support.txt", Data: []byte(text)}, nil
}

// RecoverySheet implements munpae.Host.
func (p *program) RecoverySheet(context.Context) (munpae.Document, error) {
	text, err := p.service.RecoverySheet()
	if err != nil {
		return munpae.Document{}, err
	}
	who, err := p.service.Who()
	if err != nil {
		return munpae.Document{}, err
	}
	head := fmt.Sprintf("%s · %s · %s\n\n", p.options.Brand.Name, who.User.Nickname, app.SystemClock{}.Now().Local().Format(time.DateOnly))
	return munpae.Document{Name: p.options.Name + "-recovery-codes.txt", Data: []byte(head + text)}, nil
}

// Receipt implements munpae.Host.
func (p *program) Receipt(context.Context) (munpae.Document, error) {
	s := p.service.State()
	if s.Receipt == nil {
		return munpae.Document{}, app.Fail(app.CodeConflict, nil)
	}
	text := p.options.Brand.Name + " · " + s.Receipt.Text()
	if keeps := p.options.Keeps[string(s.Language)]; keeps != "" {
		text += "- " + keeps + "\n"
	}
	return munpae.Document{Name: p.options.Name + "-receipt.txt", Data: []byte(text)}, nil
}

// Export implements munpae.Host.
func (p *program) Export(ctx context.Context) (munpae.Document, error) {
	who, err := p.service.Who()
	if err != nil {
		return munpae.Document{}, err
	}
	all, err := p.origin.Export(ctx, who)
	if err != nil {
		return munpae.Document{}, err
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return munpae.Document{}, app.Fail(app.CodeInternal, err)
	}
	return munpae.Document{Name: p.options.Name + "-export.json", Data: data}, nil
}

// examine runs the self-tests on what is open.
func (p *program) examine(ctx context.Context) doctor.Report {
	o := doctorOptions(p.configured(), p.options, p.service.Language())
	o.Keystore = p.profile.CheckKey
	o.Opener = p.browser.Program
	return doctor.Run(ctx, o)
}

// Doctor runs the self-tests, prints what they found and reports whether all is well.
// It changes nothing, and works beside a running app.
func Doctor(c config.Config, o Options) bool {
	ctx := context.Background()
	options := doctorOptions(c, o, app.Language(c.Language))
	options.Opener = desktop.NewBrowser(nil, config.Prefix(o.Name)).Program
	if exists(c.Profile.Database()) {
		options.Keystore = func(ctx context.Context) (string, error) {
			return profile.FindKey(ctx, profileOptions(c, slog.New(slog.DiscardHandler)))
		}
	}
	report := doctor.Run(ctx, options)
	var err error
	if c.JSON {
		err = report.WriteJSON(os.Stdout)
	} else {
		err = report.WriteText(os.Stdout)
	}
	return err == nil && report.OK
}

// doctorOptions are the checks that need nothing open.
func doctorOptions(c config.Config, o Options, l app.Language) doctor.Options {
	d := doctor.Options{
		Version: o.Version, Language: l, Demo: c.Demo, Clock: app.SystemClock{},
		WebView: engine, Hangul: webview.Hangul, PeerCheck: loopback.PeerCheck, Apart: checkApart(c.Profile, o.Storage),
		Bind: func(port int) (io.Closer, error) { return loopback.ListenAlone(port) }, Refused: loopback.Refused,
	}
	if exists(c.Profile.Dir) {
		d.Profile = c.Profile.Dir
	} else {
		d.NewProfile = c.Profile.Creatable
	}
	if exists(c.Profile.Database()) {
		d.Database = func(ctx context.Context) error { return sqlite.Check(ctx, c.Profile.Database()) }
	} else if i, _ := sqlite.ReadInstall(c.Profile.Install()); i != nil && i.Database {
		d.Database = func(context.Context) error { return app.Fail(app.CodeDatabaseMissing, nil) }
	}
	if exists(c.Profile.Cookies()) {
		d.CookieJar = func() error {
			switch err := webview.Damage(c.Profile.Cookies()); {
			case err == nil:
				return nil
			case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
				return app.Fail(app.CodeJarReadOnly, err)
			default:
				return app.Fail(app.CodeJarDamaged, err)
			}
		}
	}
	for _, p := range c.Problems {
		d.Settings = append(d.Settings, doctor.Setting{Name: p.Name, Params: p.Params()})
	}
	set := map[string]provider.Provider{}
	if c.Directory != "" {
		d.Providers = append(d.Providers, directoryCheck(c, o))
	}
	for _, p := range c.Providers {
		made, err := provider.New(p, providerClient(o))
		if err != nil {
			continue // config has looked at every setting
		}
		set[p.ID] = made
		d.Providers = append(d.Providers, doctor.Endpoint{ID: p.ID, Name: made.Describe().Name, Reach: made.Reach})
	}
	for _, k := range provider.Kinds {
		if !slices.ContainsFunc(k.Settings, func(s app.ProviderSetting) bool { return s.Form == app.FormPorts }) {
			continue
		}
		of := doctor.Registered{ID: k.ID, Name: k.Name}
		if p, ok := set[k.ID]; ok {
			of.Ports = p.Describe().Ports
		}
		d.Registered = append(d.Registered, of)
	}
	return d
}

// engine is what shows the window's page.
func engine() (string, error) {
	version, err := webview.Version()
	if errors.Is(err, webview.ErrNoEngine) {
		err = app.Fail(app.CodeWebViewMissing, err, "address", webview.EnginePage)
	}
	return version, err
}

// exists reports whether something may be read at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
