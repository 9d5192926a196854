# shellcheck shell=bash
# Part of scripts/package: the packages in a fresh Debian, in namespaces of its own. Sourced after common.sh.

# debian_site: where this machine has the packages of its own release from.
debian_site() {
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v release="$1" '$2 == release && $3 == "main" { print $1; exit }'
}

# What is done in there, as root, with the packages in /packages: each line has to succeed.
package_try_inside() {
	cat <<'END'
set -euo pipefail
trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
mount -t proc proc /proc
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up 2>/dev/null || true
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
flowdar --version
flowdar doctor --try
man -w flowdar-record flowdar flowdar-rules flowdar.h >/dev/null
test -s /usr/share/bash-completion/completions/flowdar
test -s /usr/share/doc/flowdar/docs/recording.md || test -s /usr/share/doc/flowdar/docs/recording.md.gz
pkg_config=$(find /usr/share/pkgconfig -name flowdar.pc)
grep -q preloaddir "$pkg_config"
cd /tmp
flowdar record --io -q -o seen --duration 6s -- nginx -g 'daemon off;' &
sleep 2
for n in 1 2 3; do
	exec 3<>/dev/tcp/127.0.0.1/80
	printf 'GET / HTTP/1.0\r\n\r\n' >&3
	timeout 5 cat <&3 >reply || true
	grep -q '^HTTP/1.1 [24]' reply || { echo "no answer:"; cat reply; exit 1; }
	exec 3>&-
done
wait
flowdar analyze seen --by session --format csv >sessions
test "$(grep -c 127.0.0.1 sessions)" = 3
flowdar sequence seen -o seen.svg >/dev/null
grep -q '</svg>' seen.svg
babeltrace2 seen >events
test "$(grep -c flowdar:session_begin events)" = 3
apt-get purge -y -qq flowdar flowdar-preload libflowdar-dev flowdar-doc >/dev/null
left=$(find / -xdev \( -path /packages -o -path /tmp -o -path /proc \) -prune -o -name '*flowdar*' -print)
test -z "$left" || { echo "left behind:"; echo "$left"; exit 1; }
echo "recorded, read, drawn, and taken away again"
END
}

# package_try FOLDER: installs FOLDER's packages into a new Debian and uses them; nothing is left behind.
package_try() {
	local codename site root log=$1/try.log status=0
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	site=$(debian_site "$codename")
	[ -n "$site" ] || die "apt does not say where $codename comes from"
	root=$(mktemp -d)
	# shellcheck disable=SC2064 # its name now
	trap "rm -rf --one-file-system '$root'" EXIT
	say "debootstrap"
	quietly "$log" as_root debootstrap --variant=minbase "$codename" "$root" "$site" || return
	mkdir "$root/packages"
	find "$1" -maxdepth 1 -name '*.deb' ! -name '*dbgsym*' -exec cp -t "$root/packages" {} +
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	say "installing the packages there"
	quietly "$log" as_root chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c \
		'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
		apt-get update && apt-get install -y --no-install-recommends /packages/*.deb nginx-light man-db iproute2 babeltrace2' || return
	package_try_inside >"$root/try"
	say "using them"
	as_root unshare -m -p -n -f --kill-child sh -c 'mount --rbind /dev "$1/dev" && mount --make-rslave "$1/dev" &&
		exec chroot "$1" bash /try' sh "$root" || status=$?
	[ $status = 0 ] || printf 'what is used there failed with %d\n' "$status" >&2
	return $status
}
