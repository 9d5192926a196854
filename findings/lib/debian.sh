# shellcheck shell=bash
# For the findings that run Debian 12's programs: unpack packages of exact versions into a temporary folder, and run them there.
# Sourced; leaves the shell in that folder, which goes away with the script.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unpack() { # PACKAGE=VERSION...: these and all they depend on, into $tmp/root; nothing is installed
	local lists=() deb
	mkdir -p "$tmp/archives/partial" "$tmp/lists/partial" "$tmp/root"
	: >"$tmp/status"
	apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$tmp/status"
		-o Dir::Cache::archives="$tmp/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
	fetch=(--no-install-recommends --download-only install "$@")
	if ! "${apt[@]}" "${fetch[@]}" >/dev/null 2>&1; then # no or old lists of packages: lists of our own
		lists=(-o Dir::State::lists="$tmp/lists")
		"${apt[@]}" "${lists[@]}" update >/dev/null && "${apt[@]}" "${lists[@]}" "${fetch[@]}" >/dev/null ||
			{ echo "not to be had: $*" >&2; exit 2; }
	fi
	for deb in "$tmp"/archives/*.deb; do dpkg-deb -x "$deb" "$tmp/root"; done
}
run() { # TOOL ARGUMENT...: with the unpacked loader and libraries
	local loader
	loader=$(find "$tmp/root"/lib*/ -name 'ld-linux*.so.*' -print -quit)
	"$loader" --library-path "$(find "$tmp/root/lib" "$tmp/root/usr/lib" -maxdepth 1 -name '*-linux-gnu*' -printf '%p:')$tmp/root/usr/lib" \
		"$tmp/root/usr/bin/$1" "${@:2}"
}
inside() { # TOOL ARGUMENT...: in the unpacked root, with /proc of its own; for what starts further programs, as a compiler does
	local unshare=(unshare)
	mkdir -p "$tmp/root/"{proc,tmp,work,dev/shm}
	[ "$(id -u)" = 0 ] || unshare+=(--user --map-root-user)
	"${unshare[@]}" --mount-proc="$tmp/root/proc" --pid --fork --kill-child /usr/sbin/chroot "$tmp/root" \
		/usr/bin/env -C /work PATH=/usr/bin:/bin "$@"
}
cd "$tmp" || exit 2
