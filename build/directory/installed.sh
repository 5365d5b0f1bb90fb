# Sourced by installed.sh: the directory's package as Debian reads it, and on a bare system.

directory_as_debian() {
	local tree
	tree=$(mktemp -d)
	lintian --fail-on error,warning,info "build/bin/$directory.deb" && dpkg-deb -x "build/bin/$directory.deb" "$tree" &&
		[ -z "$(man -l --warnings "$tree/usr/share/man/man1/munpae-directory.1.gz" 2>&1 >/dev/null)" ]
	local well=$?
	rm -rf "$tree"
	return $well
}

# directory_lives DIR: installed with what it names and nothing more; its unit is one that
# systemd takes and calls hardened; the line that the unit starts runs by its user, on the
# settings and the folder that the unit gives it; the settings outlive an update and a
# removal, the accounts a purge, which says where they are.
directory_lives() {
	cp "build/bin/$directory.deb" "$1/srv/directory.deb"
	inside "$1" DEBIAN_FRONTEND=noninteractive bash -c '
		exec 2>&1
		set -e
		settings=/etc/munpae-directory/environment state=/var/lib/munpae-directory unit=/usr/lib/systemd/system/munpae-directory.service
		apt-get update -qq
		apt-get install -y -qq --no-install-recommends /srv/directory.deb >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		munpae-directory --version
		[ "$(stat -c "%a %U %G" $settings)" = "640 root munpae-directory" ]
		[ "$(getent passwd munpae-directory | cut -d: -f6,7)" = $state:/usr/sbin/nologin ]

		apt-get install -y -qq --no-install-recommends systemd curl >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		said=$(systemd-analyze verify $unit) && [ -z "$said" ] || { echo "the unit: $said"; exit 1; }
		systemd-analyze security --offline=true --threshold=15 $unit | tail -n 1

		# What systemd does with User, UMask, StateDirectory, and no right to anything else.
		install -d -m 0700 -o munpae-directory -g munpae-directory $state
		user="setpriv --reuid munpae-directory --regid munpae-directory --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all"
		become() { umask 0077 && cd / && exec env -i PATH=/usr/bin:/bin STATE_DIRECTORY=$state $user "$@"; }
		by() { (become "$@"); }
		serve() {
			become $(sed -n "s/^ExecStart=//p" $unit) >/srv/out 2>/srv/log & service=$!
			for _ in $(seq 100); do
				if curl -fsS http://127.0.0.1:8480/readyz >/dev/null 2>&1; then return; fi
				kill -0 $service || { cat /srv/log; return 1; }
				sleep 0.1
			done
			return 1
		}
		stop() { kill -TERM $service; wait $service; }
		serve
		curl -fsS http://127.0.0.1:8480/v1/ | grep -q "\"demo\":true"
		[ "$(stat -c %U /proc/$service)" = munpae-directory ]
		by munpae-directory doctor --env $settings
		stop
		[ "$(stat -c "%a %U" $state/directory.db)" = "600 munpae-directory" ]
		before=$(sha256sum $state/directory.db.secret)

		# Settings of its own, named with their line where they are wrong.
		echo "MUNPAE_DIRECTORY_URL=nonsense" >>$settings
		if by munpae-directory serve --env $settings 2>/srv/log; then exit 1; fi
		cat /srv/log
		grep -q "MUNPAE_DIRECTORY_URL ($settings, line $(wc -l <$settings)):" /srv/log
		sed -i "\$d" $settings
		echo "# ours" >>$settings

		apt-get install -y -qq --reinstall --no-install-recommends /srv/directory.deb >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		tail -n 1 $settings | grep -qx "# ours"
		serve
		stop
		[ "$(sha256sum $state/directory.db.secret)" = "$before" ]
		apt-get remove -y -qq munpae-directory >/dev/null
		[ ! -e /usr/bin/munpae-directory ]
		[ -e $settings ]
		apt-get purge -y -qq munpae-directory | grep -F "$state"
		[ ! -e /etc/munpae-directory ]
		[ -e $state/directory.db ]

		# Installed once more, it is the same people.
		apt-get install -y -qq --no-install-recommends /srv/directory.deb >/srv/install.log || { tail -n 20 /srv/install.log; exit 1; }
		serve
		stop
		[ "$(sha256sum $state/directory.db.secret)" = "$before" ]
		apt-get purge -y -qq munpae-directory >/dev/null
		rm -rf $state
	'
}
