# shellcheck shell=bash disable=SC2154 # names of common.sh
# Debian's source packages, at test time, without root. Needs common.sh.
#
#	fetch_sources HOME PACKAGE...    leaves HOME/source/PACKAGE, with Debian's patches applied, and
#	                                 the versions in HOME/source/versions; nothing to do when they are
#	                                 there. One at a time for each HOME, also between processes.
#	                                 With fetch_release set, as another release of Debian has them, all but
#	                                 those that fetch_own names: where that has left the mirrors, but
#	                                 for its authors' archive, this without Debian's patches.
#
# apt gets a configuration of our own with deb-src lines, lists of its own and
# no cache of packages: nothing of the system's is changed, and no root is needed.

fetch_sources() {
	local fetch_home=$1 fetch_name=${1##*/}
	shift
	mkdir -p "$fetch_home" || return
	(
		flock 9 || exit
		fetch_all "$@"
	) 9>"$fetch_home/fetch.lock"
}

fetch_all() {
	local package source=$fetch_home/source
	if [ -s "$source/versions" ]; then
		say "$fetch_name: the source is here: $(tr '\n' ' ' <"$source/versions")"
		return
	fi
	rm -rf "$source" && mkdir -p "$source" "$fetch_home/log" && fetch_configure || return
	say "$fetch_name: asking apt for the list of source packages"
	quietly "$fetch_home/log/apt-update.log" fetch_apt update || return
	# apt-get calls it a success when no mirror answers.
	if ! compgen -G "$fetch_home/apt/lists/*Sources*" >/dev/null; then
		tail -n 5 "$fetch_home/log/apt-update.log" >&2
		say "$fetch_name: no mirror has a list of source packages for us"
		return 1
	fi
	for package in "$@"; do
		say "$fetch_name: getting the source of $package"
		fetch_one "$package" || return
	done
	(cd "$source" && for package in "$@"; do
		echo "$package $(fetch_version "$package")"
	done) >"$source/versions.new" && mv "$source/versions.new" "$source/versions"
}

# fetch_version TREE: that of the package, or the one in the name of its authors' archive.
fetch_version() {
	if [ -e "$1/debian/changelog" ]; then
		dpkg-parsechangelog -l "$1/debian/changelog" -S Version
	else
		cat "$1.version"
	fi
}

# The mirrors that the system's apt has, whatever kind of file it has them from; Debian's own when
# it has none for this release.
fetch_mirrors() {
	local codename
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	fetch_mirrors_here "$codename"
	case ${fetch_release:-} in
	'') ;;
	# No release: it has no updates beside it.
	sid | experimental) fetch_mirrors_here "$codename" | sed -n "s/ $codename\$/ $fetch_release/p" ;;
	*) fetch_mirrors_here "$codename" | sed "s/ $codename\(-[a-z]*\)\{0,1\}\$/ $fetch_release\1/" ;;
	esac
}

fetch_mirrors_here() {
	local codename=$1
	{
		# shellcheck disable=SC2016 # apt-get's own variables
		apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
			grep -E "/debian(-security)?/? $codename(-updates|-security)?\$" ||
			printf '%s\n' "http://deb.debian.org/debian $codename" \
				"http://deb.debian.org/debian-security $codename-security"
	} | sort -u
}

fetch_configure() {
	local apt=$fetch_home/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" || return
	[ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
	fetch_mirrors | sed "s|^|deb-src $signed|; s|\$| main|" >"$apt/sources.list" || return
	cat >"$apt/apt.conf" <<-END
		Dir::Etc::SourceList "$apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$apt/lists";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "";
		Acquire::Retries "3";
	END
}

fetch_apt() {
	APT_CONFIG=$fetch_home/apt/apt.conf apt-get -q "$@"
}

# The newest version; when it cannot be downloaded (security updates leave the mirrors when a newer
# one comes) the release's own.
fetch_one() {
	local package=$1 codename log=$fetch_home/log/fetch-$1.log
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	if [ -n "${fetch_release:-}" ]; then
		[[ " ${fetch_own:-} " == *" $package "* ]] || codename=$fetch_release
		fetch_other "$package" "$codename"
		return
	fi
	quietly "$log" fetch_unpack "$package" "$package" 2>"$log.first" && return
	say "$fetch_name: the newest version of $package cannot be had, taking the one of $codename"
	quietly "$log" fetch_unpack "$package" "$package/$codename" && return
	cat "$log.first" >&2
	return 1
}

# fetch_other PACKAGE RELEASE: as it is there, or its authors' archive of that version alone.
fetch_other() {
	local log=$fetch_home/log/fetch-$1.log from how
	for how in fetch_unpack fetch_archive; do
		for from in "$2-security" "$2"; do
			if "$how" "$1" "$1/$from" >"$log" 2>&1; then
				say "$fetch_name: $1 of $from"
				return
			fi
		done
	done
	say "$fetch_name: no mirror gives $1 of $2: see $log"
	return 1
}

# fetch_unpack NAME WHAT: WHAT as apt-get names it, unpacked and patched, in source/NAME.
fetch_unpack() (
	download=$fetch_home/source/$1.download
	rm -rf "$download" && mkdir -p "$download" && cd "$download" &&
		fetch_apt source --download-only "$2" &&
		dpkg-source --no-check --extract ./*.dsc ../"$1" &&
		cd .. && rm -rf "$download" ./*.orig*.tar.* ./*.debian.tar.*
)

# fetch_archive NAME WHAT: the same of the authors' archive, which later packages of one version share.
fetch_archive() (
	download=$fetch_home/source/$1.download
	rm -rf "$download" "${download%.download}" && mkdir -p "$download" "${download%.download}" && cd "$download" &&
		fetch_apt source --download-only --tar-only "$2" || exit
	archive=$(find . -name "*.orig.tar.*" ! -name "*.asc" -printf '%f\n')
	version=${archive#*_}
	tar -x -f "$archive" -C "../$1" --strip-components=1 &&
		echo "${version%.orig.tar.*}" >"../$1.version" && rm -rf "$download"
)
