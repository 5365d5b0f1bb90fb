#!/usr/bin/env bash
# Runs end-to-end tests with the WebKitGTK of other Debians: build/elsewhere.sh
# GO-TEST-ARGUMENTS…, the tags among them, each in a root of its own in ~/.cache/munpae/SUITE
# that stays there.
# `build/elsewhere.sh exec SUITE PROGRAM ARGUMENT…` runs one program there; it is what
# `go test -exec` calls. MUNPAE_SUITES names the suites; trixie and sid without it. Needs
# root and a mirror of Debian. What can't be tried is said with its reason, and costs nothing.
set -uo pipefail
here=${BASH_SOURCE[0]}
trees=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/munpae

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"

if [ "${1-}" = exec ]; then
	beside "$trees/$2" "MUNPAE_SCREENSHOTS=${MUNPAE_SCREENSHOTS:+$MUNPAE_SCREENSHOTS/$2}" "${@:3}"
	exit
fi

# shellcheck source=build/packages.sh
. "$(dirname "$here")/packages.sh"
cd "$root" || exit 1

# furnished SUITE: its root, with a desktop.
furnished() {
	local tree=$trees/$1
	[ ! -e "$tree/furnished" ] || return 0
	say "A $1 with WebKitGTK"
	mkdir -p "$tree"
	bare "$1" "$tree" || return
	chroot "$tree" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		libwebkit2gtk-4.1-0 xvfb dbus dbus-x11 at-spi2-core openbox xdotool wmctrl xclip x11-utils imagemagick fonts-noto-cjk locales procps iproute2 xsettingsd &&
		sed -i "s/^# *\(ko_KR.UTF-8\|en_US.UTF-8\)/\1/" /etc/locale.gen && locale-gen' >"$tree.log" 2>&1 || {
		tail -n 5 "$tree.log"
		return 1
	}
	touch "$tree/furnished"
}

reason=$(rootless)
if [ -n "$reason" ]; then
	printf 'Not tried elsewhere: %s\n' "$reason" >&2
	exit 0
fi
code=0
for suite in ${MUNPAE_SUITES:-trixie sid}; do
	if ! furnished "$suite" >&2; then
		printf 'Not tried on %s: its root could not be made.\n' "$suite" >&2
		continue
	fi
	# shellcheck disable=SC2016 # dpkg's own
	printf '%s has WebKitGTK %s\n' "$suite" "$(chroot "$trees/$suite" dpkg-query -W -f '${Version}' libwebkit2gtk-4.1-0)" >&2
	go test -exec "$root/build/elsewhere.sh exec $suite" -count=1 -timeout 15m "$@" ./app/e2e || code=1
done
exit "$code"
