// Package words holds every text that a person reads outside the window's own
// screens: what each code says, the pages in the browser, those of the practice providers, the self-tests, what is
// wrong with a setting, notifications. A language is one file, such as ko.json,
// and is offered as soon as that file is here; the window reads its problems and
// settings from the same file. A text that a language lacks fails the tests by name.
//
// A sentence names its values in braces, after ICU's MessageFormat:
//
//	{provider}                                     the value as it is
//	{minutes, plural, one {# minute} other {# minutes}}
//	{until, time} {again, date}                    an RFC 3339 instant, in the person's own zone
//	{reason, setting}                              the text of that name among the settings
//
// A Korean particle right after a value, written 을/를, takes the form that fits.
package words

import (
	"cmp"
	"embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"munpae.example/munpae/app/internal/app"
)

// Said is what a code says in one language.
type Said struct {
	// Happened says what happened, in one sentence.
	Happened string
	// Next says what to do, or is empty where nothing needs doing.
	Next string
	// Button is the label of the button that does it.
	Button string
}

// Sentences are what a code says before its values are put in.
type Sentences struct {
	Happened string `json:"happened"`
	Next     string `json:"next"` // may be empty
}

// Language is one language's file. Every text must be there.
type Language struct {
	Tag app.Language `json:"-"`
	// Name is what the language calls itself.
	Name string `json:"name"`
	// Date, DateWithYear and Time are layouts of package time.
	Date         string `json:"date"`
	DateWithYear string `json:"date_with_year"`
	Time         string `json:"time"`
	// Names are values that the language calls otherwise: NAVER is 네이버.
	Names map[string]string `json:"names"`
	// Actions are the labels of the buttons, by action.
	Actions map[string]string `json:"actions"`
	// Problems are the sentences of every code.
	Problems map[app.Code]Sentences `json:"problems"`
	// Settings says what is wrong with a setting, by config.Reason, and where it stands.
	Settings map[string]string `json:"settings"`
	Pages    Pages             `json:"pages"`
	Notices  Notices           `json:"notices"`
	Ending   Ending            `json:"ending"`
	Blank    Blank             `json:"blank"`
	Practice Practice          `json:"practice"`
	Doctor   Doctor            `json:"doctor"`
	Receipt  Receipt           `json:"receipt"`
}

// Pages are what the pages in the person's browser say.
type Pages struct {
	Account       string `json:"account"` // {provider}
	Close         string `json:"close"`
	LinkAsked     string `json:"link_asked"`
	LinkAskedNext string `json:"link_asked_next"`
	TwoAskedNext  string `json:"two_asked_next"`
	GoBack        string `json:"go_back"`
	Nickname      string `json:"nickname"`
	NicknameNext  string `json:"nickname_next"`
	SignedIn      string `json:"signed_in"` // {nickname}
	Failed        string `json:"failed"`
	Support       string `json:"support"`
	Cancelled     string `json:"cancelled"`
	CancelledNext string `json:"cancelled_next"`
	Replaced      string `json:"replaced"`
	Checking      string `json:"checking"`
	CheckingNext  string `json:"checking_next"`
	CheckingClose string `json:"checking_close"`
	Done          string `json:"done"`
	Waiting       string `json:"waiting"`
}

// Notices are the desktop's notifications: one sentence without a name in it, since
// a locked screen shows it too.
type Notices struct {
	Failed   string `json:"failed"`
	Nickname string `json:"nickname"`
	SignedIn string `json:"signed_in"`
	Link     string `json:"link"`
	Merge    string `json:"merge"`
	Open     string `json:"open"`
}

// Ending is what the window says that tells why a start is over, besides the
// sentences of codes.
type Ending struct {
	MoveHere      string `json:"move_here"`
	EndIt         string `json:"end_it"`
	GetWebView    string `json:"get_webview"`
	NewFolder     string `json:"new_folder"`
	NewFolderNext string `json:"new_folder_next"`
}

