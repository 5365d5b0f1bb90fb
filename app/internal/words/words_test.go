package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/config"
	"munpae.example/munpae/app/internal/words"
)

// declaredCodes reads every constant of type Code in code.go with the params that
// its comment promises.
func declaredCodes(t *testing.T) map[app.Code][]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../app/code.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	promised := regexp.MustCompile(`params? ([a-z, ]+)`)
	codes := map[app.Code][]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); !ok || id.Name != "Code" {
			return true
		}
		s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := codes[app.Code(s)]; twice {
			t.Errorf("%s is declared twice", s)
		}
		codes[app.Code(s)] = nil
		if m := promised.FindStringSubmatch(v.Comment.Text()); m != nil {
			for p := range strings.SplitSeq(m[1], ",") {
				codes[app.Code(s)] = append(codes[app.Code(s)], strings.TrimSpace(p))
			}
		}
		return true
	})
	if len(codes) < 80 {
		t.Fatalf("read only %d codes", len(codes))
	}
	return codes
}

func TestEveryCodeHasItsWordsInEveryLanguage(t *testing.T) {
	codes := declaredCodes(t)
	for c := range codes {
		if !slices.Contains(words.ActedOn(), c) {
			t.Errorf("%s is not in actions.json", c)
		}
		for _, l := range words.Languages() {
			if s := words.In(l).Problems[c]; s.Happened == "" {
				t.Errorf("%s.json does not say %s", l, c)
			}
		}
	}
	for _, c := range words.ActedOn() {
		if _, ok := codes[c]; !ok {
			t.Errorf("%s of actions.json is not in code.go", c)
		}
	}
	for _, l := range words.Languages() {
		for c := range words.In(l).Problems {
			if _, ok := codes[c]; !ok {
				t.Errorf("%s of %s.json is not in code.go", c, l)
			}
		}
	}
}

// text is one text of a language with its path in the file.
type text struct{ at, says string }

// texts returns every text of l.
func texts(l *words.Language) []text {
	var all []text
	var walk func(at string, v reflect.Value)
	walk = func(at string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			all = append(all, text{at, v.String()})
		case reflect.Struct:
			for i := range v.NumField() {
				if name := v.Type().Field(i).Tag.Get("json"); name != "-" {
					walk(at+"."+name, v.Field(i))
				}
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				walk(at+"."+k.String(), v.MapIndex(k))
			}
		}
	}
	walk(string(l.Tag), reflect.ValueOf(*l))
	return all
}

// values are the placeholders of a text, sorted, each once.
func values(says string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`\{([a-z_]+)[,}]`).FindAllStringSubmatch(says, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return names
}

// A third language is one file: this test says what it lacks, by name.
func TestEveryLanguageHasEveryText(t *testing.T) {
	first := map[string]string{}
	for _, x := range texts(words.In(words.Default)) {
		_, at, _ := strings.Cut(x.at, ".")
		first[at] = x.says
	}
	if len(first) < 200 {
		t.Fatalf("read only %d texts", len(first))
	}
	hangul := regexp.MustCompile(`[가-힣]`)
	for _, l := range words.Languages() {
		seen := map[string]bool{}
		for _, x := range texts(words.In(l)) {
			_, at, _ := strings.Cut(x.at, ".")
			seen[at] = true
			if strings.HasPrefix(at, "names.") || strings.HasPrefix(at, "date") || at == "time" {
				continue
			}
			want, known := first[at]
			if !known {
				t.Errorf("%s is in no other language", x.at)
			}
			if (x.says == "") != (want == "") {
				t.Errorf("%s is empty in one language only", x.at)
			}
			if got := values(x.says); !slices.Equal(got, values(want)) {
				t.Errorf("%s names the values %q, %s.json %q", x.at, got, words.Default, values(want))
			}
			letters := regexp.MustCompile(`\{[^{}]*\}|chmod .*|\S*127\.0\.0\.1\S*`).ReplaceAllString(x.says, "")
			if !regexp.MustCompile(`\p{L}`).MatchString(letters) {
				continue // values and figures only
			}
			if (l == app.Korean) != hangul.MatchString(letters) {
				t.Errorf("%s is not in that language: %q", x.at, x.says)
			}
		}
		for at := range first {
			if !seen[at] && !strings.HasPrefix(at, "names.") {
				t.Errorf("%s.json lacks %s", l, at)
			}
		}
	}
}

