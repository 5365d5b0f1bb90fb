// Package origin is the loopback HTTP origin that the window lives on: the boot
// page, the page, the session and all that needs one. It is the only code that
// names the window's cookies.
//
// Every user of this computer and every web page in any browser can reach the
// port. A boot capability therefore guards every route (docs/security.md#the-boot-capability): the
// app hands the window a one-time token, which /munpae/boot trades for a cookie
// that is worth something for this launch only.
//
// Everything here lives under /munpae/: the rest of the origin is not ours.
package origin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/loopback"
)

// Options are what an Origin needs. Every field is required but Theme,
// WailsOrigin and Dev.
type Options struct {
	// UseCases and Accounts may also be given later, before Serve, by Use.
	UseCases UseCases
	Accounts Accounts
	// SetUp sets a provider by the client ID and the secret that a person typed, where none
	// was set at the start: it has the provider check them, and then keeps them.
	// CodeClientIDMistyped, CodeClientSecretMistyped, CodeKeysRefused, CodeKeysSwapped,
	// CodeSettingsInvalid, CodeConflict, CodeNotFound, or a network code. nil: it never is.
	SetUp func(ctx context.Context, provider, id, secret string) error
	// Pages is the built front end: index.html and assets/. It is read once, in New.
	Pages fs.FS
	// Place is where this profile is on the computer.
	Place Place
	Clock app.Clock
	Rand  io.Reader // crypto/rand.Reader outside tests
	Log   *slog.Logger
	// Language is the window's language, asked at each answer that has words.
	Language func() app.Language
	// Theme is the window's theme, "light", "dark" or "system"; nil means the
	// system's. Both stand in the page, so that its first frame is right already.
	Theme func() string
	// WailsOrigin is where Wails serves its own two scripts, which the page may
	// load: "wails://wails", on Windows "http://wails.localhost", if empty.
	WailsOrigin string
	// Behind is what stands behind the sign-in: it answers every path outside
	// /munpae/. nil: nothing does, and Pages is the whole program.
	Behind http.Handler
	// Open lets Behind answer where nobody is signed in, too.
	Open bool
	// Several says that several accounts may be signed in: the routes of /munpae/accounts
	// answer, and the jar keeps a copy of each account's refresh token.
	Several bool
	// Policy adds sources to the Content-Security-Policy of Behind's answers, by
	// directive, such as "connect-src".
	Policy map[string][]string
	// Host is the address of 127.0.0.0/8 to bind, so that the window's cookies go to no
	// other program's port; zero, or one that can't be bound here, means 127.0.0.1.
	Host netip.Addr
	// Port is the one to bind, so that what the page stores is found again; 0, or one that
	// is not free, means any.
	Port int
	// Brand is the program's own look; its zero value is Munpae's.
	Brand Brand
	// Dev adds the page /munpae/docs, where the routes can be tried in an ordinary
	// browser, at an address of its own: that browser sends its cookies to every port of
	// the address, and other programs listen on those of 127.0.0.1.
	Dev bool
}

const (
	bootTokenLifetime = 60 * time.Second
	maxBootTokens     = 4 // that are alive; the oldest goes
	maxCapabilities   = 8 // likewise: a window that crashed gets another
)

// Origin is the bound origin.
type Origin struct {
	o            Options
	listener     net.Listener
	server       *loopback.Server
	host         string       // 127.x.y.z:PORT
	address      string       // http://127.x.y.z:PORT
	devHost      string       // likewise, of /docs; host if it has no address of its own
	apart        net.Listener // of devHost, or nil
	policy       []string
	behindPolicy []string
	scripts      []byte // what a page of Behind's is given
	pages        map[string]page
	routes       []route
	exact        map[string][]*route // by path
	document     func() ([]byte, error)

	booted, shows atomic.Bool // see Booted, ShowsBehind

	mu           sync.Mutex // guards all below
	tokens       []bootToken
	capabilities []*capability
}

type bootToken struct {
	hash    [sha256.Size]byte
	expires time.Time
	beside  bool
}

// capability is what a boot cookie stands for: one window.
type capability struct {
	hash [sha256.Size]byte
	// beside marks a browser that was let in beside the window (--dev): what a
	// sign-in made is the window's to claim.
	beside bool

	mu sync.Mutex
	// session is the last session that this window was served, so that signing
	// out ends its row even when the access cookie has expired.
	session string
}

func (c *capability) served(sessionID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = sessionID
}

func (c *capability) lastServed() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// New reads the pages and binds a port, so that the address is known before Wails runs
// and only that exact origin is allowed to call bound methods. It does not answer
// before Serve.
func New(o Options) (*Origin, error) {
	if o.WailsOrigin == "" {
		o.WailsOrigin = "wails://wails"
		if runtime.GOOS == "windows" {
			o.WailsOrigin = "http://wails.localhost"
		}
	}
	g := &Origin{o: o, policy: []string{policy(o.WailsOrigin)}, behindPolicy: []string{behindPolicy(o.WailsOrigin, o.Policy)}}
	g.scripts = scripts(o.WailsOrigin, o.Open)
	var err error
	if g.pages, err = readPages(o); err != nil {
		return nil, fmt.Errorf("munpae: there is no page to show, is the front end built? %w", err)
	}
	front := g.pages[pagePath]
	front.body = bytes.ReplaceAll(front.body, builtFor, fmt.Appendf(nil, `src="%s/`, html.EscapeString(o.WailsOrigin)))
	g.pages[pagePath] = front
	for _, rt := range table() {
		if o.Several || !strings.HasPrefix(rt.path, accountsPath) {
			g.routes = append(g.routes, rt)
		}
	}
	g.exact = map[string][]*route{}
	for i := range g.routes {
		rt := &g.routes[i]
		g.exact[rt.path] = append(g.exact[rt.path], rt)
	}
	g.document = sync.OnceValues(func() ([]byte, error) { return openAPI(g.routes) })
	if g.listener, err = listen(o); err != nil {
		return nil, app.Fail(app.CodePortInUse, err, "ports", "127.0.0.1")
	}
	g.host = g.listener.Addr().String()
	g.address = "http://" + g.host
	g.devHost = g.host
	if o.Dev {
		var random [3]byte
		if _, err := io.ReadFull(o.Rand, random[:]); err != nil {
			panic("origin: no randomness: " + err.Error())
		}
		if g.apart, err = loopback.ListenApart(loopback.Apart(random), g.Port()); err == nil {
			g.devHost = g.apart.Addr().String()
		} else {
			o.Log.Warn("the page for trying the routes has no address of its own", "cause", err)
		}
	}
	g.server = loopback.NewServer(g, g.malformed, o.Log)
	return g, nil
}

