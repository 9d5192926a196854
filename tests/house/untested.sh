#!/usr/bin/env bash
# Every module (a header with a .c of its name) is included by a test, or untested.list says what tests it
# instead. A line of the list that is about no module is taken out.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
list=tests/house/untested.list

# tested: the headers that some test includes, one a line, as "room/module".
tested() {
	grep -rhoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+\.h"' tests --include='*.[ch]' --include='*.cc' |
		sed -E 's/.*"([^"]+)\.h"/\1/' | sort -u
}

# modules: all of them.
modules() {
	local header
	for header in $(find base instrument replay pipeline analyze viz cli -name '*.h' | sort); do
		[ ! -e "${header%.h}.c" ] || printf '%s\n' "${header%.h}"
	done
}

# excuse MODULE: the pattern of the list that it fits; nothing and status 1 if none.
patterns=()
mapfile -t patterns < <(sed -nE 's/^([^# ]+) .*/\1/p' "$list")
excuse() {
	local pattern
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 == $pattern ]] && { printf '%s\n' "$pattern"; return; }
	done
	return 1
}

# It can fail.
! excuse no/such/module >/dev/null || { echo "what is in no list was excused"; exit 1; }

declare -A has used
while IFS= read -r module; do has[$module]=1; done < <(tested)
bad=0
count=0
excused=0
while IFS= read -r module; do
	count=$((count + 1))
	# Tests of what runs inside a server include it by its place in instrument/.
	[ -z "${has[$module]:-}${has[${module#instrument/}]:-}" ] || continue
	if pattern=$(excuse "$module"); then
		used[$pattern]=1
		excused=$((excused + 1))
	else
		echo "$module: no test includes $module.h, and $list does not say what tests it"
		bad=1
	fi
done < <(modules)
[ $count -gt 100 ] || { echo "only $count modules found: the test sees nothing"; exit 1; }
for pattern in "${patterns[@]}"; do
	[ -n "${used[$pattern]:-}" ] || { echo "$list: $pattern is about no module that needs it"; bad=1; }
done
[ $bad = 0 ] && echo "$count modules: $((count - excused)) included by a test, $excused tested through others"
exit $bad
