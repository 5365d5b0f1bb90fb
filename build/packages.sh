# Sourced by the scripts beside it: finds Go and Node, and installs with apt what
# is missing. Nothing is downloaded when everything is there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# version prints what --version says and the packages are called: the tag of this
# commit, or the last tag (0.1.0 before the first) with the commit's time and name. The "-"
# of a pre-release is "~", which neither of the two below takes for the end of a version, and
# of a commit's tags the highest counts. It grows with every commit, in the order of dpkg and
# of rpm, and of nothing else:
# 0.1.0~git20261126.151203.0882206 < 0.1.0~rc1 < 0.1.0~rc1+git20261127.… < 0.1.0 < 0.1.0+git20261128.….
# The first pre-release of all is an rc: an alpha or a beta would come before ~git.
version() {
	local tag when one
	if ! git -C "$root" rev-parse -q --verify HEAD >/dev/null 2>&1; then
		echo '0.1.0~unversioned'
		return
	fi
	when=$(TZ=UTC git -C "$root" show -s --date=format-local:%Y%m%d.%H%M%S --format=%cd.%h --abbrev=7)
	if tag=$(last_tag); then
		one=$(git -C "$root" tag --points-at "$tag^{commit}" --list 'v[0-9]*' | sed 's/^v//; s/-/~/; s/-/./g' | sort -V | tail -n 1)
		[[ $one =~ ^[0-9]+\.[0-9A-Za-z.+~]+$ ]] || fail "No version can be made of the tag $tag: only letters, digits, \".\", \"+\" and \"-\" can stand in one."
		printf %s "$one"
		if [ "$(git -C "$root" rev-parse "$tag^{commit}")" != "$(git -C "$root" rev-parse HEAD)" ]; then printf '+git%s' "$when"; fi
	else
		printf '0.1.0~git%s' "$when"
	fi
	if [ -n "$(git -C "$root" status --porcelain --untracked-files=no)" ]; then printf '+changed'; fi
	printf '\n'
}
last_tag() { git -C "$root" describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null; }

# cut_off: whether the clone may end before the last tag, which its version would then be
# lower than. warned says so; whole does, and makes no packages, for apt and dnf would take them
# for older ones.
cut_off() { [ "$(git -C "$root" rev-parse --is-shallow-repository 2>/dev/null)" = true ] && ! last_tag >/dev/null; }
warned() { if cut_off; then echo 'This clone is shallow and has no tag: its version may be lower than one that was released. git fetch --unshallow --tags gives it its own.' >&2; fi; }
whole() { if cut_off; then fail 'No packages are made of a shallow clone without a tag: they would count as older than what was released. Fetch the rest first: git fetch --unshallow --tags'; fi; }

# The tags of the tests that are no part of the unit tests.
more_tags=e2e,compositors,embed,flatpak,letters,reader,update,faults,crashtest

say() { printf '\n== %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

if ! command -v go >/dev/null && [ -x /usr/local/go/bin/go ]; then
	PATH=$PATH:/usr/local/go/bin
fi
command -v go >/dev/null || fail 'Go is missing: install Go 1.26 or newer from https://go.dev/dl and start again.'
command -v npm >/dev/null && node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19) ? 0 : 1)' ||
	fail 'Node with npm is missing or too old: install Node 20.19, 22.12 or newer and start again.'

# mended has what is published built by the first Go without known holes that our code
# reaches (vulnerabilities.sh), where the machine's own is older and that one can be had.
mended() {
	local want=go1.26.10
	if [ "$(printf '%s\n' "$want" "$(go env GOVERSION)" | sort -V | tail -n 1)" = "$want" ] && GOTOOLCHAIN=$want go version >/dev/null 2>&1; then
		export GOTOOLCHAIN=$want
	fi
	echo "Built with $(go env GOVERSION)"
}

# compile PACKAGE TO [FLAG…] builds one of our programs. What a mistake in C would need is taken
# away: a fixed address, a writable table of functions, an unnoticed overflow; and what the C
# compiler says of itself, which nothing reads, by the strip in STRIP where it is another machine's.
compile() {
	CGO_ENABLED=1 CGO_CFLAGS='-O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2' CGO_LDFLAGS='-Wl,-z,relro,-z,now' \
		go build -buildmode=pie -trimpath "${@:3}" -ldflags "-s -w -X main.version=$(version)" -o "$2" "$1" &&
		"${STRIP:-strip}" -R .comment "$2"
}

# linked PACKAGE [FLAG…]: path, release and folder of each module in one of our programs, of the
# machine's architecture or of MUNPAE_ARCH.
linked() {
	env ${MUNPAE_ARCH:+GOARCH=$MUNPAE_ARCH} CGO_ENABLED=1 go list -deps "${@:2}" -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' "$1" | sort -u
}

# depends PROGRAM DIR: what Debian has to have for a program, by its libraries; those of another
# architecture are known to the dpkg database in MUNPAE_ADMINDIR. DIR is for what dpkg reads.
depends() {
	local needs
	mkdir -p "$2/debian"
	printf 'Source: munpae\n\nPackage: munpae\nArchitecture: any\n' >"$2/debian/control"
	needs=$(cd "$2" && DEB_HOST_ARCH=${MUNPAE_ARCH:-$(dpkg --print-architecture)} dpkg-shlibdeps ${MUNPAE_ADMINDIR:+"--admindir=$MUNPAE_ADMINDIR"} -O "$1" 2>/dev/null | sed -n 's/^shlibs:Depends=//p') && [ -n "$needs" ] || fail "dpkg-shlibdeps found nothing that ${1##*/} needs."
	echo "$needs"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "Missing packages, and neither root nor sudo to install them: $*"
	fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need PACKAGE… installs those that are missing. A name may list others that do as
# well, as in "chromium|chromium-browser".
need() {
	command -v dpkg-query >/dev/null || return 0 # not Debian: the compiler will tell what is missing
	local missing=() want one found
	for want in "$@"; do
		found=
		for one in ${want//|/ }; do
			if installed "$one"; then found=1; fi
		done
		if [ -z "$found" ]; then missing+=("$want"); fi
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing ${missing[*]}"
	as_root apt-get update -qq
	local chosen=()
	for want in "${missing[@]}"; do
		found=
		for one in ${want//|/ }; do
			if [ -z "$found" ] && apt-cache policy "$one" 2>/dev/null | grep -q 'Candidate: [^(]'; then found=$one; fi
		done
		chosen+=("${found:-${want%%|*}}")
	done
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${chosen[@]}"
}

# need_locales NAME… makes the UTF-8 locales that are missing: a desktop has its
# person's, a bare system has none, and GTK then speaks another language than asked.
need_locales() {
	command -v localedef >/dev/null || return 0
	local name
	for name in "$@"; do
		if ! locale -a | grep -qix "$name.utf-\?8"; then as_root localedef -i "$name" -f UTF-8 "$name.UTF-8" || return; fi
	done
}
