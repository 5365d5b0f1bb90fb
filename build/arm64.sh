#!/usr/bin/env bash
# build/test.sh arm64 [GO-TEST-ARGUMENTS…]: linux/arm64 from another machine. Cross-builds
# both programs with the libraries of a Debian 12 for arm64, which stay in
# ~/.cache/munpae/arm64, into build/bin/arm64, and runs the unit tests of that build under
# QEMU: every package by default. Then the packages are made, which a Debian 12 of arm64
# (~/.cache/munpae/arm64.system) takes, and there the program shows its window. Needs root,
# and a mirror of Debian. What can't be tried is said with its reason.
#
# MUNPAE_JSON=FILE keeps what go test -json says.
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
# shellcheck source=build/roots.sh
. "$(dirname "${BASH_SOURCE[0]}")/roots.sh"
cd "$root" || exit 1
tree=$roots/arm64
system=$tree.system
prefix=/etc/qemu-binfmt/aarch64 # where Debian's QEMU looks for libraries, if nobody says otherwise
tags=desktop,production,webkit2_41
skip() {
	printf 'Not tried on arm64: %s\n0 passed, 0 failed, 1 skipped\n' "$*"
	exit 0
}

# libraries: unpacked, never installed, so that nothing of arm64 runs to make them.
libraries() {
	if [ -e "$tree/linked" ]; then return; fi
	say 'The libraries of a Debian 12 for arm64'
	rm -rf --one-file-system "$tree"
	mkdir -p "$(dirname "$tree")"
	mmdebstrap --variant=extract --architectures=arm64 --include=libgtk-3-dev,libwebkit2gtk-4.1-dev bookworm "$tree" "$(mirror)" >"$tree.log" 2>&1 || {
		tail -n 5 "$tree.log"
		return 1
	}
	# A link to the root of that system leads astray, and a static library is taken instead.
	find "$tree" -type l -lname '/*' | while read -r link; do ln -sfnr "$tree$(readlink "$link")" "$link"; done
	# Where these exist, a program under QEMU takes them for the machine's.
	(cd "$tree" && rm -rf bin dev etc proc sbin sys tmp var)
	touch "$tree/linked"
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

# whole: a Debian of arm64 that is installed, by its own programs under QEMU.
whole() {
	if [ -e "$system/made" ]; then return; fi
	rm -rf --one-file-system "$system"
	mmdebstrap --variant=minbase --architectures=arm64 bookworm "$system" "$(mirror)" \
		--include=libgtk-3-0,libwebkit2gtk-4.1-0,xdg-utils,adduser,xvfb,xauth,dbus,xdotool,imagemagick,fonts-noto-cjk >"$system.log" 2>&1 || {
		tail -n 5 "$system.log"
		return 1
	}
	touch "$system/made"
}

# packaged makes the packages, by what that Debian says of its libraries, and has Debian read them.
packaged() {
	local libraries=/usr/lib/aarch64-linux-gnu
	mkdir -p "$libraries" && mount --bind "$system$libraries" "$libraries" || return
	[ -d frontend/node_modules ] || (cd frontend && npm ci --silent --no-audit --no-fund) || return
	"${native[@]}" MUNPAE_ARCH=arm64 MUNPAE_ADMINDIR="$system/var/lib/dpkg" build/package.sh >"$tree.log" 2>&1
	local well=$?
	umount "$libraries"
	[ $well = 0 ] || { tail -n 20 "$tree.log"; return 1; }
	lintian -I --fail-on error,warning,info "build/bin/munpae_${version}_arm64.deb" "build/bin/munpae-directory_${version}_arm64.deb" &&
		[ "$(rpm -qp --qf '%{ARCH}' "build/bin/munpae_${version}_arm64.rpm")" = aarch64 ]
}

# lives: that Debian has all that the packages name, and the window shows the sign-in screen,
# whose wood has thousands of colours. Under QEMU the page comes later than the program waits,
# which says so meanwhile, in hundreds; WebKitGTK makes no code of its own there.
lives() {
	cp "build/bin/munpae_${version}_arm64.deb" "$system/srv/munpae.deb" && cp "build/bin/munpae-directory_${version}_arm64.deb" "$system/srv/directory.deb" || return
	inside "$system" JSC_useJIT=0 bash -c '
		exec 2>&1
		dpkg -i /srv/munpae.deb /srv/directory.deb >/srv/install.log || { cat /srv/install.log; exit 1; }
		[ "$(uname -m)" = aarch64 ] && munpae --version && munpae-directory --version || exit 1
		munpae doctor --demo --lang en
		xvfb-run -a -s "-screen 0 1000x800x24" dbus-run-session -- bash -c "
			munpae --demo --lang ko & app=\$!
			for _ in \$(seq 600); do
				if [ \"\$(import -window root -format %k info: 2>/dev/null)\" -gt 1500 ] 2>/dev/null; then shown=1; break; fi
				kill -0 \$app || break
				sleep 0.5
			done
			import -window root /srv/picture.png
			kill \$app; wait \$app
			[ \"\$shown\" = 1 ] || { echo \"the sign-in screen did not come\"; exit 1; }
		"
		said=$?
		dpkg --purge munpae munpae-directory >/dev/null
		rm -rf ~/.local/share/munpae
		exit $said
	'
}

if [ "${1-}" != within ]; then
	reason=$(rootless)
	[ -z "$reason" ] || skip "$reason"
	need gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static mmdebstrap arch-test lintian rpm || skip 'the cross compiler and QEMU could not be installed.'
	libraries || skip 'the libraries could not be had.'
	exec unshare --mount --propagation private "${BASH_SOURCE[0]}" within "$@"
fi
shift
emulated || skip 'this kernel starts no programs of another kind.'

native=(env -u GOOS -u GOARCH -u CGO_ENABLED -u CC -u CXX -u PKG_CONFIG_SYSROOT_DIR -u PKG_CONFIG_LIBDIR)
export GOOS=linux GOARCH=arm64 CGO_ENABLED=1 CC="aarch64-linux-gnu-gcc --sysroot=$tree" CXX="aarch64-linux-gnu-g++ --sysroot=$tree" STRIP=aarch64-linux-gnu-strip
export PKG_CONFIG_SYSROOT_DIR=$tree PKG_CONFIG_LIBDIR=$tree/usr/lib/aarch64-linux-gnu/pkgconfig:$tree/usr/share/pkgconfig
say 'Building for arm64'
version=$(version)
to=build/bin/arm64
mkdir -p "$to"
(
	mended
	compile . "$to/munpae" -tags "$tags" && compile ./app/cmd/munpae-directory "$to/munpae-directory"
) || exit 1
for program in munpae munpae-directory; do
	[ "$("$to/$program" --version)" = "$program $version" ] || fail "$program does not say its version: $("$to/$program" --version 2>&1)"
	echo "$to/$program ($version)"
done

broken=0
# part NAME COMMAND… counts one part that fails.
part() {
	say "$1"
	shift
	"$@" || { echo FAILED; broken=$((broken + 1)); return 1; }
}
say 'Unit tests of the arm64 build, under QEMU'
# One package at a time, since tests of a busy machine wait for each other; the slowest takes
# ten minutes on two quiet cores.
all=
if [[ " $* " != *' ./'* ]]; then all=1 && set -- -p 1 -timeout 60m "$@" ./...; fi
export MUNPAE_EMULATED=1 # a process takes QEMU half a second to start, ten recovery codes ten
out=${MUNPAE_JSON:-$(mktemp)}
go test -json -count=1 -tags "$tags" "$@" >"$out"
"${native[@]}" go run ./build/summary "$out" || broken=$((broken + 1))
if [ -n "$all" ]; then
	part 'A Debian 12 of arm64' whole && part 'The packages, as Debian and rpm read them' packaged && part 'Installed, and its window, under QEMU' lives
fi

say 'Summary'
"${native[@]}" go run ./build/summary -total -also-failed "$broken" "$out"
failed=$?
[ -n "${MUNPAE_JSON:-}" ] || rm -f "$out"
exit $failed
