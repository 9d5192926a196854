# shellcheck shell=bash disable=SC2154 # names of common.sh and httpd.sh
# Debian's source packages of httpd and of the two libraries that it stands on. Part of httpd.sh.
#
# apt gets a configuration of our own with deb-src lines, its own lists and no cache of packages:
# nothing of the system's is changed, and no root is needed.

httpd_packages=(apache2 apr apr-util)

# httpd_fetch: leaves $httpd_home/source/NAME for each of httpd_packages, with Debian's patches
# applied, and their versions in $httpd_home/source/versions.
httpd_fetch() {
	httpd_locked httpd_fetch_all
}

httpd_fetch_all() {
	local package source=$httpd_home/source
	if [ -s "$source/versions" ]; then
		say "httpd: the source is here: $(tr '\n' ' ' <"$source/versions")"
		return
	fi
	rm -rf "$source" && mkdir -p "$source" "$httpd_home/log" && httpd_apt_configure || return
	say "httpd: asking apt for the list of source packages"
	quietly "$httpd_home/log/apt-update.log" httpd_apt update || return
	# apt-get calls it a success when no mirror answers.
	if ! compgen -G "$httpd_home/apt/lists/*Sources*" >/dev/null; then
		tail -n 5 "$httpd_home/log/apt-update.log" >&2
		say "httpd: no mirror has a list of source packages for us"
		return 1
	fi
	for package in "${httpd_packages[@]}"; do
		say "httpd: getting the source of $package"
		httpd_fetch_one "$package" || return
	done
	(cd "$source" && for package in "${httpd_packages[@]}"; do
		echo "$package $(dpkg-parsechangelog -l "$package/debian/changelog" -S Version)"
	done) >"$source/versions.new" && mv "$source/versions.new" "$source/versions"
}

# The mirrors that the system's apt has, whatever kind of file it has them from; Debian's own when
# it has none for this release.
httpd_mirrors() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	{
		# shellcheck disable=SC2016 # apt-get's own variables
		apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
			grep -E "/debian(-security)?/? $codename(-updates|-security)?\$" ||
			printf '%s\n' "http://deb.debian.org/debian $codename" \
				"http://deb.debian.org/debian-security $codename-security"
	} | sort -u
}

httpd_apt_configure() {
	local apt=$httpd_home/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" || return
	[ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
	httpd_mirrors | sed "s|^|deb-src $signed|; s|\$| main|" >"$apt/sources.list" || return
	cat >"$apt/apt.conf" <<-END
		Dir::Etc::SourceList "$apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$apt/lists";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "";
		Acquire::Retries "2";
	END
}

httpd_apt() {
	APT_CONFIG=$httpd_home/apt/apt.conf apt-get -q "$@"
}

# The newest version; when it cannot be downloaded (security updates leave the mirrors when a newer
# one comes) the release's own.
httpd_fetch_one() {
	local package=$1 codename log=$httpd_home/log/fetch-$1.log
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	quietly "$log" httpd_unpack "$package" "$package" 2>"$log.first" && return
	say "httpd: the newest version of $package cannot be had, taking the one of $codename"
	quietly "$log" httpd_unpack "$package" "$package/$codename" && return
	cat "$log.first" >&2
	return 1
}

# httpd_unpack NAME WHAT: WHAT as apt-get names it, unpacked and patched, in source/NAME.
httpd_unpack() {
	local download=$httpd_home/source/$1.download
	rm -rf "$download" && mkdir -p "$download" && cd "$download" &&
		httpd_apt source --download-only "$2" &&
		dpkg-source --no-check --extract ./*.dsc ../"$1" &&
		cd .. && rm -rf "$download" ./*.orig.tar.*
}
