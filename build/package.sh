#!/usr/bin/env bash
# Builds build/bin/munpae_<version>_<arch>.deb and .tar.gz.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root"
build/build.sh
need imagemagick dpkg

# Debian orders versions by their first digit; a bare commit has none before it.
version=$(git describe --tags --always --dirty 2>/dev/null || echo unversioned)
case $version in
v[0-9]*) version=${version#v} ;;
[0-9]*.*) ;;
*) version="0.1.0~$version" ;;
esac
version=${version//-/+}
arch=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tree=$stage/deb

install -Dm755 build/bin/munpae "$tree/usr/bin/munpae"
install -Dm644 build/linux/munpae.desktop "$tree/usr/share/applications/munpae.desktop"
install -Dm644 build/appicon.svg "$tree/usr/share/icons/hicolor/scalable/apps/munpae.svg"
for size in 48 128 256 512; do
	dir=$tree/usr/share/icons/hicolor/${size}x$size/apps
	mkdir -p "$dir"
	convert build/appicon.png -resize "${size}x$size" "$dir/munpae.png"
done
install -Dm644 README.md "$tree/usr/share/doc/munpae/README.md"

# What is linked into the program, each with the licence that it came under.
licences() {
	local path dir text
	go list -deps -tags desktop,production,webkit2_41 -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}' . | sort -u |
		while read -r path dir; do
			for text in "$dir"/LICEN[CS]E*; do printf '\n==== %s\n\n' "$path" && cat "$text"; done
		done
	printf '\n==== Go\n\n' && cat "$(go env GOROOT)/LICENSE"
	printf '\n==== Svelte\n\n' && cat frontend/node_modules/svelte/LICENSE.md
	printf '\n==== clsx\n\n' && cat frontend/node_modules/clsx/license
	printf '\n==== Unicode confusables\n\n' && cat app/internal/nickname/confusables_license.txt
}
{ echo 'Munpae contains what follows, each under its own licence.' && licences; } >"$stage/copyright"
install -Dm644 "$stage/copyright" "$tree/usr/share/doc/munpae/copyright"

mkdir -p "$stage/munpae-$version"
cp -a "$tree/usr/." "$stage/munpae-$version/"
tar -C "$stage" --owner=0 --group=0 -czf "build/bin/munpae_${version}_$arch.tar.gz" "munpae-$version"

mkdir -p "$tree/DEBIAN"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: munpae
Version: $version
Architecture: $arch
Section: utils
Priority: optional
Maintainer: Munpae <munpae@localhost>
Installed-Size: $(du -sk "$tree/usr" | cut -f1)
Depends: libc6 (>= 2.34), libgtk-3-0 | libgtk-3-0t64, libwebkit2gtk-4.1-0 (>= 2.40), xdg-utils
Recommends: fonts-noto-cjk, gnome-keyring
Description: sign in with NAVER or GitHub through your own browser
 A nameplate beside the door: sign in once through the browser you already use,
 choose a nickname, and the app opens signed in from then on, online or offline.
CONTROL
dpkg-deb --root-owner-group -Zxz --build "$tree" "build/bin/munpae_${version}_$arch.deb" >/dev/null
ls -l "build/bin/munpae_${version}_$arch".*
