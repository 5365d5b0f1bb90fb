package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/provider"
)

// certificateWarning is how long before its end a certificate is spoken of.
const certificateWarning = 14 * 24 * time.Hour

// result is one check.
type result struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

var errUnwell = errors.New("something is wrong: see above")

// doctor checks what stands between the service and its people. It changes nothing
// but what a start would (an empty database stays empty).
func doctor(ctx context.Context, c command) error {
	d, problems := settings(c)
	var all []result
	add := func(name string, err error, well string) {
		r := result{name, err == nil, well}
		if err != nil {
			r.Detail = oneLine(err)
		}
		all = append(all, r)
	}
	for _, p := range slices.Concat(problems, d.Misspelt) {
		all = append(all, result{"settings", false, describe(p)})
	}
	if len(all) == 0 {
		add("settings", nil, "all right")
	}
	if len(problems) == 0 {
		examine(ctx, d, add)
	}
	well := true
	for _, r := range all {
		well = well && r.OK
	}
	if c.json {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(map[string]any{"ok": well, "version": version, "results": all}); err != nil {
			return err
		}
	} else {
		for _, r := range all {
			mark := "ok   "
			if !r.OK {
				mark = "WRONG"
			}
			fmt.Printf("%s  %-12s %s\n", mark, r.Name, r.Detail)
		}
	}
	if !well {
		return errUnwell
	}
	return nil
}

func examine(ctx context.Context, d config.Directory, add func(name string, err error, well string)) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	examineDatabase(ctx, d, add)
	if d.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(d.Certificate, d.Key)
		well := ""
		if err == nil {
			var leaf *x509.Certificate
			if leaf, err = x509.ParseCertificate(pair.Certificate[0]); err == nil {
				well = "good until " + leaf.NotAfter.Format(time.DateOnly)
				if time.Until(leaf.NotAfter) < certificateWarning {
					err = errors.New("the certificate ends on " + leaf.NotAfter.Format(time.DateOnly))
				}
			}
		}
		add("certificate", err, well)
	}
	if sharesOneLimit(d) {
		add("proxies", nil, oneLimit)
	}
	for _, set := range d.Providers {
		p, err := provider.New(set, providerClient)
		if err == nil {
			var date time.Time
			_, _, date, err = p.Reach(ctx)
			if off := time.Since(date).Abs(); err == nil && !date.IsZero() && off > app.ClockBackTolerance {
				err = fmt.Errorf("this computer's clock and the provider's differ by %s", off.Round(time.Second))
			}
		}
		add(set.ID, err, "answers")
	}
	if d.Demo {
		add("providers", nil, "none is set: the demo, for this computer only")
	}
}

func examineDatabase(ctx context.Context, d config.Directory, add func(name string, err error, well string)) {
	if !d.Postgres {
		if _, err := os.Stat(d.Database); err != nil {
			if _, err = os.Stat(filepath.Dir(d.Database)); d.DefaultDatabase() {
				err = nil // its folder is made too
			}
			add("database", err, "not made yet")
			return
		}
	}
	db, err := open(d, nil)
	if err != nil {
		add("database", err, "")
		return
	}
	defer db.Close()
	version, err := db.Schema(ctx)
	if err == nil {
		err = db.Ready(ctx)
	}
	add("database", err, fmt.Sprintf("%s, schema %d", db.Engine(), version))
	if err != nil {
		return
	}
	s, err := service(ctx, d, db, nil, issuerOf(d, d.Listen), slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = s.JWKS(ctx)
	}
	add("secret", err, "opens the signing keys")
	users, err := db.Users(ctx)
	add("users", err, fmt.Sprint(users))
}