func TestEverySentenceNamesOnlyWhatItsCodePromises(t *testing.T) {
	codes := declaredCodes(t)
	for _, l := range words.Languages() {
		for c, s := range words.In(l).Problems {
			for _, name := range values(s.Happened + s.Next) {
				if !slices.Contains(codes[c], name) {
					t.Errorf("%s: %s.json names {%s}, which code.go does not promise", c, l, name)
				}
			}
		}
	}
}

func TestEveryActionHasItsLabel(t *testing.T) {
	for _, c := range words.ActedOn() {
		for _, l := range words.Languages() {
			if words.In(l).Actions[words.ActionOf(c)] == "" {
				t.Errorf("%s: %s.json does not name the action %q", c, l, words.ActionOf(c))
			}
		}
	}
}

// What is wrong with a setting, and where it stands.
func TestEveryReasonOfASettingIsSaid(t *testing.T) {
	want := slices.Clone(config.Places)
	for _, r := range config.Reasons {
		want = append(want, string(r))
	}
	slices.Sort(want)
	for _, l := range words.Languages() {
		got := slices.Sorted(maps.Keys(words.In(l).Settings))
		if !slices.Equal(got, want) {
			t.Errorf("%s.json says %q, config knows %q", l, got, want)
		}
	}
}

// Those are the words of docs/contract.md#nickname-words, letter by letter.
func TestNicknameWordsAreTheAgreedOnes(t *testing.T) {
	for c, want := range map[app.Code][2]string{
		app.CodeAvailable:                {"쓸 수 있는 닉네임입니다", "This nickname is free"},
		app.CodeNicknameTaken:            {"이미 쓰고 있는 닉네임입니다", "This nickname is taken"},
		app.CodeNicknameLooksLike:        {"이미 있는 닉네임과 너무 비슷합니다", "Too close to a nickname that is taken"},
		app.CodeNicknameReserved:         {"쓸 수 없는 닉네임입니다", "This nickname is reserved"},
		app.CodeNicknameTooShort:         {"2자 이상으로 지어 주세요", "Use at least 2 characters"},
		app.CodeNicknameTooLong:          {"20자 이하로 지어 주세요", "Use at most 20 characters"},
		app.CodeNicknameBadCharacter:     {"쓸 수 없는 글자가 있습니다: ☆", "This character can't be used: ☆"},
		app.CodeNicknameMixedScripts:     {"서로 다른 문자를 섞어 쓸 수 없습니다", "These alphabets can't be mixed"},
		app.CodeNicknameIncompleteHangul: {"완성된 글자로 써 주세요", "Finish the Hangul syllable"},
	} {
		p := app.Params{"character": "☆"}
		if got := [2]string{words.Say(app.Korean, c, p).Happened, words.Say(app.English, c, p).Happened}; got != want {
			t.Errorf("%s: got %q, want %q", c, got, want)
		}
	}
}

