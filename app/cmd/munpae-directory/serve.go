package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/directory"
	"munpae.example/munpae/app/internal/directory/rows"
	"munpae.example/munpae/app/internal/nickname"
	"munpae.example/munpae/app/internal/postgres"
	"munpae.example/munpae/app/internal/provider"
	"munpae.example/munpae/app/internal/provider/practice"
	"munpae.example/munpae/app/internal/sqlite"
)

const (
	// grace is how long requests under way may take after SIGTERM.
	grace = 10 * time.Second
	// maintainEvery is how often keys and expired rows are looked after.
	maintainEvery = time.Minute
)

// open opens the database; the folder of the default one is made.
func open(d config.Directory, repeated func(rows.Verdict)) (*rows.DB, error) {
	var engine rows.Engine
	var err error
	if d.Postgres {
		if engine, err = postgres.Open(d.Database); app.CodeOf(err) == app.CodeSettingsInvalid {
			err = at(d, config.NameDirectoryDatabase, errors.New("not a postgres:// address that can be read"))
		}
	} else {
		if d.DefaultDatabase() {
			if err := os.MkdirAll(filepath.Dir(d.Database), 0o700); err != nil {
				return nil, err
			}
		}
		engine, err = sqlite.OpenDirectory(d.Database)
	}
	if err != nil {
		return nil, err
	}
	return rows.Open(engine, rows.Options{Repeated: repeated}), nil
}

// prepare brings the tables and the nickname keys up to date.
func prepare(ctx context.Context, db *rows.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	return db.Rekey(ctx, nickname.Version, nickname.Keys)
}

// secretOf returns the setting, or on SQLite the one beside the file, which is made
// the first time.
func secretOf(d config.Directory) (secret [32]byte, err error) {
	if d.Secret != nil {
		return [32]byte(d.Secret), nil
	}
	path := d.Database + ".secret"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		rand.Read(secret[:]) // never fails (crypto/rand)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(secret[:]))
			err = errors.Join(err, f.Sync(), f.Close())
			return secret, err
		}
		if !errors.Is(err, fs.ErrExist) {
			return secret, err
		}
		text, err = os.ReadFile(path) // another process made it meanwhile
		if err != nil {
			return secret, err
		}
	} else if err != nil {
		return secret, err
	}
	read, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(read) != 32 {
		return secret, fmt.Errorf("%s does not hold 32 bytes in base64", path)
	}
	return [32]byte(read), nil
}

// ready opens everything but the providers and a port: for commands.
func ready(ctx context.Context, d config.Directory) (*rows.DB, *directory.Service, error) {
	db, err := open(d, nil)
	if err != nil {
		return nil, nil, err
	}
	if err := prepare(ctx, db); err != nil {
		db.Close()
		return nil, nil, err
	}
	s, err := service(ctx, d, db, nil, issuerOf(d, d.Listen), slog.New(slog.DiscardHandler))
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return db, s, nil
}

func service(ctx context.Context, d config.Directory, db *rows.DB, providers []directory.IdentityProvider, issuer string, log *slog.Logger) (*directory.Service, error) {
	secret, err := secretOf(d)
	if err != nil {
		return nil, err
	}
	return directory.New(ctx, directory.Options{
		DB: db, Providers: providers, Issuer: issuer, Audiences: d.Audiences, Secret: secret, Version: version, Demo: d.Demo,
		Clock: app.SystemClock{}, Rand: rand.Reader, Log: log,
	})
}

// issuerOf is the public address, or the one that is listened on.
func issuerOf(d config.Directory, address string) string {
	switch {
	case d.URL != "":
		return d.URL
	case d.Certificate != "":
		return "https://" + address
	}
	return "http://" + address
}

// serve answers until ctx ends.
func serve(ctx context.Context, d config.Directory) error {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	var certificate *tls.Certificate
	if d.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(d.Certificate, d.Key)
		if err != nil {
			return at(d, config.NameDirectoryCert, err)
		}
		certificate = &pair
	}
	metrics := directory.NewMetrics(version)
	db, err := open(d, metrics.Repeated)
	if err != nil {
		return err
	}
	defer db.Close()
	metrics.Watch(db)
	if err := prepare(ctx, db); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", d.Listen)
	if err != nil {
		return at(d, config.NameDirectoryListen, err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	providers, end, err := providersOf(d)
	if err != nil {
		return err
	}
	defer end()
	s, err := service(ctx, d, db, providers, issuerOf(d, address), log)
	if err != nil {
		return err
	}
	handler, err := directory.NewHandler(s, directory.Access{
		Proxies: d.Proxies, Origins: d.Origins, HSTS: strings.HasPrefix(issuerOf(d, address), "https:"),
	}, metrics)
	if err != nil {
		return err
	}
	var figures *http.Server
	if d.Metrics != "" {
		l, err := net.Listen("tcp", d.Metrics)
		if err != nil {
			return at(d, config.NameDirectoryMetrics, err)
		}
		figures = &http.Server{Handler: metrics.Handler(), ReadHeaderTimeout: 5 * time.Second}
		go figures.Serve(l)
		defer figures.Close()
	}
	scheme := "http://"
	if certificate != nil {
		scheme = "https://"
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	fmt.Println("listening on " + scheme + address)
	log.Info("start", "version", version, "address", address, "issuer", issuerOf(d, address), "database", db.Engine(), "demo", d.Demo)
	if sharesOneLimit(d) {
		log.Warn(oneLimit)
	}
	for _, p := range d.Misspelt {
		log.Warn(describe(p))
	}

	server := handler.Server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	tick := time.NewTicker(maintainEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := s.Maintain(ctx); err != nil && ctx.Err() == nil {
				log.Warn("upkeep", "code", app.CodeOf(err), "cause", err.Error())
			}
		case err := <-failed:
			return err
		case <-ctx.Done():
			log.Info("stop")
			ending, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			if err := server.Shutdown(ending); err != nil {
				log.Warn("requests were cut off", "cause", err.Error())
				server.Close()
			}
			return nil
		}
	}
}

// oneLimit is said where limits by address count everybody together.
const oneLimit = "MUNPAE_DIRECTORY_PROXIES is not set: everybody behind the reverse proxy shares one limit"

// sharesOneLimit reports that something else serves the public address, and that what it
// says of its callers counts for nothing.
func sharesOneLimit(d config.Directory) bool {
	return strings.HasPrefix(d.URL, "https:") && d.Certificate == "" && len(d.Proxies) == 0
}

// providerClient is how every provider is reached.
var providerClient = provider.Client{UserAgent: "munpae-directory/" + version}

// providersOf makes the providers that are set, or the demo's.
func providersOf(d config.Directory) (all []directory.IdentityProvider, end func(), err error) {
	sets := d.Providers
	end = func() {}
	if d.Demo {
		imitations, err := practice.Start(practice.Options{})
		if err != nil {
			return nil, end, err
		}
		end, sets = imitations.Close, imitations.Sets()
	}
	for _, set := range sets {
		p, err := provider.New(set, providerClient)
		if err != nil {
			return nil, end, err
		}
		all = append(all, p)
	}
	return all, end, nil
}
