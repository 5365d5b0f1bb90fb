#!/usr/bin/env bash
# Installs what is missing and builds build/bin/munpae.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root"

need ca-certificates build-essential pkg-config libgtk-3-dev libwebkit2gtk-4.1-dev

if [ ! frontend/node_modules/.package-lock.json -nt frontend/package-lock.json ]; then
	say 'Installing the front end'\''s packages'
	(cd frontend && npm ci --no-audit --no-fund)
fi

say 'Building the page'
(cd frontend && npm run --silent build)

say 'Building the program'
version=$(git describe --tags --always --dirty 2>/dev/null || echo unversioned)
CGO_ENABLED=1 go build -trimpath -tags desktop,production,webkit2_41 \
	-ldflags "-s -w -X main.version=$version" -o build/bin/munpae .
echo "build/bin/munpae ($version)"