// Those are the agreed words, letter by letter. What trying again can't mend offers no Try again, except where the words themselves say to.
func TestTheCataloguesWordsAreTheAgreedOnes(t *testing.T) {
	for _, row := range []struct {
		code   app.Code
		name   string // of the provider; in Korean NAVER is 네이버
		ko, en string
		again  bool
	}{
		{app.CodeProviderDenied, "GitHub", "GitHub 로그인을 취소했습니다.", "You cancelled signing in with GitHub.", true},
		{app.CodeSignInExpired, "GitHub", "브라우저에서 로그인이 끝나지 않았습니다. 다시 시도하거나 취소하세요.", "Sign-in was not finished in the browser. Try again or cancel.", true},
		{app.CodeProviderMisconfigured, "GitHub", "앱의 로그인 설정에 문제가 있습니다. 개발자에게 알려 주세요.", "The app's sign-in settings are wrong. Please tell the developer.", false},
		{app.CodeProviderUnavailable, "NAVER", "지금은 네이버로 로그인할 수 없습니다. 다른 방법으로 로그인해 주세요.", "NAVER sign-in is unavailable right now. Please use another way.", false},
		{app.CodeAccountNotAllowed, "NAVER", "브라우저에서 로그인이 끝나지 않았습니다. 다시 시도하거나 취소하세요. 아직 허용되지 않은 네이버 계정일 수 있습니다.", "Sign-in was not finished in the browser. Try again or cancel. This NAVER account may not be allowed yet.", true},
		{app.CodeProviderError, "GitHub", "GitHub에 일시적인 문제가 있습니다. 잠시 후 다시 시도하세요.", "GitHub has a temporary problem. Try again shortly.", true},
		{app.CodeBrowserUnavailable, "", "브라우저를 열 수 없습니다. 주소를 복사해 직접 여세요.", "Could not open a browser. Copy the address and open it yourself.", false},
		{app.CodePortInUse, "NAVER", "로그인에 필요한 포트를 다른 프로그램이 쓰고 있습니다.", "Another program is using the ports needed for sign-in.", true},

		{app.CodeCodeExpired, "GitHub", "로그인 시간이 지났습니다. 다시 로그인해 주세요.", "The sign-in took too long. Please sign in again.", true},
		{app.CodeCodeUsed, "GitHub", "이미 처리된 로그인입니다. 다시 로그인해 주세요.", "This sign-in was already used. Please sign in again.", true},
		{app.CodePrimaryEmailUnverified, "GitHub", "GitHub에서 기본 이메일을 인증한 뒤 다시 시도하세요.", "Verify your primary email on GitHub, then try again.", true},
		{app.CodeRateLimited, "GitHub", "요청이 많아 잠시 기다려야 합니다. 7분 뒤에 다시 시도하세요.", "Too many requests. Try again in 7 minutes.", true},
		{app.CodeDeviceCodeExpired, "GitHub", "코드가 만료되었습니다. 새 코드를 받으세요.", "The code has expired. Get a new one.", false},
		{app.CodeDeviceDenied, "GitHub", "GitHub에서 요청을 거절했습니다.", "The request was declined on GitHub.", true},

		{app.CodeEmailMissing, "GitHub", "인증된 이메일이 없어 이메일 없이 로그인합니다. 설정에서 나중에 추가할 수 있습니다.", "No verified email was found; you are signed in without one. You can add one later in settings.", false},
		{app.CodeEmailRefused, "NAVER", "이메일 제공에 동의하지 않아 이메일 없이 로그인합니다.", "You chose not to share your email, so you are signed in without it.", false},
		{app.CodeProviderUnconfirmed, "NAVER", "네이버 계정을 확인하지 못했습니다. 다시 로그인해 주세요.", "Your NAVER account could not be confirmed. Please sign in again.", true},
		{app.CodeTokenRevoked, "GitHub", "연결이 해제되었습니다. 다시 로그인해 주세요.", "The connection was removed. Please sign in again.", true},
		{app.CodePermissionMissing, "GitHub", "필요한 권한이 없습니다.", "A needed permission is missing.", false},
		{app.CodeRateLimitedUntil, "GitHub", "요청이 많습니다. 14:05에 다시 시도하세요.", "Too many requests. Try again at 14:05.", true},
		{app.CodeProviderServerError, "GitHub", "GitHub 서버에 문제가 있습니다. 잠시 후 다시 시도하세요.", "GitHub is having a problem. Try again shortly.", true},

		{app.CodeOffline, "", "인터넷에 연결되어 있지 않습니다.", "You are not connected to the internet.", true},
		{app.CodeDNSFailed, "", "서버 주소를 찾을 수 없습니다. 인터넷 연결이나 DNS 설정을 확인하세요.", "The server address could not be found. Check your connection or DNS.", true},
		{app.CodeTimeout, "", "응답이 늦어 중단했습니다. 다시 시도하세요.", "The server took too long. Try again.", true},
		{app.CodeCaptivePortal, "", "와이파이 로그인이 필요할 수 있습니다. 브라우저에서 먼저 로그인하세요.", "This Wi-Fi may need you to sign in. Do that in your browser first.", true},
		{app.CodeTLSUntrusted, "", "안전한 연결을 확인할 수 없습니다. 보안 프로그램이나 회사 네트워크를 확인하세요.", "The secure connection could not be verified. Check security software or your company network.", false},
		{app.CodeClockWrong, "", "컴퓨터의 날짜와 시간이 맞는지 확인하세요.", "Check that your computer's date and time are right.", false},
	} {
		words.InZone(t, time.UTC)
		params := app.Params{"provider": row.name, "minutes": "7", "time": "2026-11-24T14:05:00Z"}
		for l, want := range map[app.Language]string{app.Korean: row.ko, app.English: row.en} {
			w := words.Say(l, row.code, params)
			if got := w.Happened + " " + w.Next; !strings.Contains(got, want) {
				t.Errorf("%s says %q, want %q", row.code, got, want)
			}
		}
		if got := words.ActionOf(row.code) == "try_again"; got != row.again {
			t.Errorf("%s offers Try again: %t, want %t", row.code, got, row.again)
		}
	}
}