// Blank is what the window says where its page is not there.
type Blank struct {
	Missing     string `json:"missing"`
	MissingNext string `json:"missing_next"`
	Checking    string `json:"checking"`
	Well        string `json:"well"`
	WellNext    string `json:"well_next"`
	Wrong       string `json:"wrong"`
}

// Practice is what the pages of the practice providers say.
type Practice struct {
	Practice        string `json:"practice"`
	Choose          string `json:"choose"`
	Which           string `json:"which"`
	OtherOutcomes   string `json:"other_outcomes"`
	Slow            string `json:"slow"`
	Cancel          string `json:"cancel"`
	Fail            string `json:"fail"`
	NoEmail         string `json:"no_email"`
	KeepsEmail      string `json:"keeps_email"`
	Device          string `json:"device"`
	DeviceCode      string `json:"device_code"`
	DeviceCodeWrong string `json:"device_code_wrong"`
	Continue        string `json:"continue"`
	Connected       string `json:"connected"`
	Declined        string `json:"declined"`
	Failed          string `json:"failed"`
	Over            string `json:"over"`
	Access          string `json:"access"`
	UnknownApp      string `json:"unknown_app"`
	Misconfigured   string `json:"misconfigured"`
}

// Receipt is what the receipt of a deleted account says. A permission has one sentence
// for what became of it, and where it is left one for what to do.
type Receipt struct {
	Title     string `json:"title"`
	Deleted   string `json:"deleted"` // {nickname}, {at}
	Here      string `json:"here"`    // {links}
	Merged    string `json:"merged"`  // {accounts}
	Backups   string `json:"backups"`
	Rests     string `json:"rests"`     // {nickname}, {until}
	Asked     string `json:"asked"`     // {provider}
	Withdrawn string `json:"withdrawn"` // {provider}
	Failed    string `json:"failed"`    // {provider}
	Unsure    string `json:"unsure"`    // {provider}
	Kept      string `json:"kept"`      // {provider}
	Page      string `json:"page"`      // {provider}
	NoPage    string `json:"no_page"`   // {provider}
}

// Doctor is what the self-tests say besides the sentences of codes.
type Doctor struct {
	NotThere            string `json:"not_there"`
	NotAsked            string `json:"not_asked"`
	NoProvider          string `json:"no_provider"`
	NoProviderNext      string `json:"no_provider_next"`
	Settings            string `json:"settings"`
	Setting             string `json:"setting"` // {where}, {reason}
	ProfileNew          string `json:"profile_new"`
	ProfileUnwritable   string `json:"profile_unwritable"`    // {path}, {cause}
	ProfileOpen         string `json:"profile_open"`          // {files}
	ProfileMode         string `json:"profile_mode"`          // {path}, {mode}
	ProfileClose        string `json:"profile_close"`         // {path}
	ProfileCloseWindows string `json:"profile_close_windows"` // {path}
	Profile             string `json:"profile"`               // {path}
	Database            string `json:"database"`
	KeystoreKeyring     string `json:"keystore_keyring"`
	KeystoreFile        string `json:"keystore_file"`
	CookieJar           string `json:"cookie_jar"`
	LoopbackTaken       string `json:"loopback_taken"` // {cause}
	Loopback            string `json:"loopback"`
	PeerCheckOff        string `json:"peer_check_off"` // {cause}
	PeerCheckAdvice     string `json:"peer_check_advice"`
	PeerCheck           string `json:"peer_check"`
	Fonts               string `json:"fonts"`
	FontsNone           string `json:"fonts_none"`
	Apart               string `json:"apart"`
	ApartOff            string `json:"apart_off"` // {cause}
	ApartAdvice         string `json:"apart_advice"`
	Shared              string `json:"shared"`
	ProviderOff         string `json:"provider_off"`       // {provider}
	PortsTaken          string `json:"ports_taken"`        // {provider}, {ports}
	PortsSome           string `json:"ports_some"`         // {provider}, {free}, {taken}
	PortsRefused        string `json:"ports_refused"`      // {provider}, {ports}
	PortsRefusedNext    string `json:"ports_refused_next"` // {provider}
	PortsSomeNext       string `json:"ports_some_next"`
	Ports               string `json:"ports"`        // {provider}, {free}
	IssuerNone          string `json:"issuer_none"`  // {address}, {expected}, {status}
	IssuerOther         string `json:"issuer_other"` // {address}, {expected}, {found}
	Answers             string `json:"answers"`      // {address}, {status}
	ClockOff            string `json:"clock_off"`    // {address}, {skew}
	ClocksAgree         string `json:"clocks_agree"` // {address}, {status}, {skew}
}

