#!/usr/bin/env bash
# .clang-format decides how the C code is laid out.
set -euo pipefail
cd "${FLOWDAR_SOURCE:-$(dirname "$0")/../..}"
command -v clang-format >/dev/null || { echo "skipped: needs clang-format"; exit 77; }

find base instrument replay pipeline analyze viz cli tests -name '*.[ch]' -print0 |
	xargs -0 clang-format --dry-run --Werror
echo "laid out as .clang-format says"
