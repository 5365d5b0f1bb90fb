package config

import (
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"munpae.example/munpae/app/internal/app"
)

var (
	themes    = []string{"light", "dark", "system"}
	keystores = []string{"auto", "keyring", "file"}
)

// Names of the settings.
const (
	nameGitHubID     = "MUNPAE_GITHUB_CLIENT_ID"
	nameGitHubSecret = "MUNPAE_GITHUB_CLIENT_SECRET"
	nameGitHubURL    = "MUNPAE_GITHUB_URL"
	nameGitHubAPIURL = "MUNPAE_GITHUB_API_URL"
	nameNaverID      = "MUNPAE_NAVER_CLIENT_ID"
	nameNaverSecret  = "MUNPAE_NAVER_CLIENT_SECRET"
	nameNaverURL     = "MUNPAE_NAVER_URL"
	nameNaverAPIURL  = "MUNPAE_NAVER_API_URL"
	nameNaverPorts   = "MUNPAE_NAVER_PORTS"
	nameOIDCIssuer   = "MUNPAE_OIDC_ISSUER"
	nameOIDCID       = "MUNPAE_OIDC_CLIENT_ID"
	nameOIDCSecret   = "MUNPAE_OIDC_CLIENT_SECRET"
	nameOIDCName     = "MUNPAE_OIDC_NAME"
	nameKeystore     = "MUNPAE_KEYSTORE"
	nameLanguage     = "MUNPAE_LANG"
	nameTheme        = "MUNPAE_THEME"
	nameDemo         = "MUNPAE_DEMO" // for our own processes, so it is not in Names
)

// Names are all settings, in the order in which they are documented.
var Names = []string{
	nameGitHubID, nameGitHubSecret, nameGitHubURL, nameGitHubAPIURL,
	nameNaverID, nameNaverSecret, nameNaverURL, nameNaverAPIURL, nameNaverPorts,
	nameOIDCIssuer, nameOIDCID, nameOIDCSecret, nameOIDCName,
	nameKeystore, nameLanguage, nameTheme,
}

const (
	defaultGitHub    = "https://github.com"
	defaultGitHubAPI = "https://api.github.com"
	defaultNaver     = "https://nid.naver.com"
	defaultNaverAPI  = "https://openapi.naver.com"
)

// NaverPorts are the five where nothing else is set.
func NaverPorts() []int { return []int{48111, 48112, 48113, 48114, 48115} }

// naverPorts is how many ports are registered at Naver.
const naverPorts = 5

// Reason names what is wrong with a setting; package words says it. It never holds
// the value, which may be a secret.
type Reason string

// The reasons.
const (
	reasonUnreadable  Reason = "unreadable" // the file
	reasonNotAFile    Reason = "not_a_file" // a FIFO, a link, a folder
	reasonWritable    Reason = "writable"   // the file, by other users
	reasonTooLarge    Reason = "too_large"  // the file
	reasonSyntax      Reason = "syntax"     // not NAME=value
	reasonQuote       Reason = "quote"      // not closed
	reasonEncoding    Reason = "encoding"   // not UTF-8
	reasonUnknown     Reason = "unknown"    // no such setting
	reasonTwice       Reason = "twice"      // in one file; the first one stands
	reasonControl     Reason = "control"    // a space or control character in it
	reasonTooLong     Reason = "too_long"
	reasonPlaceholder Reason = "placeholder" // the README's example
	reasonURL         Reason = "url"         // neither https nor http on loopback
	reasonPorts       Reason = "ports"       // not five different ones
	reasonChoice      Reason = "choice"      // not one of the words
	reasonMissing     Reason = "missing"     // another setting needs it
	reasonListen      Reason = "listen"      // not HOST:PORT
	reasonSecret      Reason = "secret"      // not 32 bytes in base64
	reasonDatabase    Reason = "database"    // neither a postgres:// address nor a path
	reasonNetworks    Reason = "networks"    // not a list of CIDR networks
	reasonOrigins     Reason = "origins"     // not a list of origins
	reasonPublic      Reason = "public"      // missing, where others than this computer are listened to
	reasonReplicas    Reason = "replicas"    // missing, where replicas share a database
	reasonDemo        Reason = "demo"        // the demo serves this computer only
)

// Reasons are all reasons.
var Reasons = []Reason{
	reasonUnreadable, reasonNotAFile, reasonWritable, reasonTooLarge, reasonSyntax, reasonQuote, reasonEncoding, reasonUnknown,
	reasonTwice, reasonControl, reasonTooLong, reasonPlaceholder, reasonURL, reasonPorts, reasonChoice, reasonMissing,
	reasonListen, reasonSecret, reasonDatabase, reasonNetworks, reasonOrigins, reasonPublic, reasonReplicas, reasonDemo,
}

// Problem is one wrong setting.
type Problem struct {
	// Name is the setting, or empty where a line or a whole file is wrong.
	Name string
	// File is where it stands, or empty for the process environment.
	File string
	// Line counts from 1; 0 where there is none.
	Line   int
	Reason Reason
}

