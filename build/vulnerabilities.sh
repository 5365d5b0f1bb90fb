#!/usr/bin/env bash
# Known holes in what we use, as far as anybody can be asked from here: govulncheck
# for Go, with Go's own database or else the copy in the module vulndb; npm audit
# for the front end. Exit 1 if something was found; what could not be asked is said.
set -uo pipefail
# shellcheck source=build/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"
cd "$root" || exit 1
found=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() { go tool -modfile=build/tools.mod govulncheck "$@" -tags desktop,production,webkit2_41 ./... >"$work/go" 2>&1; }
say 'Go'
mended
check
case $? in
0 | 3) ;;
*)
	# The same entries come as a Go module, with the program that makes an index of them.
	printf 'module vulnerabilities\ngo 1.26\n' >"$work/go.mod"
	if (cd "$work" && go get -tool golang.org/x/vulndb/cmd/indexdb@latest >/dev/null 2>&1 &&
		go tool indexdb -out "$work/db" -vulns "$(go list -m -f '{{.Dir}}' golang.org/x/vulndb)/data/osv") >/dev/null 2>&1; then
		(cd "$work" && go list -m -f 'asked {{.Path}} {{.Version}}' golang.org/x/vulndb)
		check -db "file://$work/db"
	else
		false
	fi
	;;
esac
case $? in
0) tail -n 3 "$work/go" ;;
3)
	found=1
	grep -E '^Vulnerability|^    (Found|Fixed) in|^    [A-Z][a-z].*|^Your code' "$work/go" | grep -v 'Example traces'
	;;
*) echo 'Not asked: neither the database nor the module can be reached.' ;;
esac

say 'npm'
(cd frontend && npm audit --json) >"$work/npm" 2>/dev/null
case $(node -p 'const a = JSON.parse(require("fs").readFileSync(process.argv[1])); a.metadata ? a.metadata.vulnerabilities.total : "none"' "$work/npm" 2>/dev/null) in
0) echo 'nothing known' ;;
[0-9]*)
	found=1
	(cd frontend && npm audit)
	;;
*) echo 'Not asked: this registry answers no audit.' ;;
esac
exit "$found"
