#!/usr/bin/env bash
# Walks the road before GNOME and KDE and with KDE 6's keyring:
# build/compositors.sh [GO-TEST-ARGUMENTS…]. `build/compositors.sh exec PROGRAM ARGUMENT…`
# runs one program there; it is what `go test -exec` calls. Needs root and a mirror of
# Debian, for a Debian 13 in ~/.cache/munpae/compositors that stays there: the keyring is
# of no older one. What can't be tried is said with its reason, and the exit code is 0.
set -uo pipefail
here=${BASH_SOURCE[0]}
tree=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/munpae/compositors

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"

if [ "${1-}" = exec ]; then
	shift
	beside "$tree" "CI=true" "MUNPAE_SCREENSHOTS=${MUNPAE_SCREENSHOTS:-}" "$@"
	exit
fi

# shellcheck source=build/packages.sh
. "$(dirname "$here")/packages.sh"
cd "$root" || exit 1
skip() {
	printf 'Not tried with GNOME and KDE: %s\n' "$*" >&2
	exit 0
}
reason=$(rootless)
[ -z "$reason" ] || skip "$reason"
packages='gnome-shell kwin-wayland kwin-style-breeze kf6-breeze-icon-theme plasma-integration qt6-wayland kwallet6 xdg-desktop-portal xdg-desktop-portal-gnome xdg-desktop-portal-kde
	xvfb dbus dbus-x11 at-spi2-core openbox xdotool wmctrl x11-utils imagemagick wl-clipboard ibus-hangul fonts-noto-cjk locales adwaita-icon-theme
	libwebkit2gtk-4.1-0 libglib2.0-bin procps iproute2'
if [ "$(cat "$tree/compositors" 2>/dev/null)" != "$packages" ]; then
	say 'A Debian 13 with GNOME and KDE' >&2
	mkdir -p "$tree"
	bare trixie "$tree" >&2 || skip 'the root could not be made.'
	chroot "$tree" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends '"${packages//$'\n'/ }"' &&
		sed -i "s/^# *\(ko_KR.UTF-8\|en_US.UTF-8\)/\1/" /etc/locale.gen && locale-gen' >"$tree.log" 2>&1 || {
		tail -n 5 "$tree.log" >&2
		skip 'GNOME and KDE could not be installed.'
	}
	printf '%s\n' "$packages" >"$tree/compositors"
fi
code=0
go test -tags desktop,production,webkit2_41,e2e,compositors -exec "$root/build/compositors.sh exec" -count=1 -timeout 15m \
	-run '^TestUnderGNOMEAndKDE' "$@" ./app/e2e || code=1
exit "$code"
