#!/bin/sh
# Looks for known vulnerabilities in the code that is really called, then for secrets in the history and in the tree.
set -eu
cd "$(dirname "$0")/.."
tools=bin/tools

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
trap 'exit 1' HUP INT TERM

# Where the public database cannot be reached, a copy may lie beside the repository.
database=$("$tools/vulndb" -archive ../shared/vulndb.tar.xz -dir "$unpacked")
case $database in
file://*) echo "govulncheck: with the copy ../shared/vulndb.tar.xz, since the public database cannot be reached" ;;
*) echo "govulncheck: with $database" ;;
esac
"$tools/govulncheck" -db "$database" ./...

# Both always run, so that one finding does not hide another.
failed=0
echo "gitleaks: the history"
"$tools/gitleaks" git --no-banner --redact --verbose --log-level warn . || failed=1
echo "gitleaks: the tree"
"$tools/gitleaks" dir --no-banner --redact --verbose --log-level warn . || failed=1
if [ "$failed" -ne 0 ]; then
	echo "gitleaks found what looks like a secret. A real one is revoked first, then removed; a made-up one in a test" >&2
	echo "takes a form that .gitleaks.toml allows." >&2
	exit 1
fi
echo "No known vulnerability is called, and no secret was found."
