#!/usr/bin/env bash
# Builds what is published, in build/bin: munpae_VERSION_ARCH.deb, .rpm and .tar.gz,
# what they are made of (CycloneDX, one file for Go and one for npm), how they
# were made (SLSA provenance) and their checksums. The same commit makes the same
# bytes.
#
# For another architecture (arm64.sh): MUNPAE_ARCH names it, its programs are in
# build/bin/ARCH already, and MUNPAE_ADMINDIR is a dpkg database that knows its libraries.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root"
whole
mended
arch=${MUNPAE_ARCH:-$(dpkg --print-architecture)}
bin=build/bin${MUNPAE_ARCH:+/$MUNPAE_ARCH}
[ -n "${MUNPAE_ARCH:-}" ] || build/build.sh
need imagemagick dpkg dpkg-dev rpm

version=$(version)
commit=$(git rev-parse HEAD 2>/dev/null || echo unknown)
SOURCE_DATE_EPOCH=$(git show -s --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C.UTF-8
umask 022
name=munpae_${version}_$arch
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tree=$stage/tree

# put MODE FROM TO installs one file.
put() { install -Dm"$1" "$2" "$tree/usr/$3"; }
# filled FILE is FILE with its version and date.
filled() {
	sed -e "s/@VERSION@/$version/" -e "s/@DATE@/$(date -d "@$SOURCE_DATE_EPOCH" +%F)/" "$1" >"$stage/filled"
	echo "$stage/filled"
}
zipped() {
	gzip -9nc "$1" >"$stage/zipped"
	echo "$stage/zipped"
}

put 755 "$bin/munpae" bin/munpae
put 644 build/linux/munpae.desktop share/applications/munpae.desktop
put 644 "$(filled build/linux/munpae.metainfo.xml)" share/metainfo/example.munpae.munpae.metainfo.xml
put 644 "$(zipped "$(filled build/linux/munpae.1)")" share/man/man1/munpae.1.gz
put 644 build/linux/completion/munpae.bash share/bash-completion/completions/munpae
put 644 build/linux/completion/munpae.zsh share/zsh/site-functions/_munpae
put 644 build/linux/completion/munpae.fish share/fish/vendor_completions.d/munpae.fish
put 644 build/appicon.svg share/icons/hicolor/scalable/apps/munpae.svg
for size in 16 22 24 32 48 64 128 256 512; do
	convert build/appicon.png -resize "${size}x$size" -strip -define png:exclude-chunks=date,time "$stage/icon.png"
	put 644 "$stage/icon.png" "share/icons/hicolor/${size}x$size/apps/munpae.png"
done
put 644 "$(zipped README.md)" share/doc/munpae/README.md.gz
put 644 "$(zipped app/docs/README.ko.md)" share/doc/munpae/README.ko.md.gz
put 644 "$(zipped app/docs/security.md)" share/doc/munpae/security.md.gz

# copyright: ours, then each that is linked in with what it came under. Debian has
# the text of Apache-2.0 at hand and wants it named, not copied.
copyright() {
	local path dir text
	printf 'Munpae\nCopyright Munpae\nLicensed under the Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0\n\n'
	echo 'It contains what follows, each under its own licence.'
	linked . -tags desktop,production,webkit2_41 |
		while read -r path dir text; do
			printf '\n==== %s %s\n\n' "$path" "$dir"
			for text in "$text"/LICEN[CS]E*; do
				if grep -q 'Apache License' "$text" && grep -q 'Version 2.0, January 2004' "$text"; then
					echo 'Licensed under the Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0'
				else
					cat "$text"
				fi
			done
		done
	printf '\n==== Go\n\n' && cat "$(go env GOROOT)/LICENSE"
	printf '\n==== Svelte\n\n' && cat frontend/node_modules/svelte/LICENSE.md
	printf '\n==== clsx\n\n' && cat frontend/node_modules/clsx/license
	printf '\n==== Unicode confusables\n\n' && cat app/internal/nickname/confusables_license.txt
}
copyright >"$stage/copyright"
put 644 "$stage/copyright" share/doc/munpae/copyright

# The .tar.gz, for any system: with the text that Debian has at hand.
mkdir "$stage/munpae-$version"
cp -a "$tree/usr/." "$stage/munpae-$version/"
install -m644 build/LICENSE "$stage/munpae-$version/share/doc/munpae/LICENSE"
tar -C "$stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "munpae-$version" | gzip -9n >"build/bin/$name.tar.gz"

# The .rpm, before Debian's own files are added. What it needs rpm finds itself.
mkdir -p "$stage/rpm/SPECS"
cat >"$stage/rpm/SPECS/munpae.spec" <<SPEC
Name: munpae
Version: $version
Release: 1
Summary: Sign in with NAVER or GitHub through your own browser
License: Apache-2.0
URL: https://munpae.example/
Requires: xdg-utils
Recommends: google-noto-sans-cjk-fonts
%description
A nameplate beside the door: sign in once through the browser you already use,
choose a nickname, and the app opens signed in from then on, online or offline.
The profile in ~/.local/share/munpae stays when the package is removed.
%install
cp -a $stage/munpae-$version/. %{buildroot}%{_prefix}/
%files
%{_bindir}/munpae
%{_datadir}/applications/munpae.desktop
%{_datadir}/metainfo/example.munpae.munpae.metainfo.xml
%{_mandir}/man1/munpae.1.gz
%{_datadir}/bash-completion/completions/munpae
%{_datadir}/zsh/site-functions/_munpae
%{_datadir}/fish/vendor_completions.d/munpae.fish
%{_datadir}/icons/hicolor/*/apps/munpae.*
%doc %{_docdir}/munpae
SPEC

rpmbuild -bb --quiet --target "$(dpkg-architecture -a"$arch" -q DEB_HOST_GNU_CPU 2>/dev/null)" --define "_topdir $stage/rpm" --define "_docdir %{_datadir}/doc" --define '_build_id_links none' --define 'debug_package %{nil}' \
	--define '__strip /bin/true' --define '__brp_compress %{nil}' --define '_buildhost munpae.example' --define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
	"$stage/rpm/SPECS/munpae.spec"
cp "$stage"/rpm/RPMS/*/*.rpm "build/bin/$name.rpm"

# The .deb. Its zsh leaves site-functions to whoever runs the machine.
mkdir "$tree/usr/share/zsh/vendor-completions"
mv "$tree/usr/share/zsh/site-functions/_munpae" "$tree/usr/share/zsh/vendor-completions/"
rmdir "$tree/usr/share/zsh/site-functions"
printf 'munpae (%s) unstable; urgency=medium\n\n  * Commit %s.\n\n -- Munpae <munpae@munpae.example>  %s\n' \
	"$version" "$commit" "$(date -R -d "@$SOURCE_DATE_EPOCH")" >"$stage/changelog"
put 644 "$(zipped "$stage/changelog")" share/doc/munpae/changelog.gz
put 644 build/linux/lintian-overrides share/lintian/overrides/munpae
mkdir -p "$tree/DEBIAN"
needs=$(depends "$tree/usr/bin/munpae" "$stage/shlibs")
cat >"$tree/DEBIAN/control" <<CONTROL
Package: munpae
Version: $version
Architecture: $arch
Section: utils
Priority: optional
Maintainer: Munpae <munpae@munpae.example>
Homepage: https://munpae.example/
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Depends: $needs, xdg-utils
Recommends: fonts-noto-cjk, gnome-keyring
Description: sign in with NAVER or GitHub through your own browser
 A nameplate beside the door: sign in once through the browser you already use,
 choose a nickname, and the app opens signed in from then on, online or offline.
CONTROL
install -m755 build/linux/postrm "$tree/DEBIAN/postrm"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$tree" "build/bin/$name.deb" >/dev/null

# What it is made of, how, and the sums.
# The tool is fetched first, and then it asks nobody.
go build -modfile=build/tools.mod -o "$stage/sbom" github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
GOPROXY=off "$stage/sbom" bin -json -licenses -std -noserial -notimestamp -version "$version" -output "build/bin/$name.go.cdx.json" "$bin/munpae" 2>"$stage/said" ||
	fail "What it is made of could not be told: $(cat "$stage/said")"
(cd frontend && npm sbom --sbom-format cyclonedx) | node -e '
	const bom = JSON.parse(require("fs").readFileSync(0))
	delete bom.serialNumber
	delete bom.metadata.timestamp
	console.log(JSON.stringify(bom, null, 2))
' >"build/bin/$name.npm.cdx.json"
files=()
for suffix in deb rpm tar.gz go.cdx.json npm.cdx.json; do files+=("build/bin/$name.$suffix"); done
go run ./build/provenance -commit "$commit" -version "$version" "${files[@]}" >"build/bin/$name.provenance.json"
(cd build/bin && sha256sum "$name".{deb,rpm,tar.gz,go.cdx.json,npm.cdx.json,provenance.json}) >"build/bin/$name.sha256"
ls -l "build/bin/$name".*
build/directory/package.sh
