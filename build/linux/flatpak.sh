# Sourced by installed.sh: the Flatpak, as flatpak-builder reads it, and built, installed and
# used in its sandbox. Nothing is fetched from Flathub: the runtime has the name of GNOME's and
# is made of a bare Debian that the package was tried on, which for trixie has the same GNOME.

# flatpak_read: flatpak-builder reads the manifest, the archive that it unpacks has what the
# manifest renames and starts, and it asks for no right that it does not need.
flatpak_read() {
	mkdir -p "$work/flatpak/linux" # it writes where it is called
	(cd "$work/flatpak" && flatpak-builder --show-manifest "$root/build/linux/example.munpae.munpae.yml" >read.json) || return
	tar -tf "build/bin/$name.tar.gz" | node -e '
		const { readFileSync, writeFileSync } = require("fs")
		const read = (name) => readFileSync(name, "utf8")
		const made = JSON.parse(read(process.argv[1])), has = read(0).split("\n").map((l) => l.replace(/^[^/]*\//, ""))
		const id = /<id>(.*)<\/id>/.exec(read("build/linux/munpae.metainfo.xml"))[1]
		const want = ["bin/" + made.command, "share/applications/" + made["rename-desktop-file"], `share/icons/hicolor/scalable/apps/${made["rename-icon"]}.svg`, `share/metainfo/${id}.metainfo.xml`]
		const missing = want.filter((f) => !has.includes(f))
		if (made.id !== id || missing.length) throw `it is ${made.id}, the metainfo is of ${id}; not in the archive: ${missing}`
		if (made["finish-args"].some((a) => /filesystem|session-bus|system-bus|device=all/.test(a))) throw "it asks for more than it needs"
		// Of GNOME'"'"'s SDK there is no imitation: its tools for debugging and for a shop are not run.
		writeFileSync(process.argv[2], JSON.stringify({ ...made, sdk: made.runtime, "appstream-compose": false, "build-options": { strip: false, "no-debuginfo": true } }))
	' "$work/flatpak/read.json" "$work/flatpak/linux/made.json"
}

# flatpak_says NAME: what the manifest has under it.
flatpak_says() { node -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$work/flatpak/read.json" "$1"; }

# flatpak_runtime DIR: what programs need of that system, as the runtime of the manifest.
flatpak_runtime() {
	local runtime version one code
	runtime=$(flatpak_says runtime) || return
	version=$(flatpak_says runtime-version) || return
	mkdir -p "$work/flatpak/runtime/"{usr/etc,files,var} || return
	tar -C "$1/usr" --exclude=./share/doc --exclude=./share/man --exclude=./include --exclude=./src --exclude=./local -cf - . | tar -C "$work/flatpak/runtime/usr" -xf - || return
	for one in alternatives ca-certificates.conf fonts gtk-3.0 ld.so.conf ld.so.conf.d nsswitch.conf ssl xdg; do
		if [ -e "$1/etc/$one" ]; then cp -a "$1/etc/$one" "$work/flatpak/runtime/usr/etc/" || return; fi
	done
	printf '[Runtime]\nname=%s\nruntime=%s\nsdk=%s\n' "$runtime" "$runtime/$(uname -m)/$version" "$runtime/$(uname -m)/$version" >"$work/flatpak/runtime/metadata"
	ostree init --repo="$work/flatpak/repo" --mode=archive && ostree config --repo="$work/flatpak/repo" set archive.zlib-level 1 &&
		flatpak build-export --runtime --files=usr "$work/flatpak/repo" "$work/flatpak/runtime" "$version" &&
		flatpak remote-add --user --no-gpg-verify own "$work/flatpak/repo" &&
		flatpak install --user -y --noninteractive own "$runtime//$version"
	code=$?
	rm -rf "$work/flatpak/runtime"
	return $code
}

# flatpak_lives DIR: the manifest is built to one file, which is installed; in its sandbox
# somebody signs in by the portal and is signed in when it starts again
# (app/e2e/flatpak_test.go); what is said to the desktop has the name that it is installed by.
flatpak_lives() (
	set +o pipefail
	export FLATPAK_USER_DIR=$work/flatpak/user FLATPAK_SYSTEM_DIR=$work/flatpak/system
	[ -e "$work/flatpak/linux/made.json" ] || return
	id=$(flatpak_says id) || return
	inside "$1" DEBIAN_FRONTEND=noninteractive bash -c '
		apt-get install -y -qq --no-install-recommends /srv/munpae.deb fonts-noto-cjk locales >/srv/install.log 2>&1 || { tail -n 20 /srv/install.log; exit 1; }
		for name in ko_KR en_US; do localedef -i $name -f UTF-8 $name.UTF-8 || exit 1; done
		apt-get purge -y -qq munpae >/dev/null 2>&1' || return
	flatpak_runtime "$1" >"$work/flatpak.log" 2>&1 || { tail -n 20 "$work/flatpak.log"; return 1; }
	mkdir -p "$work/flatpak/bin/flatpak" && tar -xf "build/bin/$name.tar.gz" -C "$work/flatpak/bin/flatpak" --strip-components=1 || return
	(cd "$work/flatpak" &&
		dbus-run-session -- flatpak-builder --user --force-clean --disable-rofiles-fuse --state-dir=state --repo=repo built linux/made.json &&
		flatpak build-bundle repo munpae.flatpak $id &&
		dbus-run-session -- flatpak install --user -y --noninteractive munpae.flatpak) >"$work/flatpak.log" 2>&1 || { tail -n 20 "$work/flatpak.log"; return 1; }
	desktop-file-validate "$FLATPAK_USER_DIR/exports/share/applications/$id.desktop" || return
	cat "$FLATPAK_USER_DIR/app/$id/current/active/files/share/"*/*.xml | grep -q "<launchable type=\"desktop-id\">$id.desktop<" || { echo 'the metainfo starts another desktop file'; return 1; }
	go test -c -tags desktop,production,webkit2_41,e2e,flatpak -o "$work/flatpak/test" ./app/e2e || return
	cd app/e2e &&
		MUNPAE_FLATPAK=$id unshare --mount --pid --fork --net --kill-child --mount-proc bash -c 'ip link set lo up && exec "$@"' bash "$work/flatpak/test" -test.count=1 -test.v -test.run '^TestAsAFlatpak' >"$work/flatpak.log" 2>&1
	code=$?
	grep -vE '^=== ' "$work/flatpak.log"
	return $code
)