func TestOneMinuteIsSingular(t *testing.T) {
	for minutes, want := range map[string]string{"1": "Try again in 1 minute.", "2": "Try again in 2 minutes.", "11": "Try again in 11 minutes."} {
		if got := words.Say(app.English, app.CodeRateLimited, app.Params{"minutes": minutes}).Next; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAnUnknownCodeReadsAsInternal(t *testing.T) {
	if got, want := words.Say(app.English, "no_such_code", nil), words.Say(app.English, app.CodeInternal, nil); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A time in a sentence is the one on the person's own clock, however its zone is named.
func TestATimeIsInThePersonsOwnZone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the zone is the system's there, whatever TZ says")
	}
	for tz, want := range map[string]string{
		"KST-9": "Try again at 23:05.", ":KST-9": "Try again at 23:05.", "<+0545>-5:45": "Try again at 19:50.",
		"CET-1CEST,M3.5.0,M10.5.0/3": "Try again at 15:05.", "EST5EDT,M3.2.0,M11.1.0": "Try again at 09:05.",
	} {
		words.InZone(t, words.ZoneOf(tz))
		if got := words.Say(app.English, app.CodeRateLimitedUntil, app.Params{"time": "2026-11-24T14:05:00Z"}).Next; got != want {
			t.Errorf("TZ=%s: %q, want %q", tz, got, want)
		}
	}
	for _, named := range []string{"", "Asia/Seoul", ":/etc/localtime", "UTC", "EST5EDT", "no-zone", "KST-99"} {
		if words.ZoneOf(named) != time.Local && named != "KST-99" {
			t.Errorf("TZ=%q is not left to package time", named)
		}
	}
}

// The window's engine knows zones by their names alone.
func TestARuleOfAZoneHasANameForTheWindow(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the zone is the system's there, whatever TZ says")
	}
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for tz, want := range map[string]string{
		"KST-9": "Asia/Seoul", ":KST-9": "Asia/Seoul", "UTC0": "Etc/UTC", "<+0545>-5:45": "Asia/Kathmandu", "IST-5:30": "Asia/Kolkata", "XXX8": "Etc/GMT+8",
		"CET-1CEST,M3.5.0,M10.5.0/3": "Europe/Paris", "EST5EDT,M3.2.0,M11.1.0": "America/New_York", "AEST-10AEDT,M10.1.0,M4.1.0/3": "Australia/Sydney",
		"": "", "Asia/Seoul": "", ":/etc/localtime": "", "<x12>-0:17": "",
	} {
		if got := words.ZoneNameOf(tz, now); got != want {
			t.Errorf("TZ=%s: %q, want %q", tz, got, want)
		}
	}
}

func TestADayIsSaidInWords(t *testing.T) {
	words.InZone(t, time.FixedZone("KST", 9*60*60))
	next := time.Now().AddDate(1, 0, 0).UTC()
	at := time.Date(next.Year(), 12, 24, 20, 0, 0, 0, time.UTC).Format(time.RFC3339)
	year := strconv.Itoa(next.Year())
	for l, want := range map[app.Language]string{app.Korean: year + "년 12월 25일부터 닉네임을 바꿀 수 있습니다", app.English: "You can change your nickname from 25 December " + year} {
		if got := words.Say(l, app.CodeRenameTooSoon, app.Params{"date": at}).Happened; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := words.Say(app.English, app.CodeRenameTooSoon, app.Params{"date": time.Now().Format(time.RFC3339)}).Happened; strings.Contains(got, strconv.Itoa(time.Now().Year())) {
		t.Errorf("this year is named: %q", got)
	}
}

func TestAWrongSettingIsSaidWithItsPlace(t *testing.T) {
	p := app.Params{"name": "MUNPAE_THEME", "reason": "choice", "place": "line", "file": "/home/x/.env", "line": "3"}
	for l, want := range map[app.Language]string{
		app.Korean:  "설정 MUNPAE_THEME이 잘못되었습니다: 고를 수 없는 값입니다 (/home/x/.env 3번째 줄).",
		app.English: "The setting MUNPAE_THEME is wrong: not one of the choices (/home/x/.env, line 3).",
	} {
		if got := words.Say(l, app.CodeSettingsInvalid, p).Happened; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestALanguageThatNobodyWroteReadsAsTheDefault(t *testing.T) {
	if words.Known("tlh") || words.In("tlh") != words.In(words.Default) || words.Languages()[0] != words.Default {
		t.Error(words.Languages())
	}
}
