package nickname_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"munpae.example/munpae/app/internal/app"
	"munpae.example/munpae/app/internal/nickname"
)

func codeOf(text string) app.Code {
	_, err := nickname.Parse(text)
	return app.CodeOf(err)
}

func mustParse(t *testing.T, text string) app.Nickname {
	t.Helper()
	n, err := nickname.Parse(text)
	if err != nil {
		t.Fatalf("%q is refused: %v", text, err)
	}
	return n
}

// refused checks the code, and the character that the sentence would name.
func refused(t *testing.T, text string, want app.Code, character ...string) {
	t.Helper()
	n, err := nickname.Parse(text)
	if got := app.CodeOf(err); got != want {
		t.Errorf("%+q: code %q, want %q", text, got, want)
	}
	if n != (app.Nickname{}) {
		t.Errorf("%+q is refused and still makes %+v", text, n)
	}
	if len(character) > 0 && app.ParamsOf(err)["character"] != character[0] {
		t.Errorf("%+q names the character %q, want %q", text, app.ParamsOf(err)["character"], character[0])
	}
}

func TestNK01_NaughtyStringsAreRefusedOrPlainNames(t *testing.T) {
	for text, want := range map[string]app.Code{
		"undefined": app.CodeNicknameReserved, "NULL": app.CodeNicknameReserved, "(null)": app.CodeNicknameBadCharacter,
		"None": app.CodeNicknameReserved, "true": app.CodeNicknameReserved, "\\": app.CodeNicknameBadCharacter,
		"1/0": app.CodeNicknameBadCharacter, "-1": app.CodeNicknameBadSeparator, "1.00": "", "0x0": "", "1E+02": app.CodeNicknameBadCharacter,
		"NaN": "", "Infinity": "", "--": app.CodeNicknameBadSeparator, "0..0": app.CodeNicknameBadSeparator,
		",./;'[]": app.CodeNicknameBadCharacter, "Ω≈ç√": app.CodeNicknameMixedScripts, "åß∂ƒ": app.CodeNicknameBadCharacter,
		"¡™£¢∞§": app.CodeNicknameBadCharacter, "⅛⅜": app.CodeNicknameBadCharacter, "ЁЂЃЄ": app.CodeNicknameBadCharacter,
		"٠١٢": app.CodeNicknameBadCharacter, "⁰⁴⁵": app.CodeNicknameBadCharacter, "田中さん": app.CodeNicknameMixedScripts,
		"社會科學院": app.CodeNicknameBadCharacter, "사회과학원": "", "찦차": "", "Ⱥbc": app.CodeNicknameBadCharacter, "Øbc": "",
		"ヽ༼ຈل͜ຈ༽ﾉ": app.CodeNicknameMixedScripts, "(╯°□°）": app.CodeNicknameBadCharacter, "הָיְתָה": app.CodeNicknameBadCharacter,
		"الكل": app.CodeNicknameBadCharacter, "\u2028\u2029": app.CodeNicknameEmpty, "Ṱ̺̺̕o͞": app.CodeNicknameTooManyMarks,
		"˙ɐnb": app.CodeNicknameBadCharacter, "𝐓𝐡𝐞": app.CodeNicknameBadCharacter, "⒯⒣": app.CodeNicknameBadCharacter,
		"/dev/null; touch x": app.CodeNicknameBadCharacter, "$HOME": app.CodeNicknameBadCharacter, "%s%d": app.CodeNicknameBadCharacter,
		"../etc/passwd": app.CodeNicknameBadCharacter, "COM1": "", "nul": "", "Scunthorpe": "", "Penistone": "", "Evaluate": "",
		"\x00ab": app.CodeNicknameBadCharacter, "<svg/onload>": app.CodeNicknameBadCharacter, "`ls`": app.CodeNicknameBadCharacter,
		"جامع\u200b": app.CodeNicknameBadCharacter, "Roses are red": "", "If you're": app.CodeNicknameBadCharacter,
		"ﬁne": app.CodeNicknameBadCharacter, "Ǆungla": "", "İstanbul": "", "ẞtrauß": "", "ǰan": "", "ŉa": app.CodeNicknameBadCharacter,
	} {
		if got := codeOf(text); got != want {
			t.Errorf("%+q: %q, want %q", text, got, want)
		}
	}
}

