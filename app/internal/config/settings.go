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
	switches  = []string{"on", "off"}
)

// Names of the settings that belong to no provider.
const (
	nameDirectory = ownPrefix + "DIRECTORY"
	nameKeystore  = ownPrefix + "KEYSTORE"
	nameAccounts  = ownPrefix + "ACCOUNTS"
	nameLanguage  = ownPrefix + "LANG"
	nameTheme     = ownPrefix + "THEME"
	nameDemo      = ownPrefix + "DEMO" // for our own processes, so no file may have it
)

// OwnNames are the settings of the app that belong to no provider.
var OwnNames = []string{nameDirectory, nameKeystore, nameAccounts, nameLanguage, nameTheme}

// maxSeveral is how many providers of a kind there may be where there may be several:
// MUNPAE_OIDC_, MUNPAE_OIDC2_ to MUNPAE_OIDC9_.
const maxSeveral = 9

// providerIDs returns the IDs of the providers that a kind may have.
func providerIDs(k app.ProviderKind) []string {
	ids := []string{k.ID}
	for n := 2; k.Several && n <= maxSeveral; n++ {
		ids = append(ids, k.ID+strconv.Itoa(n))
	}
	return ids
}

// settingName is a provider's setting as it is written.
func settingName(id, name string) string { return ownPrefix + strings.ToUpper(id) + "_" + name }

// known reports whether there is a setting of that name.
func (s *settings) known(name string) bool {
	for _, k := range s.kinds {
		for _, id := range providerIDs(k) {
			for _, p := range k.Settings {
				if name == settingName(id, p.Name) {
					return true
				}
			}
		}
	}
	return slices.Contains(OwnNames, name) || slices.Contains(DirectoryNames, name)
}

// registeredPorts is how many redirect URIs a provider takes that wants each port
// registered.
const registeredPorts = 5

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
	reasonNoEffect    Reason = "no_effect"   // a provider's, where a directory has them
	reasonAlone       Reason = "alone"       // a directory, for a program that can have none
	reasonShadowed    Reason = "shadowed"    // for the file, while the environment has it
)

