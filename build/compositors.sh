#!/usr/bin/env bash
# Walks the road before GNOME and KDE, and keeps the key in the keyrings of KDE 6:
# build/compositors.sh [GO-TEST-ARGUMENTS…]. `build/compositors.sh exec ROOT PROGRAM ARGUMENT…`
# runs one program there; it is what `go test -exec` calls. Needs root and a mirror of
# Debian, for two roots in ~/.cache/munpae that stay there: compositors, a Debian 13, and
# ksecretd, a sid, which alone has the keyring of that name. What can't be tried is said with
# its reason, and the exit code is 0.
set -uo pipefail
here=${BASH_SOURCE[0]}
trees=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/munpae

# shellcheck source=build/roots.sh
. "$(dirname "$here")/roots.sh"

if [ "${1-}" = exec ]; then
	tree=$trees/$2
	shift 2
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
	xvfb dbus dbus-x11 at-spi2-core openbox xdotool wmctrl x11-utils imagemagick wl-clipboard ibus-hangul fcitx5-hangul fonts-noto-cjk locales adwaita-icon-theme
	libwebkit2gtk-4.1-0 libglib2.0-bin procps iproute2'
# ready SUITE NAME PACKAGES [COMMAND]: the root of that name has those packages.
ready() {
	local tree=$trees/$2 packages
	packages=$(printf '%s' "$3" | tr -s '\n\t ' ' ')
	if [ "$(cat "$tree/ready" 2>/dev/null)" = "$packages" ]; then return; fi
	say "A Debian $1 for $2" >&2
	mkdir -p "$tree"
	bare "$1" "$tree" >&2 || skip "the root $2 could not be made."
	chroot "$tree" sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages && ${4-true}" >"$tree.log" 2>&1 || {
		tail -n 5 "$tree.log" >&2
		skip "$2 could not be installed."
	}
	printf '%s\n' "$packages" >"$tree/ready"
}
ready trixie compositors "$packages" 'sed -i "s/^# *\(ko_KR.UTF-8\|en_US.UTF-8\)/\1/" /etc/locale.gen && locale-gen'
ready sid ksecretd 'kwallet6 dbus-daemon dbus-x11'
code=0
tags=desktop,production,webkit2_41
go test -tags $tags,e2e,compositors -exec "$root/build/compositors.sh exec compositors" -count=1 -timeout 15m -run '^TestUnderGNOMEAndKDE' "$@" ./app/e2e || code=1
go test -tags $tags -exec "$root/build/compositors.sh exec compositors" -count=1 -run KDE "$@" ./app/internal/keystore || code=1
go test -tags $tags -exec "$root/build/compositors.sh exec ksecretd" -count=1 -run 'KDE(sKeyring(Keeps|Locked)|HasNoWallet)' "$@" ./app/internal/keystore || code=1
exit "$code"
