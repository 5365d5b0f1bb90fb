#!/usr/bin/env bash
# Cross-builds munpae.exe, with its version and icon in it, and its installer:
# build/windows/build.sh [DIRECTORY], build/bin by default. The page must be built.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/../packages.sh"
cd "$root"
if [ $# = 0 ]; then whole && mended; else warned; fi # the suite builds it elsewhere, to be tried
need gcc-mingw-w64-x86-64 nsis
to=${1:-build/bin}
mkdir -p "$to"

version=$(version)
# Windows' own versions are four numbers.
numbers=0.1.0.0
if [[ $version =~ ^([0-9]+)\.([0-9]+)\.([0-9]+) ]]; then numbers=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}.${BASH_REMATCH[3]}.0; fi

stage=$(mktemp -d)
resource=$root/munpae_windows_amd64.syso
trap 'rm -rf "$stage" "$resource"' EXIT
sed "s/{{.Info.ProductVersion}}.0/$numbers/" build/windows/wails.exe.manifest >"$stage/munpae.manifest"
cp build/windows/icon.ico "$stage/munpae.ico"
cat >"$stage/munpae.rc" <<RC
#include <winver.h>
3 ICON "munpae.ico"
1 24 "munpae.manifest"
1 VERSIONINFO
FILEVERSION ${numbers//./,}
PRODUCTVERSION ${numbers//./,}
FILEOS VOS_NT_WINDOWS32
FILETYPE VFT_APP
BEGIN
	BLOCK "StringFileInfo"
	BEGIN
		BLOCK "040904b0"
		BEGIN
			VALUE "CompanyName", "Munpae"
			VALUE "FileDescription", "Munpae"
			VALUE "FileVersion", "$version"
			VALUE "InternalName", "munpae"
			VALUE "LegalCopyright", "Apache-2.0"
			VALUE "OriginalFilename", "munpae.exe"
			VALUE "ProductName", "Munpae"
			VALUE "ProductVersion", "$version"
		END
	END
	BLOCK "VarFileInfo"
	BEGIN
		VALUE "Translation", 0x409, 1200
	END
END
RC
(cd "$stage" && x86_64-w64-mingw32-windres -O coff -o "$resource" munpae.rc)
GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc \
	go build -trimpath -tags desktop,production -ldflags "-s -w -H windowsgui -X main.version=$version" -o "$to/munpae.exe" .
makensis -V2 "-DVERSION=$version" "-DNUMBERS=$numbers" "-DPROGRAM=$(realpath "$to/munpae.exe")" "-DICON=$root/build/windows/icon.ico" \
	"-DOUT=$(realpath "$to")/munpae-setup.exe" build/windows/installer.nsi
echo "$to/munpae.exe, $to/munpae-setup.exe ($version)"
