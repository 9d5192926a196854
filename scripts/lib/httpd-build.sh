# shellcheck shell=bash disable=SC2154 # names of common.sh, server.sh and httpd.sh
# Builds httpd and its libraries with flowdar cc and with our marks. Part of httpd.sh.

httpd_modules="authz_core unixd mime dir alias rewrite log_config"

# httpd_build: leaves $httpd_home/prefix/bin/httpd (worker MPM) and httpd-event, which has HTTP/2 too, and the
# libraries they need in prefix/lib.
httpd_build() {
	server_build "$httpd_home" "$server_cflags / $httpd_modules" httpd_build_all
}

httpd_build_all() {
	local build=$httpd_home/build
	cp -a "$httpd_home"/source/{apache2,apr,apr-util} "$build" &&
		server_mark "$build/apache2" && cp -a "$build/apache2" "$build/apache2-event" &&
		server_step "APR" httpd_build_apr &&
		server_step "APR-util" httpd_build_apr_util &&
		server_step "httpd with the worker MPM" httpd_build_httpd worker apache2 httpd "$httpd_modules" &&
		server_step "httpd with the event MPM" httpd_build_httpd event apache2-event httpd-event "$httpd_modules http2"
}

httpd_build_apr() {
	cd "$httpd_home/build/apr" &&
		./configure --prefix="$httpd_home/prefix" --disable-static --enable-allocator-uses-mmap \
			CC="$server_cc" CFLAGS="$server_cflags" &&
		server_make && make install
}

httpd_build_apr_util() {
	cd "$httpd_home/build/apr-util" &&
		./configure --prefix="$httpd_home/prefix" --disable-static --disable-util-dso \
			--with-apr="$httpd_home/prefix" --with-expat=/usr \
			--without-pgsql --without-mysql --without-sqlite3 --without-sqlite2 \
			--without-odbc --without-ldap --without-berkeley-db --without-gdbm \
			CC="$server_cc" CFLAGS="$server_cflags" &&
		server_make && make install
}

# httpd_build_httpd MPM TREE PROGRAM MODULES. Debian's source wants to be told a build time, without blanks;
# the version says more. The few modules that are needed are linked in, so that one executable holds
# all of httpd's functions.
httpd_build_httpd() {
	local version
	version=$(sed -n 's/^apache2 //p' "$httpd_home/source/versions") &&
		cd "$httpd_home/build/$2" &&
		./configure --prefix="$httpd_home/prefix" --with-mpm="$1" \
			--with-apr="$httpd_home/prefix" --with-apr-util="$httpd_home/prefix" \
			--with-pcre=/usr/bin/pcre2-config --disable-so --disable-ssl \
			--enable-modules=none --enable-mods-static="$4" \
			CC="$server_cc" CFLAGS="$server_cflags" \
			CPPFLAGS="-DBUILD_DATETIME='\"Debian-$version\"'" &&
		server_make &&
		install -D -m 755 httpd "$httpd_home/prefix/bin/$3"
}
