package config

import (
	"encoding/base64"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"munpae.example/munpae/app/internal/app"
)

// Names of the directory's own settings.
const (
	NameDirectoryListen    = "MUNPAE_DIRECTORY_LISTEN"
	nameDirectoryURL       = "MUNPAE_DIRECTORY_URL"
	NameDirectoryCert      = "MUNPAE_DIRECTORY_TLS_CERT"
	nameDirectoryKey       = "MUNPAE_DIRECTORY_TLS_KEY"
	NameDirectoryDatabase  = "MUNPAE_DIRECTORY_DATABASE"
	nameDirectorySecret    = "MUNPAE_DIRECTORY_SECRET"
	NameDirectoryProxies   = "MUNPAE_DIRECTORY_PROXIES"
	nameDirectoryAudiences = "MUNPAE_DIRECTORY_AUDIENCES"
	nameDirectoryOrigins   = "MUNPAE_DIRECTORY_ORIGINS"
	NameDirectoryMetrics   = "MUNPAE_DIRECTORY_METRICS"
)

// DirectoryNames are the settings of munpae-directory beside those of the providers.
var DirectoryNames = []string{
	NameDirectoryListen, nameDirectoryURL, NameDirectoryCert, nameDirectoryKey, NameDirectoryDatabase, nameDirectorySecret, NameDirectoryProxies,
	nameDirectoryAudiences, nameDirectoryOrigins, NameDirectoryMetrics,
}

// Directory are the settings of munpae-directory.
type Directory struct {
	Listen string // HOST:PORT
	// URL is the public address without a slash at the end; empty: the address that
	// is listened on.
	URL              string
	Certificate, Key string
	Database         string // a postgres:// address, or a file's path
	Postgres         bool
	Secret           []byte // 32 bytes, or nil where none is set
	Proxies          []netip.Prefix
	Audiences        []string
	Origins          []string
	Metrics          string // HOST:PORT, or empty
	Demo             bool   // no provider is configured
	// Misspelt are names in the environment that somebody must have meant for a setting.
	Misspelt          []Problem
	Providers         []app.ProviderSet
	databaseIsDefault bool
	places            map[string]value
}

// Place is where a setting stands, without a reason; false if it is not set.
func (d Directory) Place(name string) (Problem, bool) {
	v, set := d.places[name]
	return Problem{Name: name, File: v.file, Line: v.line}, set
}

// LoadDirectory reads the directory's settings from file if it is named, else from
// the environment. kinds are the providers that may be set, state is the folder of the
// default database. Every wrong setting is a problem with its line.
func LoadDirectory(file string, env func(string) (string, bool), kinds []app.ProviderKind, state string) (Directory, []Problem) {
	s := &settings{env: env, kinds: kinds, named: named{ownPrefix}}
	if file != "" {
		s.env = func(string) (string, bool) { return "", false }
		if s.file(file); !readable(file) && len(s.problems) == 0 {
			s.problems = append(s.problems, Problem{File: file, Reason: reasonUnreadable})
		}
	}
	d := Directory{Listen: "127.0.0.1:8480", places: map[string]value{}}
	if file == "" {
		d.Misspelt = misspeltOfDirectory(env, kinds)
	}
	for _, name := range DirectoryNames {
		if v := s.get(name); v.text != "" {
			d.places[name] = v
		}
	}
	if v := s.get(NameDirectoryListen); v.text != "" {
		d.Listen = s.listen(NameDirectoryListen)
	}
	d.Metrics = s.listen(NameDirectoryMetrics)
	d.URL = s.address(nameDirectoryURL)
	d.Certificate, d.Key = s.get(NameDirectoryCert).text, s.get(nameDirectoryKey).text
	if d.Certificate == "" && d.Key != "" {
		s.wrong(NameDirectoryCert, s.get(nameDirectoryKey), reasonMissing)
	} else if d.Key == "" && d.Certificate != "" {
		s.wrong(nameDirectoryKey, s.get(NameDirectoryCert), reasonMissing)
	}
	d.database(s, state)
	if v := s.get(nameDirectorySecret); v.text != "" {
		secret, err := base64.StdEncoding.DecodeString(v.text)
		if err != nil {
			secret, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(v.text, "="))
		}
		if err != nil || len(secret) != 32 {
			s.wrong(nameDirectorySecret, v, reasonSecret)
		} else {
			d.Secret = secret
		}
	} else if d.Postgres {
		s.wrong(nameDirectorySecret, s.get(NameDirectoryDatabase), reasonReplicas)
	}
	v := s.get(NameDirectoryProxies)
	for _, text := range split(v.text) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, err := netip.ParseAddr(text)
			if err != nil {
				s.wrong(NameDirectoryProxies, v, reasonNetworks)
				break
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		d.Proxies = append(d.Proxies, p.Masked())
	}
	d.Audiences = split(s.get(nameDirectoryAudiences).text)
	v = s.get(nameDirectoryOrigins)
	for _, text := range split(v.text) {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			s.wrong(nameDirectoryOrigins, v, reasonOrigins)
			break
		}
		d.Origins = append(d.Origins, text)
	}
	before := len(s.problems)
	d.Providers = s.providers()
	d.Demo = len(d.Providers) == 0 && len(s.problems) == before
	if host, _, err := net.SplitHostPort(d.Listen); err == nil && !loopback(host) {
		switch at := s.get(NameDirectoryListen); {
		case d.Demo:
			s.wrong(NameDirectoryListen, at, reasonDemo)
		case d.URL == "" && s.get(nameDirectoryURL).text == "":
			s.wrong(nameDirectoryURL, at, reasonPublic)
		}
	}
	return d, s.problems
}

func readable(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func (d *Directory) database(s *settings, state string) {
	v := s.get(NameDirectoryDatabase)
	switch {
	case v.text == "":
		d.Database, d.databaseIsDefault = filepath.Join(state, "directory.db"), true
	case strings.HasPrefix(v.text, "postgres://") || strings.HasPrefix(v.text, "postgresql://"):
		d.Database, d.Postgres = v.text, true
	case strings.Contains(v.text, "://") || strings.ContainsRune(v.text, 0):
		s.wrong(NameDirectoryDatabase, v, reasonDatabase)
	default:
		d.Database = v.text
	}
}

// DefaultDatabase reports whether the database is the one in the state folder, which
// is then made.
func (d *Directory) DefaultDatabase() bool { return d.databaseIsDefault }

// listen returns a HOST:PORT, or "".
func (s *settings) listen(name string) string {
	v := s.get(name)
	if v.text == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(v.text)
	if err == nil && port != "" && !strings.HasPrefix(port, "-") {
		if _, err = net.LookupPort("tcp", port); err == nil {
			return v.text
		}
	}
	s.wrong(name, v, reasonListen)
	return ""
}

// split reads a list separated by commas.
func split(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(list, part) {
			list = append(list, part)
		}
	}
	return list
}
