#!/usr/bin/env bash
# Reads munpae.exe and installs, starts and removes it under Wine, as far as that goes:
# build/windows/installed.sh DIRECTORY, in which build.sh has put both files. Wine has no
# WebView2, so there is no window. wine.sh has made the system; where it could not, nothing
# is tried here.
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/../packages.sh"
# shellcheck source=build/roots.sh
. "$(dirname "${BASH_SOURCE[0]}")/../roots.sh"
cd "$root" || exit 1
from=$(realpath "${1:-build/bin}")
tree=$roots/wine
[ -e "$tree/wine" ] || { echo 'Not tried under Wine: build/wine.sh has made no system for it.' >&2; exit 0; }
bad=0
# is WHAT GOT WANTED
is() {
	if [ "$2" = "$3" ]; then echo "ok     $1"; else
		printf 'WRONG  %s: %q, not %q\n' "$1" "$2" "$3"
		bad=1
	fi
}
# there FILE…: whether all are there, by the names that Linux has for them.
there() {
	local one
	for one in "$@"; do [ -e "$one" ] || { echo no; return; }; done
	echo yes
}
version=$(version)
wine() { build/wine.sh exec "$@" | tr -d '\r'; }
# The person's folders, by Windows' names and by Linux' seen from here.
variable() { wine cmd /c "echo %$1%"; }
unix() { printf %s "$tree$(wine winepath -u "$1")"; }
appdata=$(variable LOCALAPPDATA)
local=$(unix "$appdata")
menu="$(unix "$(variable APPDATA)")/Microsoft/Windows/Start Menu/Programs"
rm -rf "$local/munpae" "$local/Programs/Munpae"

resources=$(x86_64-w64-mingw32-windres -J coff -O rc "$from/munpae.exe" 2>/dev/null | grep -a -E '^ *(VALUE|FILEVERSION)|RT_GROUP_ICON|^/\* Type: 24')
is 'the file says its version' "$(sed -n 's/.*"ProductVersion", "\(.*\)"/\1/p' <<<"$resources")" "$version"
number='0, 1, 0'
if [[ $version =~ ^([0-9]+)\.([0-9]+)\.([0-9]+) ]]; then number="${BASH_REMATCH[1]}, ${BASH_REMATCH[2]}, ${BASH_REMATCH[3]}"; fi
is 'and in numbers' "$(sed -n 's/ *FILEVERSION //p' <<<"$resources")" "$number, 0"
is 'it has an icon, and a manifest' "$(grep -acE 'RT_GROUP_ICON|Type: 24' <<<"$resources")" 2
is 'the installer asks for no administrator' "$(grep -aoE 'requestedExecutionLevel level="[a-zA-Z]+"' "$from/munpae-setup.exe")" 'requestedExecutionLevel level="asInvoker"'

# What wine.sh shows at the same place inside: /tmp and the source.
named="Z:${from//\//\\}"
wine 'C:\windows\system32\start.exe' /wait "$named\\munpae-setup.exe" /S >/dev/null
is 'installed, for this person alone' "$(there "$local/Programs/Munpae/munpae.exe" "$local/Programs/Munpae/uninstall.exe" "$menu/Munpae.lnk")" yes
listed() { wine reg query 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Munpae' /v "$1" | sed -n "s/^ *$1 *REG_SZ *//p"; }
is 'the list of programs has it' "$(listed DisplayVersion)" "$version"
is 'and how it is removed without a question' "$(listed QuietUninstallString)" "\"$appdata\\Programs\\Munpae\\uninstall.exe\" /S"

program="$appdata\\Programs\\Munpae\\munpae.exe"
is 'it says its version' "$(wine "$program" --version)" "munpae $version"
is 'its doctor answers' "$(wine "$program" doctor --demo --json | node -p 'const a = JSON.parse(require("fs").readFileSync(0)); [a.version, a.results.some((r) => r.name === "settings" && r.verdict === "ok")].join()')" "$version,true"

# In a terminal, which it has none of its own; without WebView2; and run over by its installer.
tried() { GOOS=windows CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go test -tags installed -exec "$root/build/wine.sh exec" -timeout 3m -count=1 "$@"; }
tried -run TheBuiltProgram ./app/internal/desktop -args -program "$named\\munpae.exe"
is 'a terminal shows what it says' $? 0
wine "$appdata\\Programs\\Munpae\\uninstall.exe" /S "_?=$appdata\\Programs\\Munpae" >/dev/null
tried -run '^Test(WithoutWebView2|TheInstaller)' ./app/internal/webview -args -program "$named\\munpae.exe" -installer "$named\\munpae-setup.exe"
is 'without WebView2 it says so, as its installer does, which touches no program that runs' $? 0
wine 'C:\windows\system32\start.exe' /wait "$named\\munpae-setup.exe" /S >/dev/null

mkdir -p "$local/munpae"
echo kept >"$local/munpae/munpae.db"
wine "$appdata\\Programs\\Munpae\\uninstall.exe" /S "_?=$appdata\\Programs\\Munpae" >/dev/null
is 'removed' "$(there "$local/Programs/Munpae/munpae.exe")$(there "$menu/Munpae.lnk")$(listed DisplayVersion)" nono
is 'the profile stays' "$(cat "$local/munpae/munpae.db")" kept
rm -rf "$local/munpae" "$local/Programs/Munpae"
exit $bad