// Reasons are all reasons.
var Reasons = []Reason{
	reasonUnreadable, reasonNotAFile, reasonWritable, reasonTooLarge, reasonSyntax, reasonQuote, reasonEncoding, reasonUnknown,
	reasonTwice, reasonControl, reasonTooLong, reasonPlaceholder, reasonURL, reasonPorts, reasonChoice, reasonMissing,
	reasonListen, reasonSecret, reasonDatabase, reasonNetworks, reasonOrigins, reasonPublic, reasonReplicas, reasonDemo, reasonNoEffect, reasonAlone, reasonShadowed,
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
	kinds       []app.ProviderKind
	env         func(string) (string, bool)
	named       named
	files       []map[string]value
	problems    []Problem
	noDirectory bool
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

// apply validates every setting. A provider is offered only if all of its own are right.
// What is wrong with the directory comes first: nobody can sign in for it.
func (c *Config) apply(s *settings) {
	named := !c.Demo && s.get(nameDirectory).text != ""
	if named {
		if s.noDirectory {
			s.wrong(nameDirectory, s.get(nameDirectory), reasonAlone)
		} else {
			c.Directory = s.address(nameDirectory)
		}
		if c.DirectoryWrong = c.Directory == ""; c.DirectoryWrong {
			last := len(s.problems) - 1
			s.problems = slices.Concat(s.problems[last:], s.problems[:last])
		}
	}
	if v, ok := s.choice(nameLanguage, strings.Split(languages(" "), " ")); ok && !c.LanguageSet {
		c.Language, c.LanguageSet = v, true
	}
	if v, ok := s.choice(nameTheme, themes); ok && !c.ThemeSet {
		c.Theme, c.ThemeSet = v, true
	}
	if v, ok := s.choice(nameKeystore, keystores); ok {
		c.Keystore = v
	}
	if v, ok := s.choice(nameAccounts, switches); ok {
		c.Accounts = v == "on"
	}
	if c.Demo {
		return // invented providers only
	}
	c.Providers = s.providers()
	if named {
		s.noEffect()
		c.Providers = nil // also where the address is wrong, which is no reason to go elsewhere
	}
}

// noEffect names the settings of providers that stand beside a directory, which has
// its own.
func (s *settings) noEffect() {
	for _, k := range s.kinds {
		for _, id := range providerIDs(k) {
			for _, p := range k.Settings {
				if name := settingName(id, p.Name); s.get(name).text != "" {
					s.wrong(name, s.get(name), reasonNoEffect)
				}
			}
		}
	}
}

// providers reads the settings of all providers.
func (s *settings) providers() []app.ProviderSet {
	var all []app.ProviderSet
	for _, k := range s.kinds {
		for _, id := range providerIDs(k) {
			if set, ok := s.provider(k, id); ok {
				all = append(all, set)
			}
		}
	}
	return s.noIssuerTwice(all)
}

// provider reads the settings of one provider. ok is false where it is not set, or not
// right as a whole.
func (s *settings) provider(k app.ProviderKind, id string) (set app.ProviderSet, ok bool) {
	before := len(s.problems)
	set = app.ProviderSet{Kind: k.ID, ID: id, Values: map[string]string{}}
	var wanted value // what shows first that somebody wants it
	for _, p := range k.Settings {
		name := settingName(id, p.Name)
		if v := s.get(name); wanted.text == "" && (p.Form == app.FormCredential || p.Form == app.FormIssuer) {
			wanted = v
		}
		if text := s.read(name, p.Form); text != "" {
			set.Values[p.Name] = text
		}
	}
	if len(s.problems) > before || wanted.text == "" {
		return set, false
	}
	for _, p := range k.Settings {
		if p.Required && set.Values[p.Name] == "" {
			s.wrong(settingName(id, p.Name), wanted, reasonMissing)
			return set, false
		}
	}
	return set, true
}

// read returns a provider's setting in its normal form, or "" if it is not set or wrong.
func (s *settings) read(name string, form app.SettingForm) string {
	v := s.get(name)
	switch {
	case v.text == "":
	case form == app.FormCredential:
		return s.credential(name)
	case form == app.FormAddress:
		return s.address(name)
	case form == app.FormIssuer:
		if s.address(name) != "" {
			return v.text
		}
	case form == app.FormName:
		switch {
		case strings.ContainsFunc(v.text, unicode.IsControl):
			s.wrong(name, v, reasonControl)
		case utf8.RuneCountInString(v.text) > 40:
			s.wrong(name, v, reasonTooLong)
		default:
			return v.text
		}
	case form == app.FormPorts:
		if ports, ok := parsePorts(v.text); ok {
			return ports
		}
		s.wrong(name, v, reasonPorts)
	case form == app.FormYes:
		if v.text == "yes" || v.text == "no" {
			return v.text
		}
		s.wrong(name, v, reasonChoice)
	}
	return ""
}

// noIssuerTwice leaves out a provider whose issuer an earlier one has: the people of both
// would be the same, and nobody could say which button they had signed in with.
func (s *settings) noIssuerTwice(all []app.ProviderSet) []app.ProviderSet {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(set app.ProviderSet) bool {
		issuer := strings.TrimRight(set.Values["ISSUER"], "/")
		if issuer == "" {
			return false
		}
		if seen[issuer] {
			name := settingName(set.ID, "ISSUER")
			s.wrong(name, s.get(name), reasonTwice)
			return true
		}
		seen[issuer] = true
		return false
	})
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

// ValidAddress reports whether text can be the address of a service of ours: https,
// or http on a loopback address.
func ValidAddress(text string) bool {
	s := &settings{env: func(string) (string, bool) { return text, true }, named: named{ownPrefix}}
	return s.address(nameDirectory) != "" && len(s.problems) == 0
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

// parsePorts reads "48111-48115" or five numbers separated by commas, and returns the
// latter form.
func parsePorts(text string) (string, bool) {
	var ports []string
	if from, to, ok := strings.Cut(text, "-"); ok {
		a, ok1 := parsePort(from)
		b, ok2 := parsePort(to)
		if !ok1 || !ok2 || b-a != registeredPorts-1 {
			return "", false
		}
		for p := a; p <= b; p++ {
			ports = append(ports, strconv.Itoa(p))
		}
		return strings.Join(ports, ","), true
	}
	for _, t := range strings.Split(text, ",") {
		p, ok := parsePort(t)
		if !ok || slices.Contains(ports, strconv.Itoa(p)) {
			return "", false
		}
		ports = append(ports, strconv.Itoa(p))
	}
	return strings.Join(ports, ","), len(ports) == registeredPorts
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
