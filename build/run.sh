#!/usr/bin/env bash
# Builds and starts Munpae; arguments are Munpae's. With no provider configured it
# starts in the demo. Without a display it starts on a virtual one and takes a
# picture of it. "directory" as the first argument starts a munpae-directory with it,
# on SQLite or, with --postgres next, on a PostgreSQL of its own, and points it there.
set -euo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

postgres='' directory=''
if [ "${1:-}" = directory ]; then
	directory=1
	shift
	if [ "${1:-}" = --postgres ]; then
		postgres=1
		shift
	fi
fi

"$root/build/build.sh"
need xdg-utils 'chromium|firefox-esr|firefox' fonts-noto-cjk

# configured: is any provider's client ID set, in the environment or in a .env that
# this start would read?
configured() {
	local profile="${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/munpae" dev='' files argument previous=''
	for argument in "$@"; do
		case $argument in
		--profile=* | -profile=*) profile=${argument#*=} ;;
		--dev | -dev) dev=1 ;;
		esac
		case $previous in --profile | -profile) profile=$argument ;; esac
		previous=$argument
	done
	if [ -n "${MUNPAE_DIRECTORY:-}" ]; then return 0; fi
	if env | grep -Eq '^MUNPAE_[A-Z0-9]+_CLIENT_ID=.'; then return 0; fi # of any kind of provider
	files=("$profile/.env")
	if [ -n "$dev" ]; then files+=(.env); fi
	for file in "${files[@]}"; do
		if [ -f "$file" ] && grep -Eq '^[[:space:]]*(export[[:space:]]+)?MUNPAE_[A-Z0-9]+_CLIENT_ID[[:space:]]*=[[:space:]]*[^[:space:]#]' "$file"; then
			return 0
		fi
	done
	return 1
}

# A question that needs no window goes straight through.
for argument in "$@"; do
	case $argument in
	doctor | --version | -version | --help | -help | -h) exec "$root/build/bin/munpae" "$@" ;;
	esac
done

children=()
munpae=
# The app first, and to its end: without its display it could not end in order.
end() {
	if [ -n "$munpae" ]; then
		kill "$munpae" 2>/dev/null || true
		wait "$munpae" 2>/dev/null || true
	fi
	if [ ${#children[@]} -gt 0 ]; then kill "${children[@]}" 2>/dev/null || true; fi
	rm -f "${authority:-}" "${told:-}"
	if [ -n "$cluster" ]; then
		as_postgres "$bin/pg_ctl" stop --silent --mode=fast --pgdata "$cluster/data" || true
		rm -rf "$cluster"
	fi
}

# as_postgres runs a command as somebody who is not root, which PostgreSQL insists on.
as_postgres() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

cluster=
arguments=("$@")
if [ -n "$directory" ]; then
	trap end EXIT
	trap 'exit 130' INT TERM
	if [ -n "$postgres" ]; then
		need postgresql
		bin=$(dirname "$(find /usr/lib/postgresql/*/bin -name initdb | sort -V | tail -1)")
		cluster=$(mktemp -d)
		if [ "$(id -u)" = 0 ]; then chown postgres: "$cluster"; fi
		as_postgres "$bin/initdb" --pgdata "$cluster/data" --auth=trust --username=munpae --encoding=UTF8 --locale=C >/dev/null
		as_postgres "$bin/pg_ctl" start --silent --wait --pgdata "$cluster/data" --log "$cluster/log" -o "-k $cluster -h ''"
		MUNPAE_DIRECTORY_DATABASE="postgres://munpae@/postgres?host=$cluster"
		MUNPAE_DIRECTORY_SECRET=$(head -c 32 /dev/urandom | base64)
		export MUNPAE_DIRECTORY_DATABASE MUNPAE_DIRECTORY_SECRET
	fi
	told=$(mktemp)
	"$root/build/bin/munpae-directory" serve >"$told" &
	children+=("$!")
	for _ in $(seq 200); do
		if [ -s "$told" ]; then break; fi
		kill -0 "${children[0]}" 2>/dev/null || fail 'The directory did not start.'
		sleep 0.05
	done
	MUNPAE_DIRECTORY=$(sed -n 's/^listening on //p' "$told")
	rm -f "$told"
	echo "The directory is at $MUNPAE_DIRECTORY (look at $MUNPAE_DIRECTORY/v1/docs)"
	export MUNPAE_DIRECTORY
	# The providers are the directory's now, and a profile of its own keeps this apart.
	for name in $(compgen -e | grep -E '^MUNPAE_(GITHUB|NAVER|OIDC)' || true); do unset "$name"; done
	case " $* " in
	*' --profile'* | *' -profile'*) ;;
	*) arguments+=(--profile "${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/munpae-with-directory") ;;
	esac
