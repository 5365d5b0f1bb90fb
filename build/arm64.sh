#!/usr/bin/env bash
# build/test.sh arm64 [GO-TEST-ARGUMENTS…]: linux/arm64 from another machine. Cross-builds
# both programs with the libraries of a Debian 12 for arm64, which stay in
# ~/.cache/munpae/arm64, into build/bin/arm64, and runs the unit tests of that build under
# QEMU: every package by default. Needs root, and a mirror of Debian. What can't be tried is
# said with its reason.
#
# MUNPAE_JSON=FILE keeps what go test -json says.
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
# shellcheck source=build/roots.sh
. "$(dirname "${BASH_SOURCE[0]}")/roots.sh"
cd "$root" || exit 1
tree=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/munpae/arm64
prefix=/etc/qemu-binfmt/aarch64 # where Debian's QEMU looks for libraries, if nobody says otherwise
tags=desktop,production,webkit2_41
skip() {
	printf 'Not tried on arm64: %s\n0 passed, 0 failed, 1 skipped\n' "$*"
	exit 0
}

# libraries: unpacked, never installed, so that nothing of arm64 runs to make them.
libraries() {
	if [ -e "$tree/made" ]; then return; fi
	say 'The libraries of a Debian 12 for arm64'
	rm -rf --one-file-system "$tree"
	mkdir -p "$(dirname "$tree")"
	mmdebstrap --variant=extract --architectures=arm64 --include=libgtk-3-dev,libwebkit2gtk-4.1-dev bookworm "$tree" "$(mirror)" >"$tree.log" 2>&1 || {
		tail -n 5 "$tree.log"
		return 1
	}
	# Where these exist, a program under QEMU takes them for the machine's.
	(cd "$tree" && rm -rf bin dev etc proc sbin sys tmp var)
	touch "$tree/made"
}

# emulated has the kernel start programs of arm64 under QEMU, as Debian's own packages
# set it up: tests start themselves.
emulated() {
	local own=/proc/sys/fs/binfmt_misc
	[ -e "$own/register" ] || mount -t binfmt_misc none "$own" || return
	if ! grep -qs '^enabled' "$own/qemu-aarch64"; then
		printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:PF' >"$own/register" || return
	fi
	mkdir -p "$prefix" && mount --bind "$tree" "$prefix"
}

if [ "${1-}" != within ]; then
	reason=$(rootless)
	[ -z "$reason" ] || skip "$reason"
	need gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static mmdebstrap || skip 'the cross compiler and QEMU could not be installed.'
	libraries || skip 'the libraries could not be had.'
	exec unshare --mount --propagation private "${BASH_SOURCE[0]}" within "$@"
fi
shift
emulated || skip 'this kernel starts no programs of another kind.'

export GOOS=linux GOARCH=arm64 CGO_ENABLED=1 CC="aarch64-linux-gnu-gcc --sysroot=$tree" CXX="aarch64-linux-gnu-g++ --sysroot=$tree"
export PKG_CONFIG_SYSROOT_DIR=$tree PKG_CONFIG_LIBDIR=$tree/usr/lib/aarch64-linux-gnu/pkgconfig:$tree/usr/share/pkgconfig
say 'Building for arm64'
version=$(version)
to=build/bin/arm64
mkdir -p "$to"
hardened=(env CGO_CFLAGS='-O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2' CGO_LDFLAGS='-Wl,-z,relro,-z,now')
"${hardened[@]}" go build -buildmode=pie -trimpath -tags "$tags" -ldflags "-s -w -X main.version=$version" -o "$to/munpae" . || exit 1
go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$to/munpae-directory" ./app/cmd/munpae-directory || exit 1
for program in munpae munpae-directory; do
	[ "$("$to/$program" --version)" = "$program $version" ] || fail "$program does not say its version: $("$to/$program" --version 2>&1)"
	echo "$to/$program ($version)"
done

say 'Unit tests of the arm64 build, under QEMU'
# One package at a time, since tests of a busy machine wait for each other; the slowest takes
# ten minutes on two quiet cores.
if [[ " $* " != *' ./'* ]]; then set -- -p 1 -timeout 60m "$@" ./...; fi
export MUNPAE_KILL_EVERY=10 # a process takes QEMU half a second to start
out=${MUNPAE_JSON:-$(mktemp)}
go test -json -count=1 -tags "$tags" "$@" >"$out"
GOOS='' GOARCH='' CC='' CXX='' PKG_CONFIG_SYSROOT_DIR='' PKG_CONFIG_LIBDIR='' go run ./build/summary "$out"
failed=$?
say 'Summary'
GOOS='' GOARCH='' CC='' CXX='' PKG_CONFIG_SYSROOT_DIR='' PKG_CONFIG_LIBDIR='' go run ./build/summary -total "$out"
[ -n "${MUNPAE_JSON:-}" ] || rm -f "$out"
exit $failed
