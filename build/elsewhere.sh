#!/usr/bin/env bash
# Runs end-to-end tests with the WebKitGTK of other Debians: build/elsewhere.sh
# GO-TEST-ARGUMENTS…, the tags among them, each in a root of its own in ~/.cache/munpae/SUITE
# that stays there.
# `build/elsewhere.sh exec SUITE PROGRAM ARGUMENT…` runs one program there; it is what
# `go test -exec` calls. MUNPAE_SUITES names the suites; trixie and sid without it. Needs
# root and a mirror of Debian. What can't be tried is said with its reason, and costs nothing.
set -uo pipefail
here=${BASH_SOURCE[0]}

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"

if [ "${1-}" = exec ]; then
	beside "$roots/$2" "MUNPAE_SCREENSHOTS=${MUNPAE_SCREENSHOTS:+$MUNPAE_SCREENSHOTS/$2}" "${@:3}"
	exit
fi

# shellcheck source=build/packages.sh
. "$(dirname "$here")/packages.sh"
cd "$root" || exit 1

reason=$(rootless)
if [ -n "$reason" ]; then
	printf 'Not tried elsewhere: %s\n' "$reason" >&2
	exit 0
fi
code=0
for suite in ${MUNPAE_SUITES:-trixie sid}; do
	if ! furnished "$suite" "$roots/$suite" libwebkit2gtk-4.1-0 xvfb dbus dbus-x11 at-spi2-core openbox xdotool wmctrl xclip x11-utils imagemagick fonts-noto-cjk locales \
		procps iproute2 xsettingsd; then
		printf 'Not tried on %s: its root could not be made.\n' "$suite" >&2
		continue
	fi
	# shellcheck disable=SC2016 # dpkg's own
	printf '%s has WebKitGTK %s\n' "$suite" "$(chroot "$roots/$suite" dpkg-query -W -f '${Version}' libwebkit2gtk-4.1-0)" >&2
	suite_is "$suite" "$@"
	go test -exec "$root/build/elsewhere.sh exec $suite" -count=1 -timeout 15m "$@" ./app/e2e || code=1
done
exit "$code"
