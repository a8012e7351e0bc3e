#!/bin/sh
# Fails if `make generate` changes a file. It compares before with after, so it works in a tree with open changes too.
set -eu
cd "$(dirname "$0")/.."

# state prints a line for every file that is not as committed: its name and a hash of what it holds.
state() {
	git ls-files --modified --others --exclude-standard | sort -u | while IFS= read -r file; do
		if [ -f "$file" ]; then
			printf '%s %s\n' "$(git hash-object -- "$file")" "$file"
		else
			printf 'gone %s\n' "$file"
		fi
	done
}

before=$(state)
"${MAKE:-make}" --no-print-directory generate
after=$(state)
if [ "$before" = "$after" ]; then
	exit 0
fi
echo "Generated files are not up to date. Run 'make generate' and commit what it changes:" >&2
printf '%s\n' "$after" | while IFS= read -r line; do
	case "
$before
" in *"
$line
"*) ;; *) echo "  ${line#* }" >&2 ;; esac
done
exit 1
