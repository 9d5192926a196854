# shellcheck shell=bash
# Shared by the scripts: what they print, how they become root, how they install and build.

flowdar_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # used by server.sh
flowdar_cache=${FLOWDAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flowdar}

# say TEXT: a line about what is being done, on standard error, with the seconds since the start.
say() {
	printf '[%3ds] %s\n' "$SECONDS" "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# as_root COMMAND...: as it is for root, through sudo for others.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$*' needs root, and there is no sudo"
	fi
}

# quietly LOG COMMAND...: the command with its output in LOG, a dot a second on a terminal when it
# takes more than two seconds; the log's end is shown when it fails.
quietly() {
	local log=$1 pid dots=0 status=0
	shift
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		dots=$((dots + 1))
		if [ -t 2 ] && [ $dots -gt 10 ] && [ $((dots % 5)) = 0 ]; then
			printf '.' >&2
		fi
	done
	wait "$pid" || status=$?
	if [ -t 2 ] && [ $dots -gt 10 ]; then
		printf '\n' >&2
	fi
	if [ $status != 0 ]; then
		tail -n 25 "$log" >&2
		printf '%s failed with %d; all it said is in %s\n' "$1" "$status" "$log" >&2
	fi
	return $status
}

# missing_packages: those of scripts/lib/packages that are not installed.
missing_packages() {
	local package
	while read -r package; do
		case $package in '' | '#'*) continue ;; esac
		if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
			printf '%s\n' "$package"
		fi
	done <"$flowdar_root/scripts/lib/packages"
}

# may_install PACKAGE...: ends with the line that somebody who may has to paste, where we may not.
may_install() {
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
		die "these Debian packages are missing, and there is no sudo; as root:
  apt-get update && apt-get install -y --no-install-recommends $*"
}

# install_packages: installs what is missing; says what.
install_packages() {
	local missing log=$flowdar_root/build/packages.log
	mapfile -t missing < <(missing_packages)
	[ ${#missing[@]} = 0 ] && return
	command -v apt-get >/dev/null || die "needs these Debian packages: ${missing[*]}"
	may_install "${missing[@]}"
	mkdir -p "${log%/*}"
	say "installing ${#missing[@]} Debian packages: ${missing[*]}"
	quietly "$log" as_root env DEBIAN_FRONTEND=noninteractive apt-get update &&
		quietly "$log" without_services env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "${missing[@]}" ||
		die "could not install them"
}

# without_services COMMAND...: as root, and no service that it installs is started: the tests start
# what they need, and somebody's machine keeps the servers that it had. The way for this is a
# policy-rc.d that forbids it; one that exists already is left alone.
without_services() (
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'as_root rm -f $policy' EXIT
		# shellcheck disable=SC2016 # for the inner shell
		as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod +x "$1"' sh $policy
	fi
	as_root "$@"
)

# build_preset NAME [TARGET...]: configures and builds build/NAME.
build_preset() {
	local preset=$1
	shift
	mkdir -p "$flowdar_root/build"
	say "building ($preset)"
	(cd "$flowdar_root" && quietly "build/$preset-configure.log" cmake --preset "$preset") || return
	quietly "$flowdar_root/build/$preset-build.log" \
		cmake --build "$flowdar_root/build/$preset" -j "$(nproc)" ${1:+--target "$@"}
}

# need_packages NAME...: installs those that only one script needs; they are not in the list.
need_packages() {
	local package missing=() log=$flowdar_root/build/packages.log
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
	done
	[ ${#missing[@]} = 0 ] && return
	may_install "${missing[@]}"
	mkdir -p "${log%/*}"
	say "installing ${missing[*]}"
	quietly "$log" as_root env DEBIAN_FRONTEND=noninteractive apt-get update &&
		quietly "$log" without_services env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "${missing[@]}" || die "could not install ${missing[*]}"
}