// value is a setting as found.
type value struct {
	text string
	file string
	line int
}

// settings looks names up in the environment first, then in the files in the
// order in which they were read.
type settings struct {
	env      func(string) (string, bool)
	named    named
	files    []map[string]value
	problems []Problem
}

// all returns the values of every source, the one that stands first; an empty one
// counts as not set.
func (s *settings) all(name string) []value {
	var values []value
	if v, ok := s.env(name); ok && strings.TrimSpace(v) != "" {
		values = append(values, value{text: strings.TrimSpace(v)})
	}
	for _, f := range s.files {
		if v, ok := f[name]; ok && v.text != "" {
			values = append(values, v)
		}
	}
	return values
}

// get returns the value that stands.
func (s *settings) get(name string) value {
	if values := s.all(name); len(values) > 0 {
		return values[0]
	}
	return value{}
}

func (s *settings) wrong(name string, v value, r Reason) {
	s.problems = append(s.problems, Problem{Name: name, File: v.file, Line: v.line, Reason: r})
}

// missing says that name is needed by beside, and where beside stands.
func (s *settings) missing(name string, beside value) { s.wrong(name, beside, reasonMissing) }

// apply validates every setting. A provider is offered only if all of its own are right.
func (c *Config) apply(s *settings) {
	if v, ok := s.choice(nameLanguage, strings.Split(languages(" "), " ")); ok && !c.LanguageSet {
		c.Language, c.LanguageSet = v, true
	}
	if v, ok := s.choice(nameTheme, themes); ok && !c.ThemeSet {
		c.Theme, c.ThemeSet = v, true
	}
	if v, ok := s.choice(nameKeystore, keystores); ok {
		c.Keystore = v
	}
	if c.Demo {
		return // invented providers only
	}
	c.GitHub = s.github()
	c.Naver = s.naver()
	c.OIDC = s.oidc()
}

func (s *settings) github() GitHub {
	g := GitHub{URL: defaultGitHub, APIURL: defaultGitHubAPI}
	before := len(s.problems)
	g.ClientID = s.credential(nameGitHubID)
	g.ClientSecret = s.credential(nameGitHubSecret)
	if u := s.address(nameGitHubURL); u != "" {
		g.URL, g.APIURL = u, apiOf(u)
	}
	if u := s.address(nameGitHubAPIURL); u != "" {
		g.APIURL = u
	}
	if secret := s.get(nameGitHubSecret); g.ClientID == "" && secret.text != "" && len(s.problems) == before {
		s.missing(nameGitHubID, secret)
	}
	if len(s.problems) > before {
		g.ClientID = ""
	}
	return g
}

// apiOf derives the API's address from that of a GitHub server: GitHub Enterprise
// Server has it below /api/v3, GitHub Enterprise Cloud with data residency on a
// host of its own.
func apiOf(base string) string {
	u, err := url.Parse(base)
	switch {
	case err != nil || strings.EqualFold(base, defaultGitHub):
		return defaultGitHubAPI
	case strings.HasSuffix(u.Hostname(), ".ghe.com"):
		u.Host = "api." + u.Host
		return u.String()
	default:
		return base + "/api/v3"
	}
}

func (s *settings) naver() Naver {
	n := Naver{URL: defaultNaver, APIURL: defaultNaverAPI, Ports: NaverPorts()}
	before := len(s.problems)
	n.ClientID = s.credential(nameNaverID)
	n.ClientSecret = s.credential(nameNaverSecret)
	if u := s.address(nameNaverURL); u != "" {
		n.URL = u
	}
	if u := s.address(nameNaverAPIURL); u != "" {
		n.APIURL = u
	}
	if v := s.get(nameNaverPorts); v.text != "" {
		if ports, ok := parsePorts(v.text); ok {
			n.Ports = ports
		} else {
			s.wrong(nameNaverPorts, v, reasonPorts)
		}
	}
	if len(s.problems) == before && (n.ClientID == "") != (n.ClientSecret == "") {
		if n.ClientID == "" {
			s.missing(nameNaverID, s.get(nameNaverSecret))
		} else {
			s.missing(nameNaverSecret, s.get(nameNaverID))
		}
	}
	if len(s.problems) > before {
		n.ClientID = ""
	}
	return n
}

func (s *settings) oidc() OIDC {
	var o OIDC
	before := len(s.problems)
	o.ClientID = s.credential(nameOIDCID)
	o.ClientSecret = s.credential(nameOIDCSecret)
	issuer := s.get(nameOIDCIssuer)
	if s.address(nameOIDCIssuer) != "" {
		o.Issuer = issuer.text // compared letter by letter with the discovery document
	}
	name := s.get(nameOIDCName)
	switch {
	case strings.ContainsFunc(name.text, unicode.IsControl):
		s.wrong(nameOIDCName, name, reasonControl)
	case utf8.RuneCountInString(name.text) > 40:
		s.wrong(nameOIDCName, name, reasonTooLong)
	case name.text == "" && o.Issuer != "":
		u, _ := url.Parse(o.Issuer)
		o.Name = u.Hostname()
	default:
		o.Name = name.text
	}
	if len(s.problems) == before {
		switch id := s.get(nameOIDCID); {
		case o.ClientID == "" && issuer.text != "":
			s.missing(nameOIDCID, issuer)
		case o.ClientID == "" && o.ClientSecret != "":
			s.missing(nameOIDCID, s.get(nameOIDCSecret))
		case o.ClientID != "" && issuer.text == "":
			s.missing(nameOIDCIssuer, id)
		}
	}
	if len(s.problems) > before {
		o.ClientID = ""
	}
	return o
}