// listen binds the address of the window's own, else the one that all programs share.
func listen(o Options) (ln net.Listener, err error) {
	if o.Host.IsValid() && o.Host != loopback.Here {
		if ln, err = loopback.ListenApart(o.Host, o.Port); err != nil {
			o.Log.Warn("the window has no address of its own", "cause", err)
		}
	}
	if ln == nil && o.Port != 0 {
		ln, err = loopback.Listen(o.Port)
	}
	if ln == nil {
		ln, err = loopback.Listen(0)
	}
	if err == nil && o.Port != 0 && ln.Addr().(*net.TCPAddr).Port != o.Port {
		o.Log.Warn("another program has the origin's port: what the page stored is out of reach", "port", o.Port)
	}
	return ln, err
}

// Use sets what the routes ask for. The address has to be known before the
// window, and with it the rest of the program, opens. Call it before Serve.
func (g *Origin) Use(u UseCases, a Accounts) { g.o.UseCases, g.o.Accounts = u, a }

// Serve answers until Close; it then returns nil.
func (g *Origin) Serve() error {
	if g.apart != nil {
		go func() { _ = g.server.Serve(g.apart) }() // ends with the other
	}
	if err := g.server.Serve(g.listener); !errors.Is(err, http.ErrServerClosed) {
		return app.Fail(app.CodeInternal, err)
	}
	return nil
}

// Close lets running requests finish until ctx ends, then cuts them off.
func (g *Origin) Close(ctx context.Context) error {
	defer g.listener.Close() // Serve may never have been called
	if g.apart != nil {
		defer g.apart.Close()
	}
	return g.server.Stop(ctx)
}

// Address is the origin, "http://127.x.y.z:PORT", the only value for
// options.App.BindingsAllowedOrigins.
func (g *Origin) Address() string { return g.address }

// Booted reports whether a boot token was taken in this launch.
func (g *Origin) Booted() bool { return g.booted.Load() }

// ShowsBehind reports whether the last page that the window was given is the program's
// behind, rather than ours.
func (g *Origin) ShowsBehind() bool { return g.shows.Load() }

// Port is the one that was bound.
func (g *Origin) Port() int { return g.listener.Addr().(*net.TCPAddr).Port }

// Host is the address that was bound.
func (g *Origin) Host() netip.Addr {
	return g.listener.Addr().(*net.TCPAddr).AddrPort().Addr().Unmap()
}

// BootURL mints a one-time token, good for 60 seconds, and returns the address
// that the window must be moved to. It is a secret. Without randomness it panics,
// as crypto/rand does.
func (g *Origin) BootURL() string { return g.bootURL(false) }

// DevURL is BootURL for an ordinary browser beside the window, which claims nothing.
func (g *Origin) DevURL() string { return g.bootURL(true) }

func (g *Origin) bootURL(beside bool) string {
	token := g.secret()
	now := g.o.Clock.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	alive := g.tokens[:0]
	for _, t := range g.tokens {
		if now.Before(t.expires) {
			alive = append(alive, t)
		}
	}
	if len(alive) == maxBootTokens {
		alive = alive[1:]
	}
	g.tokens = append(alive, bootToken{sha256.Sum256([]byte(token)), now.Add(bootTokenLifetime), beside})
	if beside {
		return "http://" + g.devHost + bootRoute + "?t=" + token
	}
	return g.address + bootRoute + "?t=" + token
}

func (g *Origin) secret() string {
	b := make([]byte, 32)
	if _, err := io.ReadFull(g.o.Rand, b); err != nil {
		panic("origin: no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// takeToken consumes a boot token and returns the secret of a new capability.
func (g *Origin) takeToken(token string) (secret string, ok bool) {
	hash := sha256.Sum256([]byte(token))
	secret = g.secret()
	now := g.o.Clock.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, t := range g.tokens {
		if subtle.ConstantTimeCompare(t.hash[:], hash[:]) == 1 {
			g.tokens = append(g.tokens[:i], g.tokens[i+1:]...)
			if !now.Before(t.expires) {
				return "", false
			}
			if len(g.capabilities) == maxCapabilities {
				g.capabilities = g.capabilities[1:]
			}
			g.capabilities = append(g.capabilities, &capability{hash: sha256.Sum256([]byte(secret)), beside: t.beside})
			return secret, true
		}
	}
	return "", false
}

// capability returns what the boot cookie's value stands for, or nil.
func (g *Origin) capability(secret string) *capability {
	hash := sha256.Sum256([]byte(secret))
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.capabilities {
		if subtle.ConstantTimeCompare(c.hash[:], hash[:]) == 1 {
			return c
		}
	}
	return nil
}