func TestNK02_BlankTextIsEmpty(t *testing.T) {
	for _, text := range []string{"", " ", "   ", "\t\r\n", "\u3000", "\u00a0", "\u2003\u205f", "\u0301", "\u0301\u0302 \u0303", strings.Repeat(" ", 5000)} {
		refused(t, text, app.CodeNicknameEmpty)
	}
}

func TestNK03_DirectionControlsAreRefusedByName(t *testing.T) {
	for _, r := range []rune{0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x061c} {
		refused(t, "gil"+string(r)+"dong", app.CodeNicknameBadCharacter, codePoint(r))
		refused(t, string(r)+"길동", app.CodeNicknameBadCharacter, codePoint(r))
	}
}

func TestNK04_InvisibleCharactersAreRefusedByName(t *testing.T) {
	all := []rune{0x200b, 0x200c, 0x200d, 0xfeff, 0x2060, 0x00ad, 0x034f, 0x3164, 0x115f, 0x1160, 0xffa0, 0xe0001, 0x180e, 0x2061}
	for r := rune(0xfe00); r <= 0xfe0f; r++ {
		all = append(all, r)
	}
	for r := rune(0xe0100); r <= 0xe01ef; r++ {
		all = append(all, r)
	}
	for r := rune(0xe0020); r <= 0xe007f; r++ {
		all = append(all, r)
	}
	for _, r := range all {
		refused(t, "gil"+string(r)+"dong", app.CodeNicknameBadCharacter, codePoint(r))
		refused(t, "길동"+string(r), app.CodeNicknameBadCharacter, codePoint(r))
		if got := codeOf(string(r)); got != app.CodeNicknameBadCharacter {
			t.Errorf("%U alone: %q", r, got)
		}
	}
}

func TestNK05_ControlsAndBrokenEncodingAreRefused(t *testing.T) {
	for r := rune(0); r <= 0x9f; r++ {
		if r < 0x20 || r >= 0x7f {
			refused(t, "gil"+string(r)+"dong", app.CodeNicknameBadCharacter, codePoint(r))
		}
	}
	refused(t, "gil\ufffedong", app.CodeNicknameBadCharacter, "U+FFFE")
	refused(t, "gil\ufffddong", app.CodeNicknameBadCharacter, "U+FFFD")
	for _, text := range []string{"gil\xffdong", "gil\xed\xa0\x80dong", "gil\xc0\xafdong", "\xea\xb8", "gil\xf4\x90\x80\x80"} {
		refused(t, text, app.CodeNicknameBadCharacter, "U+FFFD")
	}
}

func TestNK06_LengthIsCountedAsPeopleCount(t *testing.T) {
	refused(t, "a", app.CodeNicknameTooShort)
	refused(t, "가", app.CodeNicknameTooShort)
	refused(t, "e\u0323\u0302", app.CodeNicknameTooShort)
	mustParse(t, "ab")
	mustParse(t, "가나")
	mustParse(t, strings.Repeat("a", 20))
	mustParse(t, strings.Repeat("가", 20))
	refused(t, strings.Repeat("a", 21), app.CodeNicknameTooLong)
	refused(t, strings.Repeat("가", 21), app.CodeNicknameTooLong)
	// 20 syllables typed as conjoining jamo are 180 bytes before NFC and 60 after.
	if n := mustParse(t, norm.NFD.String(strings.Repeat("각", 20))); len(n.Text) != 60 {
		t.Errorf("%d bytes", len(n.Text))
	}
	mustParse(t, strings.Repeat("q\u0301", 20)) // 60 bytes: a mark that does not compose is two
	refused(t, strings.Repeat("q\u0301\u0302", 13), app.CodeNicknameTooLong)
	refused(t, strings.Repeat("a", nickname.MaxBytes*1000), app.CodeNicknameTooLong)
	mustParse(t, "q\u0301\u0302a")
	refused(t, "q\u0301\u0302\u0303a", app.CodeNicknameTooManyMarks)
	refused(t, "ê\u0301\u0302a", app.CodeNicknameTooManyMarks) // the circumflex inside ê counts
	refused(t, "a"+strings.Repeat("\u0301", 200), app.CodeNicknameTooManyMarks)
	refused(t, strings.Repeat("a"+strings.Repeat("\u0301", 500), 20), app.CodeNicknameTooLong)
}

