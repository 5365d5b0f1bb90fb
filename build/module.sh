#!/usr/bin/env bash
# Gives the module its path, everywhere, in one commit: build/module.sh github.com/OWNER/munpae
# The path that is in go.mod is under a reserved domain, where nothing can be fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
new=${1-}
old=$(sed -n 's/^module //p' go.mod)
if [ $# -ne 1 ] || ! [[ $new =~ ^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~-]+)+$ ]]; then
	echo "usage: build/module.sh PATH, such as github.com/OWNER/munpae (now: $old)" >&2
	exit 2
fi
if [ "$new" = "$old" ]; then
	echo "it is $old already" >&2
	exit 0
fi
if [ -n "$(git status --porcelain --untracked-files=no)" ]; then
	echo 'there are changes that are not committed: commit them first' >&2
	exit 1
fi
git grep -lzF "$old" | xargs -0 sed -i "s|${old//./\\.}|$new|g"
go list ./... >/dev/null
git commit -qam "The module's path is $new"
echo "$old is $new now, in one commit: git show --stat"