// choice returns a setting that is one of a few words. It belongs to no sign-in, so
// a wrong one costs nothing but the word, also where another source stands over it.
func (s *settings) choice(name string, of []string) (string, bool) {
	for _, v := range s.all(name) {
		if !slices.Contains(of, v.text) {
			s.wrong(name, v, reasonChoice)
		}
	}
	v := s.get(name).text
	return v, slices.Contains(of, v)
}

// credential returns a client ID or secret: printable ASCII without spaces
// (RFC 6749, appendix A), and not what a README shows in its place.
func (s *settings) credential(name string) string {
	v := s.get(name)
	switch low := strings.ToLower(v.text); {
	case v.text == "":
		return ""
	case len(v.text) > 512:
		s.wrong(name, v, reasonTooLong)
	case strings.ContainsFunc(v.text, func(r rune) bool { return r <= ' ' || r > '~' }):
		s.wrong(name, v, reasonControl)
	case strings.HasPrefix(low, "your") || strings.HasPrefix(low, "<") || strings.HasPrefix(low, "xxx") ||
		strings.HasPrefix(low, "...") || strings.HasPrefix(low, "replace") || slices.Contains([]string{"changeme", "change-me", "client_id", "client_secret", "todo"}, low):
		s.wrong(name, v, reasonPlaceholder)
	default:
		return v.text
	}
	return ""
}

// address returns a base address with its host in small letters, without its
// scheme's own port and without the slash at its end, or "" if it is not set or
// wrong: https, or http on a loopback address; no user, query or fragment.
func (s *settings) address(name string) string {
	v := s.get(name)
	if v.text == "" {
		return ""
	}
	u, err := url.Parse(v.text)
	bad := err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery ||
		strings.Contains(v.text, "#") || u.Opaque != "" || len(v.text) > 512 ||
		strings.ContainsFunc(v.text, func(r rune) bool { return r <= ' ' || r > '~' })
	if !bad && u.Port() != "" {
		p, err := strconv.Atoi(u.Port())
		bad = err != nil || p < 1 || p > 65535
	}
	if bad || !(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
		s.wrong(name, v, reasonURL)
		return ""
	}
	u.Host = strings.ToLower(u.Host)
	if own := map[string]string{"https": "443", "http": "80"}[u.Scheme]; u.Port() == own {
		u.Host = strings.TrimSuffix(u.Host, ":"+own)
	}
	return strings.TrimRight(u.String(), "/")
}

// loopback reports whether host is an address of this computer by itself, without
// a look-up that somebody else could answer; "localhost" is fixed by RFC 6761.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Zone() == "" && a.Unmap().IsLoopback()
}

// parsePorts reads "48111-48115" or five numbers separated by commas.
func parsePorts(text string) ([]int, bool) {
	var ports []int
	if from, to, ok := strings.Cut(text, "-"); ok {
		a, ok1 := parsePort(from)
		b, ok2 := parsePort(to)
		if !ok1 || !ok2 || b-a != naverPorts-1 {
			return nil, false
		}
		for p := a; p <= b; p++ {
			ports = append(ports, p)
		}
		return ports, true
	}
	for _, t := range strings.Split(text, ",") {
		p, ok := parsePort(t)
		if !ok || slices.Contains(ports, p) {
			return nil, false
		}
		ports = append(ports, p)
	}
	return ports, len(ports) == naverPorts
}

func parsePort(text string) (int, bool) {
	text = strings.TrimSpace(text)
	p, err := strconv.Atoi(text)
	return p, err == nil && p >= 1024 && p <= 65535 && text == strconv.Itoa(p)
}

// The places of a wrong setting, as package words says them.
const (
	placeEnvironment = "environment"
	placeFile        = "file"
	placeLine        = "line"
)

// Places are all places.
var Places = []string{placeEnvironment, placeFile, placeLine}

// Params are those of app.CodeSettingsInvalid: what is wrong and where.
func (p Problem) Params() app.Params {
	name, place := p.Name, placeLine
	switch {
	case p.File == "":
		place = placeEnvironment
	case p.Line == 0:
		place = placeFile
	}
	if name == "" { // a line, or the whole file
		name = filepath.Base(p.File)
	}
	return app.Params{"name": name, "reason": string(p.Reason), "place": place, "file": p.File, "line": strconv.Itoa(p.Line)}
}