func TestNK08_CaseAndWidthMakeNoOtherName(t *testing.T) {
	want := mustParse(t, "Kim").Key
	for _, text := range []string{"kim", "KIM", "Ｋｉｍ", "ｋＩＭ", "\u212aim"} {
		if got := mustParse(t, text).Key; got != want {
			t.Errorf("%q has the key %q, want %q", text, got, want)
		}
	}
	if a, b := mustParse(t, "Straße"), mustParse(t, "STRASSE"); a.Key != b.Key {
		t.Errorf("%q and %q", a.Key, b.Key)
	}
	if n := mustParse(t, "Gil Dong"); n.Text != "Gil Dong" || n.Key != "gil dong" || n.Version != nickname.Version {
		t.Errorf("%+v", n)
	}
}

func TestNK09_LookAlikesShareASkeleton(t *testing.T) {
	checked := 0
	for from, to := range nickname.Confusables {
		n, err := nickname.Parse("ka" + string(from) + "na")
		if err != nil {
			continue // it can't be the second name
		}
		checked++
		if n.Key != n.Text || norm.NFD.String(n.Text) != n.Text {
			checked--
			continue // what stands in the key is other letters, with entries of their own
		}
		if other := nickname.Keys("ka" + to + "na"); other.Skeleton != n.Skeleton {
			t.Errorf("%U and %q: %q and %q", from, to, n.Skeleton, other.Skeleton)
		}
	}
	if checked < 50 {
		t.Errorf("only %d entries of the table can stand in a name", checked)
	}
	for _, pair := range [][2]string{
		{"rnunjin", "munjin"}, {"k0rea", "korea"}, {"kOrea", "k0rea"}, {"paypaI2x", "paypal2x"}, {"1ane", "lane"},
		{"Iane", "lane"}, {"søren", "so\u0338ren"}, {"ınes", "ines"}, {"gi1dong", "gildong"}, {"까치", "\u1101ᅡ치"},
	} {
		a, b := nickname.Keys(pair[0]), nickname.Keys(pair[1])
		if a.Skeleton != b.Skeleton {
			t.Errorf("%q and %q: %q and %q", pair[0], pair[1], a.Skeleton, b.Skeleton)
		}
	}
	for _, pair := range [][2]string{{"길동", "길돈"}, {"각아", "가가"}, {"anna", "hanna"}, {"kim", "kin"}, {"길동2", "길동3"}, {"개미", "가이미"}} {
		a, b := mustParse(t, pair[0]), mustParse(t, pair[1])
		if a.Skeleton == b.Skeleton || a.Key == b.Key {
			t.Errorf("%q and %q are one name", pair[0], pair[1])
		}
	}
	// The pairs that are meant to look the same cross scripts: the second is refused.
	for latin, others := range map[string]string{
		"a": "аα", "b": "ЬВΒ", "c": "сϲС", "e": "еΕЕ", "h": "һНΗ", "i": "іΙІ", "j": "јЈ", "k": "КΚ", "m": "МΜ", "n": "Ν",
		"o": "оοОΟօ", "p": "рρРΡ", "q": "ԛ", "s": "ѕЅ", "t": "ТΤ", "v": "ѵν", "w": "ԝ", "x": "хχХΧ", "y": "уγУΥ", "z": "Ζ",
	} {
		mustParse(t, "ka"+latin+"na")
		for _, r := range others {
			refused(t, "ka"+string(r)+"na", app.CodeNicknameMixedScripts)
		}
	}
}

