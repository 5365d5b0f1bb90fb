#!/usr/bin/env bash
# Builds build/bin/munpae-directory_VERSION_ARCH.deb: the service with a user, a unit,
# its settings and examples. The same commit makes the same bytes. For another
# architecture as package.sh does.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/../packages.sh"
cd "$root"
whole
mended
arch=${MUNPAE_ARCH:-$(dpkg --print-architecture)}
[ -n "${MUNPAE_ARCH:-}" ] || build/build.sh directory
need dpkg dpkg-dev

version=$(version)
SOURCE_DATE_EPOCH=$(git show -s --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C.UTF-8
umask 022
tree=$(mktemp -d)
trap 'rm -rf "$tree" "$tree.shlibs"' EXIT
chmod 755 "$tree"

install -Dm755 "build/bin${MUNPAE_ARCH:+/$MUNPAE_ARCH}/munpae-directory" "$tree/usr/bin/munpae-directory"
install -Dm644 build/directory/munpae-directory.service "$tree/usr/lib/systemd/system/munpae-directory.service"
install -Dm640 build/directory/environment "$tree/etc/munpae-directory/environment"
doc=$tree/usr/share/doc/munpae-directory
for file in build/directory/nginx.conf build/directory/Caddyfile app/docs/directory.md; do install -Dm644 "$file" "$doc/${file##*/}"; done
zipped() { install -d "$(dirname "$2")" && gzip -9nc "$1" >"$2"; }
sed -e "s/@VERSION@/$version/" -e "s/@DATE@/$(date -d "@$SOURCE_DATE_EPOCH" +%F)/" build/directory/munpae-directory.1 >"$tree/manual"
zipped "$tree/manual" "$tree/usr/share/man/man1/munpae-directory.1.gz"
printf 'munpae-directory (%s) unstable; urgency=medium\n\n  * Commit %s.\n\n -- Munpae <munpae@munpae.example>  %s\n' \
	"$version" "$(git rev-parse HEAD 2>/dev/null || echo unknown)" "$(date -R -d "@$SOURCE_DATE_EPOCH")" >"$tree/changelog"
zipped "$tree/changelog" "$doc/changelog.gz"
rm "$tree/manual" "$tree/changelog"
install -Dm644 build/directory/lintian-overrides "$tree/usr/share/lintian/overrides/munpae-directory"

# What is linked in, each with what it came under.
{
	printf 'Munpae\nCopyright Munpae\nLicensed under the Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0\n\nIt contains what follows, each under its own licence.\n'
	linked ./app/cmd/munpae-directory |
		while read -r path release dir; do
			printf '\n==== %s %s\n\n' "$path" "$release"
			for text in "$dir"/LICEN[CS]E*; do
				if grep -q 'Apache License' "$text" && grep -q 'Version 2.0, January 2004' "$text"; then
					echo 'Licensed under the Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0'
				else
					cat "$text"
				fi
			done
		done
	printf '\n==== Go\n\n' && cat "$(go env GOROOT)/LICENSE"
	printf '\n==== Unicode confusables\n\n' && cat app/internal/nickname/confusables_license.txt
} >"$doc/copyright"

mkdir -p "$tree/DEBIAN"
needs=$(depends "$tree/usr/bin/munpae-directory" "$tree.shlibs")
install -m755 build/directory/postinst build/directory/prerm build/directory/postrm "$tree/DEBIAN/"
echo /etc/munpae-directory/environment >"$tree/DEBIAN/conffiles"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: munpae-directory
Version: $version
Architecture: $arch
Section: net
Priority: optional
Maintainer: Munpae <munpae@munpae.example>
Homepage: https://munpae.example/
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Depends: $needs, adduser
Suggests: postgresql, nginx | caddy
Description: one Munpae account on every computer
 The service that keeps people, nicknames and sessions for all copies of a
 program with Munpae's sign-in: on SQLite, or on PostgreSQL with as many
 replicas as needed.
CONTROL
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$tree" "build/bin/munpae-directory_${version}_$arch.deb" >/dev/null
ls -l "build/bin/munpae-directory_${version}_$arch.deb"
