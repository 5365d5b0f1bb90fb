#!/usr/bin/env bash
# Tries on a real Mac what nothing else can show: build/darwin/check.sh [APP], where APP is
# what `wails build` makes, build/bin/munpae.app by default. It starts the demo on a folder
# of its own, asks for a look where only eyes can tell, and cleans up. It prints "ok" or
# "WRONG" a line and exits 1 if anything was wrong. Nobody has run it yet.
#
#   1  the bundle: Info.plist is well formed, its version is the program's, codesign accepts
#      what is signed, and it asks for no entitlement beyond entitlements.plist
#   2  the program starts and ends by itself when its window is closed, by Quit of its menu,
#      and by what the system sends when somebody logs out; minimised it comes back by the Dock
#   3  the profile: 0700, under ~/Library/Application Support when no folder is named
#   4  a second start raises the first and exits 0
#   5  loopback: only 127.0.0.1 is listened on, and another user is not let in (asks for sudo)
#   6  the browser opens (/usr/bin/open), and the whole road is walked
#   7  the next start is signed in: WKWebView kept the cookies, and across a kill, too
#   8  the keychain holds the key, and no file does
#   9  the doctor finds nothing wrong, the peer check and the clock included
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bundle=${1:-$here/../bin/munpae.app}
program=$bundle/Contents/MacOS/munpae
[ "$(uname)" = Darwin ] || { echo 'This is for a Mac.' >&2; exit 2; }
[ -x "$program" ] || { echo "$program is missing: wails build makes it" >&2; exit 2; }
wrong=0
say() { # say CODE WHAT
	if [ "$1" = 0 ]; then echo "ok     $2"; else
		echo "WRONG  $2"
		wrong=$((wrong + 1))
	fi
}
ask() { # ask QUESTION
	local answer
	read -r -p "$1 [y/n] " answer </dev/tty
	[ "$answer" = y ]
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
dir=$(mktemp -d "$HOME/munpae-check.XXXXXX")
pid=
trap 'if [ -n "$pid" ]; then kill -9 "$pid" 2>/dev/null; fi; rm -rf "$dir"' EXIT
export MUNPAE_KEYSTORE=auto
start() {
	"$program" --profile "$dir" --demo &
	pid=$!
	sleep 5
}

plutil -lint -s "$bundle/Contents/Info.plist"
say $? '1 Info.plist is well formed'
[ "munpae $(plutil -extract CFBundleShortVersionString raw "$bundle/Contents/Info.plist")" = "$("$program" --version | cut -d'~' -f1)" ]
say $? '1 its version is the one of --version'
if codesign -dv "$bundle" 2>/dev/null; then
	codesign --verify --strict "$bundle"
	say $? '1 the signature holds'
	asked=$(codesign -d --entitlements - --xml "$bundle" 2>/dev/null | grep -c '<key>')
	[ "$asked" = "$(grep -c '<key>' "$here/entitlements.plist")" ]
	say $? '1 no entitlement beyond ours'
else echo 'skip   1 it is not signed'; fi

start
kill -0 "$pid"
say $? '2 it runs'
ask 'Is the sign-in of the demo on screen, in a window with its icon in the Dock?'
say $? '2 the window'
ask 'Minimise the window, then click its icon in the Dock. Is it back?'
say $? '2 it comes back by the Dock'

[ "$(stat -f %Lp "$dir/demo")" = 700 ]
say $? '3 nobody else may open the profile'

"$program" --profile "$dir" --demo
say $? '4 a second start exits 0'
ask 'Did the first window come to the front?'
say $? '4 it was raised'

listening=$(lsof -nP -a -p "$pid" -iTCP -sTCP:LISTEN -Fn | sed -n 's/^n//p')
[ -n "$listening" ] && ! grep -qv '^127\.' <<<"$listening"
say $? '5 only loopback is listened on'
if ask 'May sudo ask for your password, to try as another user?'; then
	said=$(sudo -u nobody curl -s -m 5 "http://$(head -n 1 <<<"$listening")/")
	[ -z "$said" ]
	say $? '5 another user is not answered'
else echo 'skip   5 another user'; fi

ask 'Press a sign-in button in the window. Does your browser show the provider of the demo?'
say $? '6 the browser opens'
ask 'Finish it there and choose a nickname. Does the window show it?'
say $? '6 the road to its end'

ask 'Choose Quit in the menu of the program. Press y after that.'
ends "$pid" '2 it ends by Quit'
start
ask 'Does the window show the nickname at once, without a sign-in?'
say $? '7 signed in at the next start'
kill -9 "$pid"
start
ask 'It was killed and started. Does the window show the nickname again?'
say $? '7 signed in after a kill'
kill -TERM "$pid"
ends "$pid" '2 it ends by what a log-out sends'
start
ask 'Close the window by its red button. Press y after that.'
ends "$pid" '2 it ends with its window'
pid=

[ ! -e "$dir/demo/key" ]
say $? '8 the key is in no file'
security dump-keychain 2>/dev/null | grep -q '"svce"<blob>="munpae'
say $? '8 the keychain has it'

"$program" doctor --profile "$dir" --demo
say $? '9 the doctor finds nothing wrong'
echo "$wrong wrong"
[ "$wrong" = 0 ]
