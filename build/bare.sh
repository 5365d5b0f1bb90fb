#!/usr/bin/env bash
# build/test.sh bare [SUITE…]: both commands on a bare machine. Makes a Debian of
# each suite (bookworm, trixie) in a folder of its own with nothing in it but Go and
# Node, and there builds, starts and unit-tests what is committed, as its root.
# Needs root, and a system whose apt knows a Debian mirror; what can't be tried is
# said with its reason. BARE_KEEP=DIR keeps the roots there, and goes on with those
# that it finds.
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
# shellcheck source=build/roots.sh
. "$(dirname "${BASH_SOURCE[0]}")/roots.sh"
cd "$root" || exit 1
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)
passed=0 failed=0 skipped=0

finish() {
	say 'Summary'
	printf '%d passed, %d failed' "$passed" "$failed"
	if [ "$skipped" -gt 0 ]; then printf ', %d skipped' "$skipped"; fi
	printf '\n'
	[ "$failed" = 0 ]
	exit
}
# skip REASON: nothing of it can be tried here.
skip() {
	printf 'Not tried: %s\n' "$*"
	skipped=${#suites[@]}
	finish
}

why=$(rootless)
[ -z "$why" ] || skip "$why"

npm_dir=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
keep=${BARE_KEEP:-}
where=${keep:-$(mktemp -d)}
mkdir -p "$where"
if [ -z "$keep" ]; then trap 'rm -rf --one-file-system "$where"' EXIT; fi

# make SUITE DIR: the smallest Debian, Go and Node, and what is committed.
make() {
	local tree=$2
	bare "$1" "$tree" || return
	if [ ! -e "$tree/usr/local/bin/npm" ]; then
		mkdir -p "$tree/usr/local/lib/npm"
		cp "$(readlink -f "$(command -v node)")" "$tree/usr/local/bin/node"
		cp -r "$npm_dir/." "$tree/usr/local/lib/npm/"
		ln -sf ../lib/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
	fi
	rm -rf "$tree/srv/munpae"
	git clone -q --no-hardlinks --depth 1 "file://$root" "$tree/srv/munpae" 2>/dev/null || git clone -q --no-hardlinks "$root" "$tree/srv/munpae"
}

# starts DIR: run.sh finds no display, starts on one of its own and leaves a picture.
starts() {
	inside "$1" bash -c '
		cd /srv/munpae
		build/run.sh --lang ko >/srv/run.log 2>&1 &
		run=$!
		for _ in $(seq 1200); do
			grep -q "^Screenshot: " /srv/run.log && break
			kill -0 $run 2>/dev/null || break
			sleep 0.5
		done
		picture=$(sed -n "s/^Screenshot: //p" /srv/run.log)
		drawn=0
		if [ -n "$picture" ]; then # more than a background, as run.sh itself judges
			drawn=$(convert "$picture" -gravity center -crop 360x480+0+0 -edge 1 -format "%[fx:mean>0.005]" info:)
			cp "$picture" /srv/picture.png
		fi
		kill -TERM $run 2>/dev/null
		wait $run
		if [ "$drawn" != 1 ]; then
			tail -n 30 /srv/run.log
			echo "the picture shows no screen of ours"
			exit 1
		fi'
}

# part SUITE NAME COMMAND… counts one part of one suite.
part() {
	local suite=$1 name=$2
	shift 2
	say "$suite: $name"
	if "$@"; then passed=$((passed + 1)); return 0; fi
	printf '%s: %s FAILED\n' "$suite" "$name"
	failed=$((failed + 1))
	return 1
}

for suite in "${suites[@]}"; do
	tree=$where/$suite
	part "$suite" 'a bare system' make "$suite" "$tree" || continue
	part "$suite" build/build.sh inside "$tree" bash -c 'cd /srv/munpae && build/build.sh' || continue
	part "$suite" build/run.sh starts "$tree"
	part "$suite" 'build/test.sh unit' inside "$tree" bash -c 'cd /srv/munpae && build/test.sh unit'
	if [ -z "$keep" ]; then rm -rf --one-file-system "$tree"; fi
done
finish