fi
if ! configured "$@"; then
	case " $* " in
	*' --demo '* | *' -demo '*) ;;
	*)
		echo 'No provider is configured: starting the demo. README.md says how to get keys.'
		arguments+=(--demo)
		;;
	esac
fi

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -n "$directory" ]; then
	"$root/build/bin/munpae" "${arguments[@]}" &
	munpae=$!
	wait "$munpae"
	exit
fi
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
	exec "$root/build/bin/munpae" "${arguments[@]}"
fi

need xvfb xauth openbox imagemagick dbus-x11 at-spi2-core
number=90
# The name without a file too: a container that shares the network shares that.
while [ -e "/tmp/.X11-unix/X$number" ] || [ -e "/tmp/.X$number-lock" ] ||
	grep -qs "@/tmp/.X11-unix/X$number\$" /proc/net/unix; do number=$((number + 1)); done
# Whoever may connect to a display reads and types everything on it: without an
# authority every user of this machine may.
authority=$(mktemp)
XAUTHORITY=$authority
export XAUTHORITY
xauth -q -f "$XAUTHORITY" add ":$number" . "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" 2>/dev/null
echo "There is no display: starting on a virtual one, :$number (look in with: DISPLAY=:$number XAUTHORITY=$XAUTHORITY)"
Xvfb ":$number" -screen 0 1280x900x24 -nolisten tcp -auth "$XAUTHORITY" >/dev/null 2>&1 &
children+=("$!")
trap end EXIT
for _ in $(seq 100); do
	if [ -e "/tmp/.X11-unix/X$number" ]; then break; fi
	sleep 0.05
done
export DISPLAY=:$number
openbox >/dev/null 2>&1 &
children+=("$!")
# A bus of our own that ends with us, and with it what it started (a keyring).
bus=$(mktemp)
dbus-daemon --session --nofork --print-address=1 >"$bus" 2>/dev/null &
children+=("$!")
for _ in $(seq 100); do
	if [ -s "$bus" ]; then break; fi
	sleep 0.05
done
DBUS_SESSION_BUS_ADDRESS=$(cat "$bus")
export DBUS_SESSION_BUS_ADDRESS
rm -f "$bus"
"$root/build/bin/munpae" "${arguments[@]}" &
munpae=$!
trap 'exit 130' INT TERM
picture=$(mktemp --suffix=.png /tmp/munpae-XXXXXX)
# drawn: is there more in the middle of the screen than a background?
drawn() {
	import -window root "$picture" 2>/dev/null &&
		[ "$(convert "$picture" -gravity center -crop 360x480+0+0 -edge 1 -format '%[fx:mean>0.005]' info: 2>/dev/null)" = 1 ]
}
for _ in $(seq 60); do
	sleep 0.5
	if ! kill -0 "$munpae" 2>/dev/null || drawn; then break; fi
done
sleep 1 # a transition may still run
if kill -0 "$munpae" 2>/dev/null && import -window root "$picture"; then
	echo "Screenshot: $picture"
	echo 'Press Ctrl+C to end it.'
fi
wait "$munpae"
