#!/usr/bin/env bash
# Installs what is missing and builds build/bin/munpae and build/bin/munpae-directory.
# With "directory" it builds the latter alone, which needs no GTK.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root"

version=$(version)
directory() {
	say 'Building the directory'
	CGO_ENABLED=1 CGO_CFLAGS='-O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2' CGO_LDFLAGS='-Wl,-z,relro,-z,now' \
		go build -buildmode=pie -trimpath -ldflags "-s -w -X main.version=$version" -o build/bin/munpae-directory ./app/cmd/munpae-directory
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
# What a mistake in C would need is taken away: a fixed address, a writable table of
# functions, an unnoticed overflow.
CGO_ENABLED=1 CGO_CFLAGS='-O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2' CGO_LDFLAGS='-Wl,-z,relro,-z,now' \
	go build -buildmode=pie -trimpath -tags desktop,production,webkit2_41 \
	-ldflags "-s -w -X main.version=$version" -o build/bin/munpae .
echo "build/bin/munpae ($version)"
directory