func reservedNames(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("reserved.txt")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for name := range strings.FieldsSeq(line) {
			if strings.HasPrefix(name, "~") || strings.HasPrefix(name, "=") {
				continue // endings, and what is nobody's
			}
			names = append(names, strings.Trim(name, "!*"))
		}
	}
	return names
}

func TestNK10_ReservedNamesAreRefusedInEveryDisguise(t *testing.T) {
	names := reservedNames(t)
	if len(names) < 600 {
		t.Fatalf("%d reserved names", len(names))
	}
	digits := strings.NewReplacer("o", "0", "i", "1", "l", "1", "e", "3", "a", "4", "s", "5", "t", "7", "b", "8")
	accents := strings.NewReplacer("a", "á", "e", "ê", "i", "ï", "o", "ö", "u", "ù", "n", "ñ", "c", "ç", "y", "ý")
	looks := strings.NewReplacer("i", "ı", "o", "ø", "l", "I", "d", "đ", "m", "rn", "t", "ŧ", "h", "ħ", "b", "ƀ", "ae", "æ")
	for _, name := range names {
		if utf8.RuneCountInString(name) < nickname.MinLength {
			continue
		}
		disguised := []string{name, strings.ToUpper(name), title(name), width.Widen.String(name), norm.NFD.String(name)}
		onlyDigits := strings.Trim(name, "0123456789") == ""
		for _, sep := range []string{"_", ".", "-", " "} {
			r := []rune(name)
			if n := len(r) / 2; len(r) < nickname.MaxLength && n > 0 {
				disguised = append(disguised, string(r[:n])+sep+string(r[n:]))
			}
			if len(r)*2-1 <= nickname.MaxLength {
				disguised = append(disguised, strings.Join(strings.Split(name, ""), sep))
			}
		}
		for _, other := range []string{digits.Replace(name), accents.Replace(name), looks.Replace(name)} {
			// A name that becomes digits alone is a number: 12, not "is".
			if !onlyDigits && strings.Trim(other, "0123456789") != "" && uniseg.GraphemeClusterCount(other) <= nickname.MaxLength {
				disguised = append(disguised, other)
			}
		}
		for _, text := range disguised {
			refused(t, text, app.CodeNicknameReserved)
		}
		for from, to := range map[string]string{"a": "а", "e": "е", "o": "о", "p": "р"} {
			if other := strings.Replace(name, from, to, 1); other != name && utf8.RuneCountInString(other) > 1 {
				if codeOf(other) == "" {
					t.Errorf("%q is accepted", other)
				}
			}
		}
	}
	for _, text := range []string{
		"4dm1n", "r00t", "adrnin", "ＡＤＭＩＮ", "a.d-m_i n", "ádmîn", "관 리 자", "관리자1", "관리자 99", "1관리자", "7관리자7", "24admin7", "Admin2024", "문패관리자",
		"문패 운영자", "naver-support", "GitHub Security", "네이버고객센터", "munpae.admin", "5upp0rt", "sy5tem", "N4VER", "g1thub", "null", "N.U.L.L", "sɛcurity", "sərver", "naver.com", "github.com", "ƞaver", "nułł",
	} {
		refused(t, text, app.CodeNicknameReserved)
	}
}

