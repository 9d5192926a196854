# shellcheck shell=bash disable=SC2154 # names of common.sh and httpd.sh
# Builds httpd and its libraries with function hooks and with our marks. Part of httpd.sh.

# Every function gets hooks but APR's pool_concurrency_*: empty, inlined into each allocation, and a
# fifth of all events if they had them.
httpd_cflags="-O2 -g -finstrument-functions"
httpd_cflags+=" -finstrument-functions-exclude-function-list=pool_concurrency_"
httpd_modules="authz_core unixd mime dir alias rewrite log_config"

# What the build depends on: when it changes, it is built again.
httpd_build_stamp() {
	cat "$httpd_home/source/versions" || return
	echo "$httpd_cflags / $httpd_modules / $httpd_home / $(gcc -dumpfullversion)"
	cat "$flowdar_root"/instrument/patches/httpd/*.patch \
		"$flowdar_root/instrument/include/flowdar/flowdar.h" \
		"$flowdar_root/scripts/lib/httpd-build.sh" | sha256sum
}

# httpd_build: leaves $httpd_home/prefix/bin/httpd and the libraries it needs in prefix/lib.
httpd_build() {
	httpd_locked httpd_build_all
}

httpd_build_all() {
	local stamp prefix=$httpd_home/prefix build=$httpd_home/build
	stamp=$(httpd_build_stamp) || return
	if [ -x "$prefix/bin/httpd" ] && [ "$stamp" = "$(cat "$prefix/stamp" 2>/dev/null)" ]; then
		say "httpd: built already, in $prefix"
		return
	fi
	rm -rf "$prefix" "$build" && mkdir -p "$prefix" "$build" "$httpd_home/log" &&
		cp -a "$httpd_home"/source/{apache2,apr,apr-util} "$build" &&
		cp -a "$flowdar_root/instrument/include" "$build/include" &&
		httpd_mark "$build/apache2" &&
		httpd_step "APR" httpd_build_apr &&
		httpd_step "APR-util" httpd_build_apr_util &&
		httpd_step "httpd" httpd_build_httpd &&
		printf '%s\n' "$stamp" >"$prefix/stamp"
}

httpd_step() {
	say "httpd: building $1"
	quietly "$httpd_home/log/build-$1.log" "$2"
}

# httpd_mark TREE: puts our macros into httpd's source; nothing is changed unless all patches fit.
httpd_mark() {
	local patch log=$httpd_home/log/patch.log
	for patch in "$flowdar_root"/instrument/patches/httpd/*.patch; do
		if ! patch --directory "$1" -p1 --force --dry-run <"$patch" >"$log" 2>&1; then
			cat "$log" >&2
			die "${patch##*/} does not fit this source of $(head -n 1 "$httpd_home/source/versions")"
		fi
	done
	for patch in "$flowdar_root"/instrument/patches/httpd/*.patch; do
		say "httpd: marking the source: ${patch##*/}"
		patch --directory "$1" -p1 --force --silent <"$patch" || return
	done
}

httpd_make() {
	make -j "$(nproc)"
}

httpd_build_apr() {
	cd "$httpd_home/build/apr" &&
		./configure --prefix="$httpd_home/prefix" --disable-static --enable-allocator-uses-mmap \
			CFLAGS="$httpd_cflags" &&
		httpd_make && make install
}

httpd_build_apr_util() {
	cd "$httpd_home/build/apr-util" &&
		./configure --prefix="$httpd_home/prefix" --disable-static --disable-util-dso \
			--with-apr="$httpd_home/prefix" --with-expat=/usr \
			--without-pgsql --without-mysql --without-sqlite3 --without-sqlite2 \
			--without-odbc --without-ldap --without-berkeley-db --without-gdbm \
			CFLAGS="$httpd_cflags" &&
		httpd_make && make install
}

# Debian's source wants to be told a build time, without blanks; the version says more. The few
# modules that are needed are linked in, so that one executable holds all of httpd's functions.
httpd_build_httpd() {
	local version
	version=$(dpkg-parsechangelog -l "$httpd_home/build/apache2/debian/changelog" -S Version) &&
		cd "$httpd_home/build/apache2" &&
		./configure --prefix="$httpd_home/prefix" --with-mpm=worker \
			--with-apr="$httpd_home/prefix" --with-apr-util="$httpd_home/prefix" \
			--with-pcre=/usr/bin/pcre2-config --disable-so --disable-ssl \
			--enable-modules=none --enable-mods-static="$httpd_modules" \
			CFLAGS="$httpd_cflags -I$httpd_home/build/include" \
			CPPFLAGS="-DBUILD_DATETIME='\"Debian-$version\"'" &&
		httpd_make &&
		install -D -m 755 httpd "$httpd_home/prefix/bin/httpd"
}
