#!/usr/bin/env bash
# build/test.sh packages [SUITE…]: what is published. Builds the packages, reads them
# as Debian and rpm do, builds the program again elsewhere for the same bytes, and
# installs, starts, removes and purges it on a bare Debian of each suite (bookworm,
# trixie); there it also takes the place of the last package whose database was older,
# with an account in it (app/e2e/update_test.go), which is built from the history, or
# MUNPAE_BEFORE=FILE. The roots need root; what can't be tried is said with its reason.
# BARE_KEEP=DIR keeps them there, and goes on with those that it finds. The Flatpak is
# built, installed and used in its sandbox (linux/flatpak.sh).
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
# shellcheck source=build/roots.sh
. "$(dirname "${BASH_SOURCE[0]}")/roots.sh"
# shellcheck source=build/directory/installed.sh
. "$(dirname "${BASH_SOURCE[0]}")/directory/installed.sh"
# shellcheck source=build/linux/flatpak.sh
. "$(dirname "${BASH_SOURCE[0]}")/linux/flatpak.sh"
cd "$root" || exit 1
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)
passed=0 failed=0 skipped=0
mended
need lintian rpm cpio flatpak flatpak-builder ostree bubblewrap desktop-file-utils appstream man-db git imagemagick \
	xvfb dbus at-spi2-core openbox wmctrl xdotool xclip locales || exit 1
need_locales ko_KR en_US || exit 1
build/package.sh || fail 'The packages could not be built.'
version=$(version)
name=munpae_${version}_$(dpkg --print-architecture)
directory=munpae-directory_${version}_$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

# part NAME COMMAND… counts one part; one that ends with 77 could not be tried.
part() {
	local what=$1
	shift
	say "$what"
	"$@"
	case $? in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)) ;; # it said why
	*)
		printf '%s FAILED\n' "$what"
		failed=$((failed + 1))
		;;
	esac
}

