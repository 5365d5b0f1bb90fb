package desktop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
)

// openerPatience is how long an opener may take to fail. One that still runs then
// has become the browser, or waits for it.
const openerPatience = 5 * time.Second

// Browser opens the person's own browser: the first hop of a sign-in, or a page
// that a provider is configured with, and nothing else whoever asks. It implements
// signin.Browser.
type Browser struct {
	// Command returns the program and the arguments before the address.
	// CodeBrowserUnavailable.
	Command func() ([]string, error)
	// Desktop opens an address or a folder without a program of its own and reports
	// whether it did; Command is for what it did not. nil: there is no such way.
	Desktop func(ctx context.Context, what string) bool
	// Pages are the addresses besides first hops: every app.Provider.Pages.
	Pages []string
	// Settings is how the names of our settings begin; "MUNPAE_" if empty.
	Settings string
	// Patience is openerPatience if 0.
	Patience time.Duration
}

// NewBrowser returns the opener of this operating system. settings is how the names of
// our settings begin, which no other program is given.
func NewBrowser(pages []string, settings string) *Browser {
	return &Browser{Command: openerCommand, Desktop: openByDesktop, Pages: pages, Settings: settings}
}

// openerCommand finds the system's opener.
func openerCommand() ([]string, error) {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "windows":
		// By its full name: the search path starts in the working directory there.
		command = []string{filepath.Join(os.Getenv("SystemRoot"), "System32", "rundll32.exe"), "url.dll,FileProtocolHandler"}
	case "darwin":
		command = []string{"/usr/bin/open"}
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return nil, app.Fail(app.CodeBrowserUnavailable, err)
	}
	command[0] = program
	return command, nil
}

// Program returns the file name of the opener, for the self-tests. CodeBrowserUnavailable.
func (b *Browser) Program() (string, error) {
	c, err := b.Command()
	if err != nil {
		return "", err
	}
	return c[0], nil
}

// Open opens address and returns when the opener has ended well, or runs on.
// CodeBrowserUnavailable; CodeForbidden for an address that is not on the list.
func (b *Browser) Open(ctx context.Context, address string) error {
	if !b.allowed(address) {
		return app.Fail(app.CodeForbidden, errors.New("desktop: not an address that the browser opens"))
	}
	return b.start(ctx, address)
}

// OpenFolder shows a folder in the file manager. CodeBrowserUnavailable.
func (b *Browser) OpenFolder(ctx context.Context, dir string) error {
	if !filepath.IsAbs(dir) {
		return app.Fail(app.CodeForbidden, errors.New("desktop: not an absolute folder"))
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return app.Fail(app.CodeNotFound, err)
	}
	return b.start(ctx, dir)
}

var (
	firstHopPath  = regexp.MustCompile(`^/oauth/[a-z][a-z0-9]*/login/$`)
	firstHopQuery = regexp.MustCompile(`^n=[A-Za-z0-9_-]+$`)
)

// allowed accepts the exact configured pages, and what a redirect listener of
// this app makes as its first hop.
func (b *Browser) allowed(address string) bool {
	if slices.Contains(b.Pages, address) {
		return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && u.User == nil && u.Fragment == "" && u.RawPath == "" &&
		u.Hostname() == "127.0.0.1" && u.Port() != "" && firstHopPath.MatchString(u.Path) && firstHopQuery.MatchString(u.RawQuery) &&
		u.String() == address
}

// start runs the opener, never through a shell, with nothing of our settings in
// its environment and nothing of its output on our terminal. It outlives us.
func (b *Browser) start(ctx context.Context, what string) error {
	if b.Desktop != nil && b.Desktop(ctx, what) {
		return nil
	}
	command, err := b.Command()
	if err != nil {
		return err
	}
	c := exec.Command(command[0], append(command[1:], what)...)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, cmp.Or(b.Settings, "MUNPAE_")) })
	detach(c)
	if err := c.Start(); err != nil {
		return app.Fail(app.CodeBrowserUnavailable, withoutArguments(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	patience := b.Patience
	if patience == 0 {
		patience = openerPatience
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case err := <-ended:
		// Windows' opener returns nothing of use.
		if err != nil && runtime.GOOS != "windows" {
			return app.Fail(app.CodeBrowserUnavailable, fmt.Errorf("%s: %w", filepath.Base(command[0]), err))
		}
	case <-t.C:
	case <-ctx.Done():
	}
	return nil
}

// withoutArguments keeps the address out of the log.
func withoutArguments(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
