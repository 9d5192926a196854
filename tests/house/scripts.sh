#!/usr/bin/env bash
# The shell scripts parse, and shellcheck finds nothing in them.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
command -v shellcheck >/dev/null || { echo "skipped: needs shellcheck"; exit 77; }

mapfile -t files < <({
	find scripts tests bench instrument -name '*.sh' 2>/dev/null
	printf '%s\n' scripts/demo scripts/test .ci/run
} | sort)
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 12 \
	shellcheck --external-sources --source-path=SCRIPTDIR --severity=warning
echo "${#files[@]} scripts, nothing found"
