#!/usr/bin/env bash
# Tries on a real Mac what nothing else can show: build/darwin/check.sh [APP], where APP is
# what `wails build -ldflags "-X main.version=VERSION"` makes, build/bin/munpae.app by default.
# It starts the demo on a folder of its own, asks for a look where only eyes can tell, and
# cleans up: folder and key. WKWebView keeps its things by bundle, not by folder, in
# ~/Library/WebKit/munpae.desktop: those stay. Enter skips a question. It prints "ok", "WRONG"
# or "skip" a line, then how many of each, and exits 1 if anything was wrong. Nobody has run it
# yet: it was only read, and parsed.
#
#   1  the bundle: Info.plist is well formed, its version is the program's, codesign accepts
#      what is signed, and it asks for no entitlement beyond entitlements.plist
#   2  the program starts and ends by itself when its window is closed, by Quit of its menu,
#      by what the system sends when somebody logs out (asks to let the terminal control it),
#      and by SIGTERM; minimised it comes back by the Dock
#   3  the profile: 0700, under ~/Library/Application Support when no folder is named
#   4  a second start raises the first and exits 0
#   5  loopback: only 127.0.0.0/8 is listened on, and another user is not let in (asks for sudo)
#   6  the browser opens (/usr/bin/open), and the whole road is walked, Hangul by the person's
#      own input method included
#   7  the next start is signed in: WKWebView kept the cookies, and across a kill, too
#   8  the keychain holds the key, and no file does
#   9  the doctor finds nothing wrong, the peer check and the clock included
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bundle=${1:-$here/../bin/munpae.app}
program=$bundle/Contents/MacOS/munpae
[ "$(uname)" = Darwin ] || { echo 'This is for a Mac.' >&2; exit 2; }
[ -x "$program" ] || { echo "$program is missing: wails build makes it" >&2; exit 2; }
good=0 wrong=0 skipped=0
say() { # say CODE WHAT
	if [ "$1" = 0 ]; then
		echo "ok     $2"
		good=$((good + 1))
	else
		echo "WRONG  $2"
		wrong=$((wrong + 1))
	fi
}
skip() { # skip WHAT
	echo "skip   $1"
	skipped=$((skipped + 1))
}
asked() { # asked QUESTION: its answer in $answer
	read -r -p "$1 [y/n, Enter skips] " answer </dev/tty || answer=
}
pause() { # pause WHAT: until the person has done it
	read -r -p "$1, then press Enter. " _ </dev/tty || true
}
look() { # look QUESTION WHAT: what only a person can see
	asked "$1"
	case $answer in
	'') skip "$2" ;;
	y) say 0 "$2" ;;
	*) say 1 "$2" ;;
	esac
}
# ends PID WHAT: within ten seconds.
ends() {
	local _
	for _ in $(seq 100); do
		if ! kill -0 "$1" 2>/dev/null; then
			say 0 "$2"
			return
		fi
		sleep 0.1
	done
	say 1 "$2"
	kill -9 "$1"
}
# keys of the folder's profiles, by the accounts that the keychain files them under. Attributes
# alone are read: no secret, and no question.
keys() {
	local file id
	find "$dir" -name install.json 2>/dev/null | while read -r file; do
		id=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$file")
		[ -n "$id" ] || continue
		security dump-keychain 2>/dev/null | sed -n "s/.*\"acct\"<blob>=\"\\(${id}[^\"]*\\)\".*/\\1/p"
	done
}
dir=$(mktemp -d "$HOME/munpae-check.XXXXXX") || exit 2
pid=
finish() {
	local account
	if [ -n "$pid" ]; then kill -9 "$pid" 2>/dev/null; fi
	keys | while read -r account; do security delete-generic-password -s munpae -a "$account" >/dev/null 2>&1; done
	rm -rf "$dir"
	echo "$good ok, $wrong wrong, $skipped skipped"
}
trap finish EXIT
trap 'exit 2' INT TERM
export MUNPAE_KEYSTORE=auto
start() {
	"$program" --profile "$dir" --demo &
	pid=$!
	sleep 5
}

