#!/usr/bin/env bash
# Walks the road before GNOME and KDE, and keeps the key in the keyrings of KDE 6:
# build/compositors.sh [GO-TEST-ARGUMENTS…]. `build/compositors.sh exec ROOT PROGRAM ARGUMENT…`
# runs one program there; it is what `go test -exec` calls. Needs root and a mirror of
# Debian, for two roots in ~/.cache/munpae that stay there: compositors, a Debian 13, and
# ksecretd, a sid, which alone has the keyring of that name. What can't be tried is said with
# its reason, and the exit code is 0.
set -uo pipefail
here=${BASH_SOURCE[0]}

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"

if [ "${1-}" = exec ]; then
	beside "$roots/$2" "CI=true" "MUNPAE_SCREENSHOTS=${MUNPAE_SCREENSHOTS:-}" "${@:3}"
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
furnished trixie "$roots/compositors" gnome-shell kwin-wayland kwin-style-breeze kf6-breeze-icon-theme plasma-integration qt6-wayland kwallet6 \
	xdg-desktop-portal xdg-desktop-portal-gnome xdg-desktop-portal-kde \
	xvfb dbus dbus-x11 at-spi2-core openbox xdotool wmctrl x11-utils imagemagick wl-clipboard ibus-hangul fcitx5-hangul fonts-noto-cjk locales adwaita-icon-theme \
	libwebkit2gtk-4.1-0 libglib2.0-bin procps iproute2 || skip 'the root of both could not be made.'
furnished sid "$roots/ksecretd" kwallet6 dbus-daemon dbus-x11 || skip 'the root of ksecretd could not be made.'
code=0
tags=desktop,production,webkit2_41
suite_is trixie "$@"
go test -tags $tags,e2e,compositors -exec "$root/build/compositors.sh exec compositors" -count=1 -timeout 15m -run '^TestUnderGNOMEAndKDE' "$@" ./app/e2e || code=1
go test -tags $tags -exec "$root/build/compositors.sh exec compositors" -count=1 -run KDE "$@" ./app/internal/keystore || code=1
suite_is sid "$@"
go test -tags $tags -exec "$root/build/compositors.sh exec ksecretd" -count=1 -run 'KDE(sKeyring(Keeps|Locked)|HasNoWallet)' "$@" ./app/internal/keystore || code=1
exit "$code"