# growing: of a little history with its tags, by version itself.
growing() (
	at=1000000000
	last=''
	export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@munpae.example GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@munpae.example
	root=$work/history
	git init -q "$root" || exit
	commit() { at=$((at + 1)) && GIT_AUTHOR_DATE="@$at +0000" GIT_COMMITTER_DATE="@$at +0000" git -C "$root" commit -q --allow-empty -m "$at"; }
	# grown PATTERN: the version is this, both take it, and for both it is after the one before.
	grown() {
		local now
		now=$(version)
		[[ $now =~ ^$1$ ]] || { echo "it is $now, not $1"; exit 1; }
		dpkg --validate-version "$now" || exit 1
		printf 'Name: x\nVersion: %s\nRelease: 1\nSummary: x\nLicense: x\n%%description\n' "$now" >"$work/x.spec"
		rpmspec -q "$work/x.spec" >/dev/null || { echo "rpm: $now is no version"; exit 1; }
		if [ -n "$last" ]; then
			dpkg --compare-versions "$last" lt "$now" || { echo "dpkg: $last is not before $now"; exit 1; }
			[ "$(rpm --eval "%{lua: print(rpm.vercmp('$last', '$now'))}")" = -1 ] || { echo "rpm: $last is not before $now"; exit 1; }
		fi
		last=$now
	}
	git='git[0-9]{8}\.[0-9]{6}\.[0-9a-f]{7}'
	commit && grown "0\.1\.0~$git"
	commit && grown "0\.1\.0~$git"
	commit && git -C "$root" tag v0.1.0-rc1 && grown '0\.1\.0~rc1'
	commit && grown "0\.1\.0~rc1\+$git"
	commit && git -C "$root" tag v0.1.0-rc.2-b && grown '0\.1\.0~rc\.2\.b'
	git -C "$root" tag v0.1.0 && git -C "$root" tag v0.1.0-rc3 && grown '0\.1\.0'
	commit && grown "0\.1\.0\+$git"
	commit && git -C "$root" tag -a -m x v0.2.0-rc1 && grown '0\.2\.0~rc1'
	commit && git -C "$root" tag v0.2.0-rc10 && grown '0\.2\.0~rc10'
	commit && git -C "$root" tag v0.2.0 && grown '0\.2\.0'
	commit && grown "0\.2\.0\+$git"
	git -C "$root" tag v0.3.0_x && (version >/dev/null 2>&1) && { echo 'a version was made of v0.3.0_x'; exit 1; }
	[ "$(build/bin/munpae --version)" = "munpae $version" ]
)
# shallow: of a clone that ends before the last tag a program is built, and told of; no package.
shallow() (
	clone=$work/shallow
	git clone -q --depth 1 --no-tags "file://$root" "$clone" || exit
	cd "$clone" || exit
	said=$(build/build.sh directory 2>&1) || { echo "$said"; exit 1; }
	grep -q 'shallow and has no tag' <<<"$said" || { echo "it is not told: $said"; exit 1; }
	build/bin/munpae-directory --version || exit
	for script in build/package.sh build/directory/package.sh build/windows/build.sh; do
		if said=$($script 2>&1) || ! grep -q 'No packages are made of a shallow clone' <<<"$said"; then echo "$script: $said"; exit 1; fi
	done
	# With its tag it is whole.
	git tag v0.5.0-rc1 && (root=$clone && . build/packages.sh && ! cut_off && [ "$(version)" = 0.5.0~rc1 ])
)
as_debian() {
	lintian -I --fail-on error,warning,info "build/bin/$name.deb" &&
		dpkg-deb -x "build/bin/$name.deb" "$work/deb" &&
		desktop-file-validate "$work"/deb/usr/share/applications/*.desktop &&
		appstreamcli validate --no-net "$work"/deb/usr/share/metainfo/*.xml &&
		icons && manual && readmes
}
# readmes: in both languages, and both are whole.
readmes() {
	zcat "$work/deb/usr/share/doc/munpae/README.md.gz" | cmp - README.md && zcat "$work/deb/usr/share/doc/munpae/README.ko.md.gz" | cmp - app/docs/README.ko.md
}
# icons: each is as large as its folder says and has more than a background, and the desktop file
# names them.
icons() {
	local png size count=0
	for png in "$work"/deb/usr/share/icons/hicolor/*x*/apps/munpae.png; do
		size=${png%/apps/*}
		[ "$(identify -format '%wx%h' "$png")" = "${size##*/}" ] || { echo "$png is $(identify -format '%wx%h' "$png")"; return 1; }
		[ "$(identify -format '%k' "$png")" -gt 16 ] || { echo "$png shows nothing"; return 1; }
		count=$((count + 1))
	done
	[ "$count" -ge 9 ] && [ -e "$work/deb/usr/share/icons/hicolor/scalable/apps/munpae.svg" ] && grep -qx 'Icon=munpae' "$work"/deb/usr/share/applications/munpae.desktop
}
# manual: nothing that the formatter complains of or that is cut, in a wide and a narrow window.
manual() {
	local width said
	for width in 100 80 50; do
		said=$(LC_ALL=C.UTF-8 MANWIDTH=$width MANROFFOPT='' man -l --warnings "$work/deb/usr/share/man/man1/munpae.1.gz" 2>&1 >"$work/manual")
		[ -z "$said" ] || { echo "at $width columns: $said"; return 1; }
		[ "$(col -b <"$work/manual" | wc -L)" -le "$width" ] || { echo "wider than $width columns"; return 1; }
	done
}
as_rpm() {
	local here there
	here=$(rpm -qp --qf '%{VERSION}' "build/bin/$name.rpm") || return
	[ "$here" = "$version" ] || { echo "it says it is $here"; return 1; }
	rpm -qp --requires "build/bin/$name.rpm" | grep -q '^libwebkit2gtk-4.1.so.0' || { echo 'it needs no WebKitGTK'; return 1; }
	mkdir "$work/rpm" && rpm2cpio "build/bin/$name.rpm" | (cd "$work/rpm" && cpio -id --quiet) || return
	here=$(cd "$work/rpm/usr" && find . -type f ! -path '*/doc/*' -exec sha256sum {} + | sort)
	there=$(cd "$work/deb/usr" && find . -type f ! -path '*/doc/*' ! -path '*/lintian/*' -exec sha256sum {} + | sed 's,/zsh/vendor-completions/,/zsh/site-functions/,' | sort)
	diff <(echo "$there") <(echo "$here") && completed
}
# completed: each lies where its shell looks, in Debian's package and in the other two, whose
# zsh has no vendor-completions.
completed() {
	local all='bash-completion/completions/munpae fish/vendor_completions.d/munpae.fish'
	there() { sed -n 's,^.*/share/\(\(bash-completion\|fish\|zsh\)/.*[^/]\)$,\1,p' | sort; }
	is() { diff <(tr ' ' '\n' <<<"$1") -; }
	dpkg-deb --fsys-tarfile "build/bin/$name.deb" | tar -t | there | is "$all zsh/vendor-completions/_munpae" &&
		rpm -qpl "build/bin/$name.rpm" | there | is "$all zsh/site-functions/_munpae" &&
		tar -tf "build/bin/$name.tar.gz" | there | is "$all zsh/site-functions/_munpae"
}
# told: the manual and each shell know every flag that the program knows.
told() {
	local flag file bad=0
	for flag in $(build/bin/munpae --help | grep -oE -- '--[a-z]+' | sort -u); do
		for file in build/linux/completion/munpae.{bash,zsh,fish} build/linux/munpae.1; do
			tr -d '\\' <"$file" | grep -qE -- "--?l? ?${flag#--}\b" || { echo "$file does not know $flag"; bad=1; }
		done
	done
	return $bad
}
# again: another folder, user's mask, time zone and cache give the same program.
again() {
	git clone -q "$root" "$work/some where" 2>/dev/null || return
	(
		umask 077
		cd "$work/some where" && git checkout -q "$(git -C "$root" rev-parse HEAD)" &&
			TZ=Asia/Seoul GOCACHE=$work/cache build/build.sh >"$work/again.log" 2>&1
	) || { tail -n 20 "$work/again.log"; return 1; }
	cmp "$work/some where/build/bin/munpae" build/bin/munpae &&
		cmp "$work/some where/build/bin/munpae-directory" build/bin/munpae-directory
}