plutil -lint -s "$bundle/Contents/Info.plist"
say $? '1 Info.plist is well formed'
version=$("$program" --version | sed 's/^munpae //; s/[~+].*//')
if [ "$version" = dev ]; then
	skip '1 the program was built without its version'
else
	[ "$(/usr/libexec/PlistBuddy -c 'Print :CFBundleShortVersionString' "$bundle/Contents/Info.plist")" = "$version" ]
	say $? '1 its version is the one of --version'
fi
signature=$(codesign -dv "$bundle" 2>&1)
case $signature in
*'not signed'* | *Signature=adhoc*) skip '1 nobody has signed it' ;;
*)
	codesign --verify --strict "$bundle"
	say $? '1 the signature holds'
	more=$(codesign -d --entitlements - --xml "$bundle" 2>/dev/null | grep -o '<key>[^<]*' | grep -vxF "$(grep -o '<key>[^<]*' "$here/entitlements.plist")")
	[ -z "$more" ]
	say $? "1 no entitlement beyond ours $more"
	;;
esac

start
kill -0 "$pid" 2>/dev/null
say $? '2 it runs'
look 'Is the sign-in of the demo on screen, in a window with its icon in the Dock?' '2 the window'
look 'Change Light and Dark in System Settings, Appearance. Do title bar and page follow?' '2 the window is as dark as the Mac'
look 'Minimise the window, then click its icon in the Dock. Is it back?' '2 it comes back by the Dock'

[ "$(stat -f %Lp "$dir/demo")" = 700 ]
say $? '3 nobody else may open the profile'

"$program" --profile "$dir" --demo
say $? '4 a second start exits 0'
look 'Did the first window come to the front?' '4 it was raised'

listening=$(lsof -nP -a -p "$pid" -iTCP -sTCP:LISTEN -Fn | sed -n 's/^n//p')
[ -n "$listening" ] && ! grep -qv '^127\.' <<<"$listening"
say $? '5 only loopback is listened on'
if [ -n "$listening" ]; then
	page="http://$(head -n 1 <<<"$listening")/"
	[ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$page")" != 000 ]
	say $? '5 this user is answered'
	asked 'May sudo ask for your password, to try as another user?'
	if [ "$answer" = y ] && sudo -u nobody true; then
		[ "$(sudo -u nobody curl -s -m 5 -o /dev/null -w '%{http_code}' "$page")" = 000 ]
		say $? '5 another user is not answered'
	else skip '5 another user'; fi
fi

look 'Press a sign-in button in the window. Does your browser show the provider of the demo?' '6 the browser opens'
look 'Finish it there and type a nickname in Hangul. Does each syllable stand as you type it, and does the window show the nickname at the end?' '6 the road to its end'

pause 'Choose Quit in the menu of the program'
ends "$pid" '2 it ends by Quit'
start
look 'Does the window show the nickname at once, without a sign-in?' '7 signed in at the next start'
kill -9 "$pid"
start
look 'It was killed and started. Does the window show the nickname again?' '7 signed in after a kill'
if osascript -e 'tell application id "munpae.desktop" to quit'; then
	ends "$pid" '2 it ends by what a log-out sends'
else
	skip '2 the terminal may not control it'
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null
fi
start
kill -TERM "$pid"
ends "$pid" '2 it ends by SIGTERM'
start
pause 'Close the window by its red button'
ends "$pid" '2 it ends with its window'
pid=

[ ! -e "$dir/demo/key" ]
say $? '8 the key is in no file'
[ -n "$(keys)" ]
say $? '8 the keychain has it'

"$program" doctor --profile "$dir" --demo
say $? '9 the doctor finds nothing wrong'

# Last, since it has a home of its own, and so no keychain.
HOME=$dir/home MUNPAE_KEYSTORE=file "$program" --demo &
pid=$!
sleep 5
[ "$(stat -f %Lp "$dir/home/Library/Application Support/munpae/demo" 2>/dev/null)" = 700 ]
say $? '3 without a folder that is named it is under ~/Library/Application Support'
kill -9 "$pid"
pid=
[ "$wrong" = 0 ]
