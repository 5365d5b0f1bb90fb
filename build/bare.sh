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

[ "$(id -u)" = 0 ] || skip 'a root of its own can only be made by root.'
command -v apt-get >/dev/null || skip 'there is no apt here.'
unshare --mount --pid --fork true 2>/dev/null || skip 'this system gives no namespaces.'
need debootstrap || skip 'debootstrap could not be installed.'
# The machine's own mirror, whichever that is.
mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(SITE)' 'Created-By: Packages' | sed -n 's/^Debian|Debian|//p' | head -n 1)
[ -n "$mirror" ] || skip 'apt knows no mirror of Debian here.'

go_root=$(go env GOROOT)
npm_dir=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
keep=${BARE_KEEP:-}
where=${keep:-$(mktemp -d)}
mkdir -p "$where"
if [ -z "$keep" ]; then trap 'rm -rf --one-file-system "$where"' EXIT; fi

# make SUITE DIR: the smallest Debian, Go and Node, and what is committed.
make() {
	local tree=$2
	if [ ! -e "$tree/made" ]; then
		rm -rf --one-file-system "$tree"
		debootstrap --variant=minbase "$1" "$tree" "$mirror" >"$where/$1.log" 2>&1 || { tail -n 20 "$where/$1.log"; return 1; }
		printf '127.0.0.1 localhost\n::1 localhost\n' >"$tree/etc/hosts" # an installed system has it
		# How packages are fetched, and whom to trust, is the machine's own matter.
		apt-config dump Acquire | grep -E '^Acquire::(https?::|Check-|Languages)' >"$tree/etc/apt/apt.conf.d/90machine" || true
		if [ -d /usr/local/share/ca-certificates ]; then
			mkdir -p "$tree/usr/local/share"
			cp -r /usr/local/share/ca-certificates "$tree/usr/local/share/"
		fi
		mkdir -p "$tree/usr/local/go" "$tree/usr/local/lib/npm"
		cp "$(readlink -f "$(command -v node)")" "$tree/usr/local/bin/node"
		cp -r "$npm_dir/." "$tree/usr/local/lib/npm/"
		ln -sf ../lib/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
		touch "$tree/made"
	fi
	rm -rf "$tree/root/munpae"
	git clone -q --no-hardlinks --depth 1 "file://$root" "$tree/root/munpae" 2>/dev/null || git clone -q --no-hardlinks "$root" "$tree/root/munpae"
	cp -f /etc/resolv.conf "$tree/etc/resolv.conf"
}

# inside DIR COMMAND…: as root of that system alone, with a clean environment. What
# it starts ends with it.
inside() {
	local tree=$1 settings=() name
	shift
	for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY GOPROXY GONOSUMDB GOSUMDB NODE_EXTRA_CA_CERTS; do
		if [ -n "${!name:-}" ]; then settings+=("$name=${!name}"); fi
	done
	unshare --mount --pid --fork --kill-child bash -c '
		set -e
		tree=$1 go_root=$2
		shift 2
		mount --make-rprivate /
		mount -t proc proc "$tree/proc"
		mount -t sysfs -o ro sysfs "$tree/sys"
		mount --rbind /dev "$tree/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
		mount -t tmpfs -o mode=1777,exec tmpfs "$tree/tmp"
		mount --bind -o ro "$go_root" "$tree/usr/local/go"
		exec chroot "$tree" env -i "$@"
	' bash "$tree" "$go_root" HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		TERM=dumb npm_config_registry="$(npm config get registry)" "${settings[@]}" "$@"
}

# starts DIR: run.sh finds no display, starts on one of its own and leaves a picture.
starts() {
	inside "$1" bash -c '
		cd /root/munpae
		build/run.sh --lang ko >/root/run.log 2>&1 &
		run=$!
		for _ in $(seq 1200); do
			grep -q "^Screenshot: " /root/run.log && break
			kill -0 $run 2>/dev/null || break
			sleep 0.5
		done
		picture=$(sed -n "s/^Screenshot: //p" /root/run.log)
		drawn=0
		if [ -n "$picture" ]; then # more than a background, as run.sh itself judges
			drawn=$(convert "$picture" -gravity center -crop 360x480+0+0 -edge 1 -format "%[fx:mean>0.005]" info:)
			cp "$picture" /root/picture.png
		fi
		kill -TERM $run 2>/dev/null
		wait $run
		if [ "$drawn" != 1 ]; then
			tail -n 30 /root/run.log
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
	part "$suite" build/build.sh inside "$tree" bash -c 'cd /root/munpae && build/build.sh' || continue
	part "$suite" build/run.sh starts "$tree"
	part "$suite" 'build/test.sh unit' inside "$tree" bash -c 'cd /root/munpae && build/test.sh unit'
	if [ -z "$keep" ]; then rm -rf --one-file-system "$tree"; fi
done
finish
