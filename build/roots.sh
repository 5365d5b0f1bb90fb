# Sourced by what tries the program on a bare machine (bare.sh, installed.sh, arm64.sh), after
# packages.sh: makes the smallest Debian of a suite in a folder, and runs commands
# as its root; and by what needs another Debian's programs (wine.sh, reader.sh, elsewhere.sh,
# compositors.sh), each of which keeps roots in $roots and sources packages.sh only where it
# makes one.
roots=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/munpae

# rootless prints why no such system can be made here, or nothing.
rootless() {
	if [ "$(id -u)" != 0 ]; then
		echo 'a root of its own can only be made by root.'
	elif ! command -v apt-get >/dev/null; then
		echo 'there is no apt here.'
	elif ! unshare --mount --pid --fork true 2>/dev/null; then
		echo 'this system gives no namespaces.'
	elif ! need debootstrap >&2; then
		echo 'debootstrap could not be installed.'
	elif [ -z "$(mirror)" ]; then
		echo 'apt knows no mirror of Debian here.'
	fi
}

# mirror is the machine's own, whichever that is.
mirror() {
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(SITE)' 'Created-By: Packages' | sed -n 's/^Debian|Debian|//p' | head -n 1
}

# bare SUITE DIR: the smallest Debian there is.
bare() {
	local tree=$2
	if [ -e "$tree/made" ]; then return; fi
	rm -rf --one-file-system "$tree"
	debootstrap --variant=minbase "$1" "$tree" "$(mirror)" >"$tree.log" 2>&1 || { tail -n 20 "$tree.log"; return 1; }
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$tree/etc/hosts" # an installed system has it
	# How packages are fetched, and whom to trust, is the machine's own matter.
	apt-config dump Acquire | grep -E '^Acquire::(https?::|Check-|Languages)' >"$tree/etc/apt/apt.conf.d/90machine" || true
	if [ -d /usr/local/share/ca-certificates ]; then
		mkdir -p "$tree/usr/local/share"
		cp -r /usr/local/share/ca-certificates "$tree/usr/local/share/"
	fi
	touch "$tree/made"
}

# furnished SUITE DIR PACKAGE…: that Debian, to keep, with those packages and, with locales among
# them, Korean and English. Others than those it has are added. What it says goes to standard
# error.
furnished() {
	local suite=$1 tree=$2 also=true
	shift 2
	if [ "$(cat "$tree/furnished" 2>/dev/null)" = "$*" ]; then return; fi
	if [[ " $* " == *' locales '* ]]; then also='sed -i "s/^# *\(ko_KR.UTF-8\|en_US.UTF-8\)/\1/" /etc/locale.gen && locale-gen'; fi
	say "A Debian $suite in $tree" >&2
	mkdir -p "$tree"
	bare "$suite" "$tree" >&2 || return
	chroot "$tree" sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $* && $also" >"$tree.log" 2>&1 || {
		tail -n 5 "$tree.log" >&2
		return 1
	}
	echo "$*" >"$tree/furnished"
}

# inside DIR COMMAND…: as root of that system alone, with a clean environment. What
# it starts ends with it. The machine's Go is there for reading.
inside() {
	local tree=$1 settings=() name
	shift
	for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY GOPROXY GONOSUMDB GOSUMDB NODE_EXTRA_CA_CERTS; do
		if [ -n "${!name:-}" ]; then settings+=("$name=${!name}"); fi
	done
	cp -f /etc/resolv.conf "$tree/etc/resolv.conf"
	mkdir -p "$tree/usr/local/go"
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
	' bash "$tree" "$(go env GOROOT)" HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		TERM=dumb npm_config_registry="$(npm config get registry)" "${settings[@]}" "$@"
}

# beside DIR [NAME=VALUE…] COMMAND…: as root of that system, with an environment of its own,
# in the folder where it is called, which is there too, with all of the source, and /tmp.
beside() {
	local tree=$1
	shift
	unshare --mount --propagation private bash -c '
		set -e
		tree=$1 source=$2
		shift 2
		mkdir -p "$tree$source"
		mount --bind /proc "$tree/proc"
		mount --rbind /dev "$tree/dev"
		mount --bind /tmp "$tree/tmp"
		mount --bind "$source" "$tree$source"
		exec chroot "$tree" /usr/bin/env -i --chdir="$PWD" PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 "$@"
	' bash "$tree" "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)" "$@"
}

# suite_is SUITE GO-TEST-ARGUMENTS… marks in the output of `go test -json`, if the arguments ask
# for that, that what comes now ran in a Debian of that suite (build/summary).
suite_is() {
	case " ${*:2} " in *' -json '*) printf '{"Action":"suite","Output":"%s"}\n' "$1" ;; esac
}