//go:embed *.json
var files embed.FS

// actionsFile says what each code's button does; it is no language's.
const actionsFile = "actions.json"

// read returns all languages, read once.
var read = sync.OnceValue(func() map[app.Language]*Language {
	entries, err := files.ReadDir(".")
	must(err)
	all := map[app.Language]*Language{}
	for _, e := range entries {
		if e.Name() == actionsFile {
			continue
		}
		l := &Language{Tag: app.Language(strings.TrimSuffix(e.Name(), ".json"))}
		decode(e.Name(), l)
		all[l.Tag] = l
	}
	return all
})

// actions returns the action of every code, read once.
var actions = sync.OnceValue(func() map[app.Code]string {
	var m map[app.Code]string
	decode(actionsFile, &m)
	return m
})

func decode(name string, into any) {
	data, err := files.ReadFile(name)
	must(err)
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	must(d.Decode(into))
}

// must panics: the files are embedded, and a test reads each of them.
func must(err error) {
	if err != nil {
		panic("words: " + err.Error())
	}
}

// Languages returns the tags of all languages, the default first.
func Languages() []app.Language {
	var tags []app.Language
	for tag := range read() {
		tags = append(tags, tag)
	}
	slices.SortFunc(tags, func(a, b app.Language) int {
		if first := a == Default; first != (b == Default) {
			return map[bool]int{true: -1, false: 1}[first]
		}
		return cmp.Compare(a, b)
	})
	return tags
}

// Default is the language where nobody has named one: that of most people who use this.
const Default = app.Korean

// Known reports whether there is a file for l.
func Known(l app.Language) bool { return read()[l] != nil }

// In returns the texts of l, or of the default language where there is none.
func In(l app.Language) *Language {
	if t := read()[l]; t != nil {
		return t
	}
	return read()[Default]
}

// ActionOf returns what the button of code does: "try_again", "check", "copy_link",
// "new_code", "settings_folder", "share_email", "sign_in_again", "restore_backup",
// "quit", "accounts" or "dismiss". An unknown code reads as app.CodeInternal.
func ActionOf(code app.Code) string {
	if a, ok := actions()[code]; ok {
		return a
	}
	return actions()[app.CodeInternal]
}

// Say returns the words for code in language l with its params filled in.
// An unknown code reads as app.CodeInternal.
func Say(l app.Language, code app.Code, params app.Params) Said {
	t := In(l)
	s, ok := t.Problems[code]
	if !ok {
		code = app.CodeInternal
		s = t.Problems[code]
	}
	return Said{Happened: t.Fill(s.Happened, params), Next: t.Fill(s.Next, params), Button: t.Actions[ActionOf(code)]}
}

// Text returns both sentences as one text.
func (s Said) Text() string { return strings.TrimSpace(s.Happened + " " + s.Next) }

// Say fills a text of this language; params are pairs of name and value.
func (l *Language) Say(text string, params ...string) string {
	p := app.Params{}
	for i := 0; i+1 < len(params); i += 2 {
		p[params[i]] = params[i+1]
	}
	return l.Fill(text, p)
}
