#!/usr/bin/env bash
# Walks the road with Orca 48 and compares what it says: build/reader.sh [GO-TEST-ARGUMENTS…].
# `build/reader.sh exec PROGRAM ARGUMENT…` runs one program there; it is what
# `go test -exec` calls. Needs root and a mirror of Debian, for a Debian 13 in
# ~/.cache/munpae/reader that stays there: older readers don't hear what a window announces.
# MUNPAE_GOLDEN=write writes down what was said. What can't be tried is said with its
# reason, and the exit code is 0.
set -uo pipefail
here=${BASH_SOURCE[0]}

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"
tree=$roots/reader

# inside COMMAND…: in the root, at the same folder as outside.
inside() {
	beside "$tree" "MUNPAE_GOLDEN=${MUNPAE_GOLDEN:-}" "MUNPAE_SCREENSHOTS=${MUNPAE_SCREENSHOTS:-}" "$@"
}

if [ "${1-}" = exec ]; then
	shift
	inside "$@"
	exit
fi

# shellcheck source=build/packages.sh
. "$(dirname "$here")/packages.sh"
cd "$root" || exit 1
skip() {
	printf 'Not tried with Orca: %s\n' "$*" >&2
	exit 0
}
reason=$(rootless)
[ -z "$reason" ] || skip "$reason"
furnished trixie "$tree" orca speech-dispatcher xvfb dbus dbus-x11 at-spi2-core openbox xdotool wmctrl xclip x11-utils imagemagick fonts-noto-cjk locales \
	libwebkit2gtk-4.1-0 procps iproute2 || skip 'its root could not be made.'
# Each by a process of its own: an Orca does not come up after another one was killed.
code=0
for walk in TheRoad WhatGoesWrong TheAccount; do
	for language in ko en; do
		go test -tags desktop,production,webkit2_41,e2e,reader -exec "$root/build/reader.sh exec" -count=1 -timeout 10m \
			-run "^TestOrcaReads$walk$/^$language$" "$@" ./app/e2e || code=1
	done
done
exit "$code"