func TestInnocentNamesAreNotReserved(t *testing.T) {
	for text := range strings.FieldsSeq(`Kim1 Anna Scunthorpe 노운영 이운영 Ali Dev Min Minsu Su Nan Nil Page Mark Max Line Grant Will Guy Art Ella Elia
		Eli Lili Lily Bill Billie Mila Malik Emil Emily Carl Cari Ron Don Mona Nora Lisa Luis Nina Hana Sumin Jimin Yuna Jun Jin Bo Al Ian Ann Joe
		Badminton Adminton Roots Rootbeer Systema Helpless Testarossa Supporter2 Nullarbor Naverick Hubert Gita Gitte Botany Abbot Bott Infante
		Tokenism Masterson Teamwork Opsahl Banksy Lawson Taxiarchis Serverina Webster Hostetler Domaine Apia Appleton Apples Amazonia Metaxa
		홍길동 김철수 하나 우리 대한 나라 은행나무 안내상 공주 인증희 이공식 메일리 도움 이관리 운영 관리 김사장 봇물 서버린 토스카나 삼성동 정부미
		애플민트 다음이 라인하르트 신고은 주의현 가입니다 이벤 결제민 루트비히 마스터리 로봇공학 테스 임시현 전체희 모두희 홈런 이름표 별명이 1004 2024 7777
		No On Bar Foo Jobs Sales Meta Pope pop3 미정 임원 정산 이용자
		octocat torvalds gildong88 le3 Lee7 Seo2 me2 Kim5 5am 4you 2pac h3llo abc 가나다 길동a`) {
		if code := codeOf(text); code != "" {
			t.Errorf("%q: %s", text, code)
		}
	}
}

func TestNK11_HangulIsOneNameInEveryComposition(t *testing.T) {
	want := mustParse(t, "가나다")
	if got := mustParse(t, norm.NFD.String("가나다")); got != want {
		t.Errorf("NFD makes %+v, want %+v", got, want)
	}
	if got := mustParse(t, "\u1100\u1161\u1102\u1161\u1103\u1161"); got != want {
		t.Errorf("conjoining jamo make %+v, want %+v", got, want)
	}
	for _, text := range []string{"ㄱ", "ㅋㅋ", "홍길도ㅇ", "ㅎ길동", "ㅏㅏ", "\u1100\u1100", "가\u1112", "\u1161\u11a8", "\u1112\u119e\u11ab", "ﾡ가", "ㆍ가", "\ua960가", "가\ud7cb"} {
		refused(t, text, app.CodeNicknameIncompleteHangul)
	}
}

func TestNK12_OnlyHangulAndLatinMix(t *testing.T) {
	for _, text := range []string{"kimх", "аlice", "αlpha", "김金", "길동さん", "kim田", "ИванI", "ไทยkim", "길동я", "あア", "kimկ"} {
		refused(t, text, app.CodeNicknameMixedScripts)
	}
	for _, text := range []string{"길동kim", "kim길동2", "R2길동", "길동.kim_2", "홍 gil 동"} {
		mustParse(t, text)
	}
	refused(t, "Иван", app.CodeNicknameBadCharacter, "И")
	refused(t, "金哲洙", app.CodeNicknameBadCharacter, "金")
	refused(t, "さくら", app.CodeNicknameBadCharacter, "さ")
}

func TestNK13_QueriesAreRefused(t *testing.T) {
	refused(t, "'); DROP TABLE users;--", app.CodeNicknameBadCharacter, "'")
	refused(t, "100%", app.CodeNicknameBadCharacter, "%")
	refused(t, "_", app.CodeNicknameBadSeparator)
	refused(t, "gil\\dong", app.CodeNicknameBadCharacter, "\\")
	mustParse(t, "gil_dong")
}

func TestNK14_MarkupAndTemplatesAreRefused(t *testing.T) {
	refused(t, "<script>alert(1)</script>", app.CodeNicknameBadCharacter, "<")
	refused(t, "\"><img src=x>", app.CodeNicknameBadCharacter, "\"")
	refused(t, "{{7*7}}", app.CodeNicknameBadCharacter, "{")
	refused(t, "${7*7}", app.CodeNicknameBadCharacter, "$")
	refused(t, "javascript:alert", app.CodeNicknameBadCharacter, ":")
	refused(t, "a&amp;b", app.CodeNicknameBadCharacter, "&")
}

