#!/usr/bin/env bash
# Runs the unit tests of the Windows build under Wine 10: build/wine.sh [GO-TEST-ARGUMENTS…],
# every package by default. `build/wine.sh exec PROGRAM ARGUMENT…` runs one program; it is
# what `go test -exec` calls. Needs root and a mirror of Debian, for a Debian 13 in
# ~/.cache/munpae/wine that stays there: Debian 12's Wine can't start Go programs. What
# can't be tried is said with its reason, and the exit code is 0.
set -uo pipefail
here=${BASH_SOURCE[0]}

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"
tree=$roots/wine

# inside COMMAND…: in the root, at the same folder as outside.
inside() {
	(
		umask 077 # Wine makes access lists of modes
		beside "$tree" XDG_RUNTIME_DIR=/root WINEDEBUG=-all "$@"
	)
}

if [ "${1-}" = exec ]; then
	shift
	# By way of a file: services that the system starts meanwhile would hold a pipe open
	# that go test waits for.
	said=$(mktemp)
	inside wine "$@" >"$said" 2>&1
	code=$?
	cat "$said"
	rm -f "$said"
	exit "$code"
fi

# shellcheck source=build/packages.sh
. "$(dirname "$here")/packages.sh"
cd "$root" || exit 1
skip() {
	printf 'Not tried under Wine: %s\n' "$*" >&2
	exit 0
}
reason=$(rootless)
[ -z "$reason" ] || skip "$reason"
furnished trixie "$tree" wine64 wine || skip 'its root could not be made.'
if [ ! -e "$tree/wine" ]; then
	inside wineboot --init >/dev/null 2>&1
	touch "$tree/wine"
fi
if [ ! -e "$tree/screenless" ]; then # its windows need no display
	inside wine reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f >/dev/null 2>&1 && touch "$tree/screenless"
fi
trap 'inside wineserver --kill >/dev/null 2>&1' EXIT
# Without packages: all but the directory's server, which is a program for Linux.
if [[ " $* " != *' ./'* ]]; then
	set -- "$@" -timeout 10m -count=1 $(go list ./app/internal/... | grep -Ev '/(directory|postgres)(/|$)') ./app/verify/...
fi
GOOS=windows CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go test -exec "$root/build/wine.sh exec" "$@"
