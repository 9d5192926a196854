#!/usr/bin/env bash
# How many questions `flowdar reduce` asks for the guilty sessions, against ddmin and plain bisection.
#
# usage: bench/reduce.sh [BUILD-DIRECTORY]     (after: ninja -C BUILD-DIRECTORY reduce_search)
# The oracle is never wrong, and the guilty sessions hurt only together. A row for each number of
# sessions and of guilty ones; means over 20 seeds. exact: how often what is left are the guilty ones.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$source_dir/build/release}
tool=$build/bench/reduce_search
[ -x "$tool" ] || { echo "no $tool: ninja -C $build reduce_search"; exit 1; }
exec "$tool"