func TestNK15_EmojiAreRefusedAsTheyAreSeen(t *testing.T) {
	refused(t, "길동😀", app.CodeNicknameBadCharacter, "😀")
	refused(t, "👨\u200d👩\u200d👧", app.CodeNicknameBadCharacter, "👨")
	refused(t, "👍🏽ok", app.CodeNicknameBadCharacter, "👍")
	refused(t, "🇰🇷kim", app.CodeNicknameBadCharacter, "🇰🇷")
	refused(t, "❤\ufe0f길동", app.CodeNicknameBadCharacter, "❤")
}

func TestNK16_StoredKeysAreVersioned(t *testing.T) {
	// x/text chooses its tables by the Go release: a build with others must have
	// another Version, else stored keys would silently differ from new ones.
	major, _, _ := strings.Cut(precis.UnicodeVersion, ".")
	if major != strconv.Itoa(nickname.UnicodeMajor) || nickname.Version%100 != nickname.UnicodeMajor {
		t.Errorf("x/text has Unicode %s, Version %d says %d", precis.UnicodeVersion, nickname.Version, nickname.UnicodeMajor)
	}
	if nickname.ConfusablesVersion != "15.0.0" {
		t.Errorf("the look-alikes are of %s now: raise rules, and this", nickname.ConfusablesVersion)
	}
}

