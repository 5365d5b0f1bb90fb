#!/usr/bin/env bash
# Installs what is missing and runs everything. With a name it runs one part:
# unit, frontend, windows, e2e, faults, directory, attacks, desktops. attacks alone runs what
# plays an attacker; the whole runs that among the rest, and counts it. desktops alone runs
# all unit tests of the Windows build under Wine (wine.sh), the whole those that are quick.
# embed, bare, packages and arm64 are no part of the whole: the first builds programs outside
# the tree, the second does both commands over again on bare systems (bare.sh), the third
# builds, reads, installs and updates what is published (installed.sh), the fourth runs the
# unit tests of the arm64 build under QEMU (arm64.sh). Of every screen in a browser, which
# frontend and desktops look at in each of its looks, the whole looks at one: axe, 320 pixels,
# how large what is pressed is. What desktops takes alone is no part of it: every size of letters,
# here and with the WebKitGTK of other Debians (elsewhere.sh), and GNOME and KDE in a Debian of
# their own (compositors.sh).
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root" || exit 1
part=${1-all}
if [ "$part" = bare ]; then exec build/bare.sh "${@:2}"; fi
if [ "$part" = packages ]; then exec build/installed.sh "${@:2}"; fi
if [ "$part" = arm64 ]; then exec build/arm64.sh "${@:2}"; fi
case $part in
all | unit | frontend | windows | e2e | faults | directory | attacks | desktops | embed) ;;
*) part= ;;
esac
if [ -z "$part" ] || [ $# -gt 1 ]; then
	echo 'usage: build/test.sh [unit|frontend|windows|e2e|faults|directory|attacks|desktops|embed|bare|packages|arm64]' >&2
	exit 2
fi
wants() { [ "$part" = all ] || [ "$part" = "$1" ]; }

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
broken=0
export CGO_ENABLED=1
tags=desktop,production,webkit2_41

# step NAME COMMAND… runs one step that has no tests of its own to count.
step() {
	say "$1"
	shift
	"$@" || broken=$((broken + 1))
}

# tests NAME GO-TEST-ARGUMENTS… runs Go tests and keeps what they report.
tests() {
	say "$1"
	local file=$out/$RANDOM$RANDOM.json
	shift
	go test -json "$@" >"$file"
	go run ./build/summary "$file" || broken=$((broken + 1))
	cat "$file" >>"$out/go.json"
}

# elsewhere NAME FILE COMMAND… runs Go tests by a script that has a system of its own for them,
# and keeps what they report in that file; where it has none there is nothing to count.
elsewhere() {
	say "$1"
	local file=$out/$2
	"${@:3}" >"$file"
	if [ -s "$file" ]; then go run ./build/summary "$file" || broken=$((broken + 1)); fi
}

packages=(xvfb dbus-x11 at-spi2-core openbox xdotool wmctrl imagemagick fonts-noto-cjk xdg-utils 'chromium|chromium-browser'
	gnome-keyring ibus-hangul ibus-gtk3 fcitx5-hangul fcitx5-frontend-gtk3 nabi locales xclip x11-utils sqlite3 poppler-utils strace procps iproute2 git curl sway grim weston wl-clipboard bubblewrap xsettingsd)
if [ "$part" = directory ]; then packages=(git); fi
if wants unit || wants directory; then packages+=(postgresql nginx-light); fi
if wants directory; then packages+=(caddy sqlite3); fi
if wants windows || wants desktops; then packages+=(gcc-mingw-w64-x86-64 nsis); fi
need "${packages[@]}" || exit 1
# KDE's keyring, where this Debian has it in a package of its own.
if [ "$part" != directory ] && apt-cache show libkf5wallet-bin >/dev/null 2>&1; then need libkf5wallet-bin || exit 1; fi
if [ "$part" != directory ]; then need_locales ko_KR en_US || exit 1; fi
if [ "$part" = directory ]; then build/build.sh directory; else build/build.sh; fi || fail 'The build failed: nothing was tested.'

if wants unit || wants directory; then
	step 'An ordinary JWT library in Node' npm ci --silent --no-audit --no-fund --prefix app/verify/testdata/node
fi
if wants unit; then
	step 'go vet' go vet -tags "$tags" ./...
	step 'go vet, end-to-end suite and faults' go vet -tags "$tags,$more_tags" ./app/e2e ./app/faults ./app/internal/sqlite
	tests 'Unit and property tests, with the race detector' -race -tags "$tags" -timeout 20m ./...
fi
if wants unit; then
	step 'Independent OpenID providers: packages' npm ci --silent --no-audit --no-fund --prefix app/internal/provider/testdata/oidc-provider
	tests 'Independent OpenID providers' -tags independent -run 'Independent|Zitadel' -timeout 10m -count=1 ./app/internal/provider
fi
# declarations compares frontend/wailsjs with what the Wails CLI would write now.
declarations() {
	go build -tags desktop,bindings,webkit2_41 -o "$out/bindings" . || return
	mkdir "$out/declared" && cp wails.json "$out/declared" || return
	(cd "$out/declared" && tsoutputtype=interfaces "$out/bindings" >/dev/null) || return
	diff -r "$out/declared/frontend/wailsjs" frontend/wailsjs || {
		echo 'frontend/wailsjs is behind the Go methods. Write it anew: wails generate module -tags webkit2_41' >&2
		return 1
	}
}
# built compares frontend/dist, which travels in the module, with what its sources make:
# build.sh has just made it.
built() {
	[ -e .git ] || return 0
	[ -z "$(git status --porcelain -- frontend/dist)" ] || {
		git status --short -- frontend/dist >&2
		echo 'frontend/dist is not what its sources make: commit it as it was built just now' >&2
		return 1
	}
}
if wants frontend; then
	step 'Front end: the built page is what its sources make' built
	step 'Front end: wailsjs is what the Go methods are' declarations
	step 'Front end: types' npm --prefix frontend run --silent check
	say 'Front end: tests'
	(cd frontend && npm run --silent test -- --reporter=default --reporter=json --outputFile="$out/vitest.json") || broken=$((broken + 1))
fi
# One picture after another, every look for longer than the front end's other tests together: the whole takes one.
if wants frontend || wants desktops; then
	if [ "$part" = all ]; then
		say 'Front end: every screen in a browser, in one look: axe, 320 pixels, what is pressed'
		look=(page/quick.test.ts)
	else
		say 'Front end: every screen in a browser: axe, 320 pixels, forced colours, contrast, motion, the focus in pixels'
		look=()
	fi
	(cd frontend && npm run --silent page -- "${look[@]}" --reporter=dot --reporter=json --outputFile="$out/page.json") || broken=$((broken + 1))
fi
if wants windows; then
	step 'macOS: every Go file, type-checked without the headers of its SDK' go run ./build/types -tags desktop,production darwin/arm64 darwin/amd64
	step 'Windows: the program and its installer' build/windows/build.sh "$out"
fi
if wants e2e; then
	tests 'End to end: the real window' -tags "$tags,e2e" -timeout 40m -count=1 ./app/e2e
fi
# It downloads from npm and the Go module proxy, so it is no part of the whole.
if [ "$part" = embed ]; then
	tests 'Programs outside the tree, by the module alone' -tags "$tags,e2e,embed" -timeout 30m -count=1 -run 'TestEM2' ./app/e2e
fi
if wants faults; then
	tests 'Faults and crashes' -tags "$tags,faults,crashtest" -timeout 20m -count=1 ./app/faults ./app/internal/sqlite
fi
if wants directory; then
	step 'go vet, the directory' go vet -tags directory ./app/internal/directory/... ./app/internal/postgres/... ./app/internal/remote ./app/verify ./app/cmd/munpae-directory
	tests 'The directory, on SQLite and PostgreSQL' -tags directory -timeout 15m -count=1 \
		./app/internal/directory/... ./app/internal/postgres/... ./app/internal/remote ./app/verify ./app/cmd/munpae-directory
fi

# attackers are the rows of app/docs/security.md that build/summary counts by kind.
attackers='^Test(AC|AL|AT|CB|CF|CK|CR|DB|DL|DV|FP|HT|KS|NK|PE|PF|PJ|PK|RC|RR|SE|ST|TK|TM|WV)[0-9][0-9]_'
if [ "$part" = attacks ]; then
	tests 'Attacks on the running program' -tags "$tags,e2e" -run "$attackers" -timeout 20m -count=1 ./app/e2e
	tests 'Attacks on its parts' -tags "$tags" -run "$attackers" -timeout 10m -count=1 ./app/internal/...
fi
if [ "$part" = desktops ]; then
	letters=TestUX_WithEveryTextSizeOfTheDesktop
	tests 'The desktops: what the portal says, Wayland, a screen reader, Hangul' -tags "$tags,e2e" -timeout 15m -count=1 \
		-run 'Appearance|Accent|Theme|Wayland|ScreenReader|Hangul|XIM|Composition|Syllable|UX_|ByKeyboardAlone|InASandbox' ./app/e2e
	tests 'Every size of letters on a small screen, with this WebKitGTK' -tags "$tags,e2e,letters" -timeout 20m -count=1 -run "$letters" ./app/e2e
	elsewhere 'Every size of letters on a small screen, with those of other Debians' elsewhere.json build/elsewhere.sh -json -tags "$tags,e2e,letters" -run "$letters"
	elsewhere 'GNOME and KDE, in a Debian of their own' compositors.json build/compositors.sh -json
fi
if wants desktops; then
	quick=()
	if [ "$part" = all ]; then quick=(-timeout 5m -count=1 ./app/internal/{config,desktop,doctor,files,journal,nickname,profile,redirect,webview,words}); fi
	elsewhere 'Unit tests of the Windows build, under Wine' wine.json build/wine.sh -json "${quick[@]}"
	if [ ! -e "$out/munpae-setup.exe" ]; then step 'Windows: the program and its installer' build/windows/build.sh "$out"; fi
	step 'Windows: installed, started and removed, under Wine' build/windows/installed.sh "$out"
fi
if [ "$part" = attacks ] || [ "$part" = all ]; then
	say 'Attacks'
	go run ./build/summary -attacks "$out/go.json"
fi
if wants desktops; then
	say 'Desktops'
	files=()
	for f in "$out/go.json" "$out/elsewhere.json" "$out/compositors.json" "$out/wine.json"; do if [ -s "$f" ]; then files+=("$f"); fi; done
	go run ./build/summary -desktops "${files[@]}"
fi

say 'Summary'
files=()
for f in "$out/go.json" "$out/elsewhere.json" "$out/compositors.json" "$out/wine.json" "$out/vitest.json" "$out/page.json"; do if [ -s "$f" ]; then files+=("$f"); fi; done
go run ./build/summary -total -also-failed "$broken" "${files[@]}"
