package launch

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/attempt"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/doctor"
	"munpae.example/munpae/app/internal/profile"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/remote"
	"munpae.example/munpae/app/internal/signin"
)

// learnFor is how long the first start with a directory waits to hear what its
// providers are. Every later one remembers.
const learnFor = 5 * time.Second

// newRemote is the directory of c, seen from a profile, which may be nil.
func newRemote(c config.Config, o Options, p *profile.Profile, log *slog.Logger) *remote.Remote {
	name, _ := os.Hostname()
	r := remote.Options{
		URL: c.Directory, Device: app.Device{Name: name, Platform: runtime.GOOS}, Authorize: provider.AuthorizationURL,
		Proxy: providerClient(o).Proxy, Online: provider.Online, UserAgent: o.Name + "/" + o.Version, Clock: app.SystemClock{}, Log: log,
	}
	if p != nil {
		r.DB, r.Keeper = p.Database(), p.Sessions()
	}
	return remote.New(r)
}

// join lets a directory keep the accounts. What stands in the way is for the window
// to say, with Try again.
func (p *program) join(ctx context.Context, o *signin.Options) error {
	r := newRemote(p.config, p.options, p.profile, p.log)
	ctx, cancel := context.WithTimeout(ctx, learnFor)
	defer cancel()
	if err := r.Learn(ctx); err != nil {
		return err
	}
	p.remote = r
	o.Accounts, o.Sessions, o.Token, o.Demo = r.Store(), r.Sessions(), r.Token, r.Demo()
	return nil
}

// remoteServers are the directory's providers.
func (p *program) remoteServers() []attempt.AuthorizationServer {
	var all []attempt.AuthorizationServer
	for _, one := range p.remote.Providers() {
		all = append(all, one.(attempt.AuthorizationServer))
	}
	return all
}

// directoryCheck is the self-test of a directory: reachable, its certificate, the two
// clocks, and whether what answers there is one that this program understands.
func directoryCheck(c config.Config, o Options) doctor.Endpoint {
	name := c.Directory
	if u, err := url.Parse(c.Directory); err == nil {
		name = u.Host
	}
	return doctor.Endpoint{ID: "directory", Name: name, Reach: func(ctx context.Context) (string, int, time.Time, error) {
		status, date, err := providerClient(o).Reach(ctx, c.Directory)
		if err != nil {
			return c.Directory, status, date, err
		}
		return c.Directory, http.StatusOK, date, newRemote(c, o, nil, nil).Reach(ctx)
	}}
}