func TestNK16_KeysAreMadeAnewWithoutJudging(t *testing.T) {
	for _, text := range []string{"길동", "Kim", "Straße", "길 동2"} {
		if got, want := nickname.Keys(text), mustParse(t, text); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	// Names that today's rules refuse keep a key of their own.
	seen := map[string]string{}
	for _, text := range []string{"admin", "ㅋㅋ", "길동😀", "Иван", "a", "\u200b", " ", "q\u0301\u0302\u0303", "\x00", strings.Repeat("가", 40)} {
		n := nickname.Keys(text)
		if n.Text != text || n.Key == "" || n.Skeleton == "" || n.Version != nickname.Version {
			t.Errorf("%+q: %+v", text, n)
		}
		if other, ok := seen[n.Key]; ok {
			t.Errorf("%+q and %+q share the key %q", text, other, n.Key)
		}
		seen[n.Key] = text
	}
	if n := nickname.Keys("gil\xffdong"); n.Text != "gil\ufffddong" {
		t.Errorf("%+v", n)
	}
}

func TestSeparatorsStandSingleAndInside(t *testing.T) {
	for _, text := range []string{"_kim", "kim_", "kim__lee", "kim. lee", "kim  lee", "...", "kim-_lee", " _kim "} {
		refused(t, text, app.CodeNicknameBadSeparator)
	}
	for _, text := range []string{"kim_lee", "kim.lee", "kim-lee", "kim lee", "k.i.m", "홍 길동"} {
		mustParse(t, text)
	}
	refused(t, "kim\u00a0lee", app.CodeNicknameBadCharacter, "U+00A0")
	refused(t, "kim\u3000lee", app.CodeNicknameBadCharacter, "U+3000")
	refused(t, "kim·lee", app.CodeNicknameBadCharacter, "·")
}

// A paste brings white space along, of every kind, and a thumb a space at the end.
func TestNK24_WhiteSpaceAroundANicknameIsDropped(t *testing.T) {
	for _, text := range []string{" 길동", "길동 ", "\t길동\r\n", "\u00a0길동\u3000", "\u2003\u2028길동\u0085", strings.Repeat(" ", 5000) + "길동"} {
		if n := mustParse(t, text); n.Text != "길동" {
			t.Errorf("%+q: %+v", text, n)
		}
	}
	// What has no width is no white space, and is refused by name.
	refused(t, "\u200b길동", app.CodeNicknameBadCharacter, "U+200B")
	refused(t, "길동\ufeff", app.CodeNicknameBadCharacter, "U+FEFF")
	refused(t, " 길  동 ", app.CodeNicknameBadSeparator)
	refused(t, " \u3000\t", app.CodeNicknameEmpty)
	refused(t, " 길 ", app.CodeNicknameTooShort)
}

func TestAMarkNeedsALetterUnderIt(t *testing.T) {
	refused(t, "길\u0301동", app.CodeNicknameBadCharacter, "\u25cc\u0301")
	refused(t, "1\u0301a", app.CodeNicknameBadCharacter, "\u25cc\u0301")
	refused(t, "\u0301ab", app.CodeNicknameBadCharacter, "\u25cc\u0301")
	refused(t, "a\u0345b", app.CodeNicknameBadCharacter, "\u25cc\u0345") // its key would be a Greek letter
	refused(t, "a\u0338b", app.CodeNicknameBadCharacter, "\u25cc\u0338")
}

func codePoint(r rune) string {
	s := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	return "U+" + strings.Repeat("0", max(0, 4-len(s))) + s
}

func title(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[size:]
}

// What a person could not tell apart at the size of a name can't be two people's.
func TestNK21_LookAlikesOfEitherCaseAndOfTwoStrokesAreOne(t *testing.T) {
	for _, pair := range [][2]string{
		{"Đan", "Ðan"}, {"Đan", "Ɖan"}, {"đan", "ɖan"}, {"Guðrún", "Guđrún"}, {"Ʀob", "rob"}, {"Ƅob", "bob"},
		{"i\u0307an", "ian"}, {"j\u0307an", "jan"}, {"İlker", "Ilker"}, {"\u0131\u0307an", "Ian"},
		{"vvoo", "woo"}, {"VVoo", "Woo"}, {"mi5o", "miso"}, {"5am", "Sam"}, {"8ob", "Bob"},
		{"M.i.j.i.n", "Mijin"}, {"홍.길동", "홍길동"}, {"홍 길동", "홍_길동"}, {"v.vood", "wood"}, {"r.n.ijin", "mijin"},
	} {
		if a, b := mustParse(t, pair[0]), mustParse(t, pair[1]); a.Skeleton != b.Skeleton {
			t.Errorf("%q and %q: %q and %q", pair[0], pair[1], a.Skeleton, b.Skeleton)
		}
	}
	for _, pair := range [][2]string{{"Lucia", "Luda"}, {"Cian", "Dan"}, {"Clara", "Dara"}, {"José", "Jose"}, {"Đan", "Dan"}, {"Jin", "Jim"}} {
		if a, b := mustParse(t, pair[0]), mustParse(t, pair[1]); a.Skeleton == b.Skeleton {
			t.Errorf("%q and %q are two people's", pair[0], pair[1])
		}
	}
}

func TestNK22_MarksOfPhoneticsAreNoLettersOfAName(t *testing.T) {
	for r := rune(0x346); r <= 0x35b; r++ {
		if r == 0x34f || r == 0x358 {
			continue // refused as invisible; a letter of Taiwan's
		}
		refused(t, "kim"+string(r), app.CodeNicknameBadCharacter, "\u25cc"+string(r))
	}
	mustParse(t, "Go\u0358")
}

func TestNK23_WhoSpeaksAsOneWhoRunsThePlaceIsRefused(t *testing.T) {
	for _, name := range []string{"운영팀장", "어드민님", "GM길동", "길동GM", "관리자입니다", "admin.kim", "AdminKim", "길동운영자", "aclmin"} {
		refused(t, name, app.CodeNicknameReserved)
	}
	for _, name := range []string{"Wagstaff", "Falstaff", "Stafford", "Gmelin", "공지영", "신고은", "정부장", "노운영", "Badminton"} {
		mustParse(t, name)
	}
}
