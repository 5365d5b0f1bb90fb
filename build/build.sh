#!/usr/bin/env bash
# Installs what is missing and builds build/bin/munpae and build/bin/munpae-directory.
# With "directory" it builds the latter alone, which needs no GTK.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root"

version=$(version)
warned
directory() {
	say 'Building the directory'
	compile ./app/cmd/munpae-directory build/bin/munpae-directory
	echo "build/bin/munpae-directory ($version)"
}
if [ "${1:-}" = directory ]; then
	need ca-certificates build-essential
	directory
	exit
fi

need ca-certificates build-essential pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev

if [ ! frontend/node_modules/.package-lock.json -nt frontend/package-lock.json ]; then
	say 'Installing the front end'\''s packages'
	(cd frontend && npm ci --no-audit --no-fund)
fi

say 'Building the page'
(cd frontend && npm run --silent build)

say 'Building the program'
compile . build/bin/munpae -tags desktop,production,webkit2_41
echo "build/bin/munpae ($version)"
directory