part 'Versions grow, for dpkg and for rpm, and the program says the same' growing
part 'A shallow clone that has no tag makes no packages' shallow
part 'Debian takes the package: lintian, desktop file, metainfo, icons, manual' as_debian
part 'Debian takes the directory'\''s: lintian, manual' directory_as_debian
part 'rpm reads the package, and it holds the same' as_rpm
part 'flatpak-builder reads the manifest, and the archive has what it needs' flatpak_read
part 'Manual and shells know every flag' told
part 'What it is made of and how: complete and true' bash -c '
	cd build/bin && sha256sum --quiet -c "$1.sha256" &&
		node -e "
			const read = (end) => JSON.parse(require(\"fs\").readFileSync(process.argv[1] + end))
			const go = read(\".go.cdx.json\"), npm = read(\".npm.cdx.json\"), made = read(\".provenance.json\")
			const has = (bom, name) => bom.components.some((c) => c.name === name)
			if (!has(go, \"github.com/wailsapp/wails/v2\") || !has(go, \"std\") || !has(npm, \"svelte\")) throw \"something linked in is missing\"
			if (made.subject.length !== 5) throw \"not every file is told of\"
		" "$1"' bash "$name"
if [ -z "$(git status --porcelain --untracked-files=no)" ]; then
	part 'The same commit makes the same program, bit for bit' again
else
	echo 'Not tried: building again, since there are changes that are not committed.'
	skipped=$((skipped + 1))
fi

# lives DIR: installed with what it names and nothing more, it starts, is removed, is
# purged; the profile stays, and the purge says where.
lives() {
	cp "build/bin/$name.deb" "$1/srv/munpae.deb"
	inside "$1" DEBIAN_FRONTEND=noninteractive bash -c '
		exec 2>&1
		set -e
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends /srv/munpae.deb >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		munpae --version
		[ -e /usr/share/applications/munpae.desktop ]
		if ldd /usr/bin/munpae | grep "not found"; then exit 1; fi
		apt-get install -y -qq --no-install-recommends xvfb xauth xdotool dbus >/srv/install.log
		xvfb-run -a bash -c "
			munpae --demo & app=\$!
			for _ in \$(seq 150); do
				if xdotool search --onlyvisible --name \"^Munpae\$\" >/dev/null 2>&1; then shown=1; break; fi
				sleep 0.2
			done
			sleep 2
			kill \$app; wait \$app
			[ \"\$shown\" = 1 ] || { echo \"no window came\"; exit 1; }
		"
		[ -e ~/.local/share/munpae/demo/munpae.db ]
		munpae doctor --demo --json >/dev/null || true
		apt-get remove -y -qq munpae >/dev/null
		[ ! -e /usr/bin/munpae ]
		apt-get purge -y -qq munpae | grep -F "~/.local/share/munpae"
		[ -e ~/.local/share/munpae/demo/munpae.db ]
		rm -rf ~/.local/share/munpae
	'
}
# completes DIR: in each shell, installed as Debian has it, Tab completes what is installed; the
# keys are pressed in a terminal, and what the shell then starts says what it was told: a value
# after "=" is the same as one after a space.
completes() {
	inside "$1" DEBIAN_FRONTEND=noninteractive TERM=xterm bash -c '
		exec 2>&1
		apt-get install -y -qq --no-install-recommends /srv/munpae.deb bash-completion zsh fish >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		dpkg-divert --quiet --local --rename --add /usr/bin/munpae
		printf "#!/bin/sh\\necho \"told:\$*:\"\\n" >/usr/bin/munpae && chmod 755 /usr/bin/munpae
		printf ". /usr/share/bash-completion/bash_completion\\n" >/srv/bashrc
		mkdir -p /srv/zsh && printf "autoload -U compinit; compinit -u\\n" >/srv/zsh/.zshrc
		bad=0
		for shell in "bash --rcfile /srv/bashrc -i" "zsh -i" "fish -i"; do
			while IFS="|" read -r keys want; do
				said=$( (printf "$keys\\n"; sleep 1; printf "exit\\n"; sleep 1) | ZDOTDIR=/srv/zsh timeout 30 script -qec "$shell" /dev/null | tr -d "\\r" | grep -ao "told:[^:]*:" | tail -n 1 | sed "s,/:$,:,")
				[ "${said//=/ }" = "told:${want//=/ }:" ] || { echo "${shell%% *}: $keys became \"$said\", not \"$want\""; bad=1; }
			done <<-"KEYS"
				munpae --th\tli\t|--theme light
				munpae --demo --la\tk\t|--demo --lang ko
				munpae doc\t--js\t|doctor --json
				munpae doctor --la\te\t|doctor --lang en
				munpae --pro\t/sr\t|--profile /srv
				munpae --lang=k\t|--lang=ko
				munpae --theme=d\t--dem\t|--theme=dark --demo
				munpae --profile=/sr\t|--profile=/srv
				munpae --demo doctor --js\t|--demo doctor --json
				munpae --lang ko doc\t--js\t|--lang ko doctor --json
				munpae --lang=ko doc\t--pro\t/sr\t|--lang=ko doctor --profile /srv
				munpae --profile doctor --th\tl\t|--profile doctor --theme light
			KEYS
		done
		rm -f /usr/bin/munpae && dpkg-divert --quiet --local --rename --remove /usr/bin/munpae
		apt-get purge -y -qq munpae >/dev/null
		exit $bad
	'
}
# earlier prints the last commit that knew fewer migrations, all of them as they are
# today: some were changed before anybody had them.
earlier() {
	local dir=app/internal/sqlite/migration/ now one then
	now=$(git ls-tree HEAD "$dir")
	for one in $(git log --format=%H^ -- "$dir"); do
		then=$(git ls-tree "$one" "$dir" 2>/dev/null)
		if [ -n "$then" ] && [ "$then" != "$now" ] && [ -z "$(comm -13 <(sort <<<"$now") <(sort <<<"$then"))" ]; then
			git rev-parse "$one"
			return
		fi
	done
}
# before builds its package.
before() {
	local last log=$work/before.log
	if [ -n "${MUNPAE_BEFORE:-}" ]; then
		cp "$MUNPAE_BEFORE" "$work/before.deb"
		return
	fi
	last=$(earlier)
	git clone -q "$root" "$work/before" 2>/dev/null && git -C "$work/before" checkout -q "$last" || return
	# Of what it writes beside the package we need nothing.
	(cd "$work/before" && build/package.sh) >"$log" 2>&1
	cp "$work"/before/build/bin/munpae_*.deb "$work/before.deb" || { tail -n 20 "$log"; return 1; }
	git log -1 --format='The version before is %h, %s' "$last"
}
# updated DIR: the end-to-end suite, built here, has that system take both packages.
updated() {
	local tree=$1
	cp "$work/before.deb" "$tree/srv/before.deb" && cp "build/bin/$name.deb" "$tree/srv/after.deb" &&
		mkdir -p "$tree/srv/app/e2e" && cp -r app/e2e/testdata "$tree/srv/app/e2e/" &&
		go test -c -tags desktop,production,webkit2_41,e2e,update -o "$tree/srv/app/e2e/update" ./app/e2e || return
	inside "$tree" MUNPAE_BEFORE=/srv/before.deb MUNPAE_AFTER=/srv/after.deb MUNPAE_SCREENSHOTS="${MUNPAE_SCREENSHOTS:+/srv/pictures}" bash -c '
		exec 2>&1
		export DEBIAN_FRONTEND=noninteractive
		apt-get install -y -qq --no-install-recommends xvfb dbus at-spi2-core openbox wmctrl xdotool xclip imagemagick locales fonts-noto-cjk >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		for name in ko_KR en_US; do localedef -i $name -f UTF-8 $name.UTF-8 || exit 1; done
		cd /srv/app/e2e && ./update -test.count=1 -test.v -test.run "^TestTheVersionBefore" | grep -vE "^=== "
		exit "${PIPESTATUS[0]}"
	' || return
	if [ -n "${MUNPAE_SCREENSHOTS:-}" ]; then cp -r "$tree/srv/pictures/." "$MUNPAE_SCREENSHOTS/"; fi
}
why=$(rootless)
if [ -n "$why" ]; then
	echo "Not tried on bare systems: $why"
	skipped=$((skipped + 6 * ${#suites[@]} + 1))
else
	if [ -n "${MUNPAE_BEFORE:-$(earlier)}" ]; then
		part 'The version before, as a package' before
	else
		echo 'Not tried: an update, since the history of this clone ends before it.'
		skipped=$((skipped + ${#suites[@]}))
	fi
	where=${BARE_KEEP:-$work}
	mkdir -p "$where"
	for suite in "${suites[@]}"; do
		part "$suite: a bare system" bare "$suite" "$where/$suite"
		part "$suite: installed, started, removed, purged" lives "$where/$suite"
		part "$suite: bash, zsh and fish complete it" completes "$where/$suite"
		part "$suite: the directory installed, started by its unit's line, removed, purged" directory_lives "$where/$suite"
		part "$suite: the directory under systemd" directory_under_systemd "$where/$suite"
		if [ -e "$work/before.deb" ]; then part "$suite: updated with its account, and going back is told" updated "$where/$suite"; fi
	done
	part "The Flatpak, built, installed and signed in to, on the system of ${suites[-1]}" flatpak_lives "$where/${suites[-1]}"
fi

say 'Summary'
printf '%d passed, %d failed' "$passed" "$failed"
if [ "$skipped" -gt 0 ]; then printf ', %d skipped' "$skipped"; fi
printf '\n'
[ "$failed" = 0 ]
