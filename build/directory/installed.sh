# Sourced by installed.sh: the directory's package as Debian reads it, and on a bare system.

directory_as_debian() {
	local tree
	tree=$(mktemp -d)
	lintian -I --fail-on error,warning,info "build/bin/$directory.deb" && dpkg-deb -x "build/bin/$directory.deb" "$tree" &&
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

# directory_under_systemd DIR: where systemd can be the first process of a namespace, on
# the system that directory_lives left: the unit runs with all that it forbids itself,
# comes back when it is killed, goes on after an update, and ends with the package.
directory_under_systemd() {
	local init said well=1
	unshare --mount --pid --fork --net --ipc --uts --cgroup --kill-child bash -c '
		set -e
		mount --make-rprivate /
		mount --bind "$1" "$1"
		cd "$1"
		mount -t proc proc proc
		mount -t sysfs -o ro sysfs sys
		mount -t cgroup2 cgroup2 sys/fs/cgroup
		mount -t tmpfs tmpfs run
		mount -t tmpfs tmpfs tmp
		mount -t tmpfs -o mode=755 tmpfs dev
		for name in null zero full random urandom tty; do
			touch dev/$name
			mount --bind /dev/$name dev/$name
		done
		mkdir dev/shm dev/pts
		mount -t tmpfs -o mode=1777 tmpfs dev/shm
		ln -s /proc/self/fd dev/fd
		ip link set lo up
		pivot_root . srv
		cd /
		umount -l srv
		exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=false systemd.unit=basic.target
	' bash "$1" </dev/null >"$1.systemd" 2>&1 &
	local outer=$!
	for _ in $(seq 150); do
		init=$(pgrep -P "$outer" | head -n 1)
		if [ -n "$init" ] && nsenter -t "$init" -m -p /bin/systemctl is-system-running 2>/dev/null | grep -Eq '^(running|degraded)$'; then break; fi
		init=''
		kill -0 "$outer" 2>/dev/null || break
		sleep 0.2
	done
	if [ -z "$init" ]; then
		echo "Not tried: systemd does not start in a namespace here: $(tail -n 1 "$1.systemd")"
		kill -9 "$outer" 2>/dev/null
		return 77
	fi
	timeout 120 nsenter -t "$init" -m -p -n -i -u -C env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive bash -c '
		exec 2>&1
		set -e
		unit=munpae-directory state=/var/lib/munpae-directory
		ready() { for _ in $(seq 100); do if curl -fsS http://127.0.0.1:8480/readyz >/dev/null 2>&1; then return; fi; sleep 0.1; done; systemctl status --no-pager $unit; return 1; }
		dpkg -i /srv/directory.deb >/dev/null
		[ "$(systemctl is-active $unit)" = inactive ] # its settings come first
		if ! systemctl start $unit 2>/dev/null; then
			# Device nodes can be made by root of the whole machine alone.
			mkdir -p /run/systemd/system/$unit.service.d
			printf "[Service]\nPrivateDevices=no\n" >/run/systemd/system/$unit.service.d/here.conf
			systemctl daemon-reload
			systemctl reset-failed $unit
			echo "all but PrivateDevices=yes, for which nodes cannot be made here"
			systemctl start $unit
		fi
		ready
		pid=$(systemctl show -P MainPID $unit)
		[ "$(stat -c "%U %a" $state)" = "munpae-directory 700" ]
		[ "$(id -nu "$(sed -n "s/^Uid:.\([0-9]*\).*/\1/p" /proc/$pid/status)")" = munpae-directory ]
		grep -qE "^CapEff:.0+$" /proc/$pid/status
		grep -qE "^CapBnd:.0+$" /proc/$pid/status
		grep -qE "^NoNewPrivs:.1$" /proc/$pid/status
		grep -qE "^Seccomp:.2$" /proc/$pid/status
		if nsenter -t $pid -m touch /etc/x 2>/dev/null || nsenter -t $pid -m touch /usr/x 2>/dev/null; then exit 1; fi
		kill -9 $pid
		while [ "$(systemctl show -P MainPID $unit)" = 0 ] || [ "$(systemctl show -P MainPID $unit)" = "$pid" ]; do sleep 0.1; done
		ready
		before=$(systemctl show -P MainPID $unit)
		dpkg -i /srv/directory.deb >/dev/null
		ready
		[ "$(systemctl show -P MainPID $unit)" != "$before" ]
		dpkg --remove $unit >/dev/null
		[ "$(systemctl is-active $unit)" = inactive ]
		dpkg --purge $unit
		rm -rf $state
	' && well=0
	kill -9 "$init" 2>/dev/null
	wait "$outer" 2>/dev/null
	return $well
}
