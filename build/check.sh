#!/usr/bin/env bash
# The fast loop: what is wrong with a change, in under a minute once it has run
# before. It installs nothing on the system and needs no display. Tools come
# through Go and npm, at the versions of build/tools.mod and
# frontend/package-lock.json.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then PATH=$PATH:/usr/local/go/bin; fi
if ! pkg-config --exists gtk+-3.0 webkit2gtk-4.1 2>/dev/null; then
	echo 'GTK 3 or WebKitGTK 4.1 has no headers here: build/build.sh installs them (libgtk-3-dev, libwebkit2gtk-4.1-dev).' >&2
	exit 1
fi
if [ ! frontend/node_modules/.package-lock.json -nt frontend/package-lock.json ]; then
	(cd frontend && npm ci --silent --no-audit --no-fund) || exit 1
fi

tags=desktop,production,webkit2_41
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
names=()
running=()

# check NAME COMMAND… runs beside the others; what it says is shown if it fails.
check() {
	local name=$1
	shift
	"$@" >"$out/${#names[@]}" 2>&1 &
	names+=("$name")
	running+=("$!")
}

unformatted() {
	local files
	files=$(gofmt -l main.go app build frontend/embed.go) && [ -z "$files" ] || {
		echo "gofmt -w is due: $files"
		return 1
	}
}
analysis() {
	go vet -tags "$tags" ./... &&
		go vet -tags "$tags,$more_tags" ./app/e2e ./app/faults ./app/internal/sqlite &&
		go tool -modfile=build/tools.mod staticcheck -tags "$tags,$more_tags" ./... &&
		go tool -modfile=build/tools.mod golangci-lint run --allow-parallel-runners ./...
}

check 'gofmt' unformatted
check 'vet, staticcheck, golangci-lint' analysis
check 'unit tests, -race' go test -race -tags "$tags" ./...
check 'prettier' npm --prefix frontend run --silent formatted
check 'svelte-check, tsc' npm --prefix frontend run --silent check
check 'vitest' npm --prefix frontend run --silent test

failed=0
for i in "${!names[@]}"; do
	if wait "${running[$i]}"; then
		echo "ok    ${names[$i]}"
	else
		failed=$((failed + 1))
		echo "FAIL  ${names[$i]}"
		grep -v '^ok  \|no test files' "$out/$i"
	fi
done
echo "$((${#names[@]} - failed)) passed, $failed failed"
[ "$failed" = 0 ]
