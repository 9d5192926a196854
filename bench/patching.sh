#!/usr/bin/env bash
# What functions cost that can be patched: nanoseconds of processor time a call, and ratios to the plain
# program, medians of interleaved runs. Gates nothing. Needs a build; the last line root, for a
# session daemon of its own.
#
#	bench/patching.sh [BUILD]        RUNS=7 unless set
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
build=$(realpath "${1:-$source_dir/build}")
runs=${RUNS:-7}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
instrument=$source_dir/instrument

make_program() {
	local name=$1
	shift
	"$@" -O2 "$source_dir/bench/patching_work.c" -o "$work/$name"
}

make_program plain gcc
make_program patchable "$build/bin/flowdar" cc gcc
make_program patchable-clang "$build/bin/flowdar" cc clang
make_program plain-clang clang
make_program hooks "$build/bin/flowdar" cc --flowdar-mode=hooks gcc
gcc -shared -fPIC -O2 -fvisibility=hidden -D_GNU_SOURCE -I"$instrument" -I"$source_dir" \
	"$source_dir/bench/patching_core.c" "$instrument"/patching/*.c "$instrument"/patching/*.S \
	-o "$work/core.so" -Wl,-z,now -Wl,-z,nodelete

cat > "$work/recorded" <<'END'
. "$SOURCE/tests/e2e/private.sh"
"$FLOWDAR" record -o "$WORK/rec" -- "$PROGRAM" "$ROUNDS" 2> /dev/null
END

# once VARIANT: ns a call
once() {
	case $1 in
	plain | patchable | plain-clang | patchable-clang | hooks) "$work/$1" 50 ;;
	prepared) PATCHED=off LD_PRELOAD=$work/core.so "$work/patchable" 50 ;;
	empty) PATCHED=on LD_PRELOAD=$work/core.so "$work/patchable" 50 ;;
	recorded)
		SOURCE=$source_dir FLOWDAR=$build/bin/flowdar FLOWDAR_BUILD=$build \
			PROGRAM=$work/patchable ROUNDS=20 bash "$work/recorded" | grep -E '^[0-9.]+$' ||
			echo nan
		;;
	esac
}

variants="plain patchable prepared empty hooks plain-clang patchable-clang"
[ "$(id -u)" = 0 ] && variants+=" recorded"
for ((run = 0; run < runs; run++)); do
	for variant in $variants; do
		echo "$variant $(once "$variant")"
	done
done > "$work/figures"

awk '
	function median(list, n,   i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
				t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
			}
		return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
	}
	BEGIN {
		text["plain"] = "plain, gcc"; text["patchable"] = "patchable, as gcc makes it (five nops)"
		text["prepared"] = "prepared: one instruction, off"
		text["empty"] = "on, with a core that does nothing"
		text["hooks"] = "hooks, nobody listens"; text["plain-clang"] = "plain, clang"
		text["patchable-clang"] = "patchable, as clang makes it (one nop)"
		text["recorded"] = "on, recorded (flowdar record)"
		split("plain patchable prepared empty recorded hooks plain-clang patchable-clang", order)
	}
	$1 == "plain" { round++ }
	{ value[$1, round] = $2; seen[$1] = 1 }
	END {
		printf "%-42s %9s %9s %9s\n", "a call of a small function", "ns", "more", "ratio"
		for (i = 1; i <= 8; i++) {
			v = order[i]
			if (!seen[v]) continue
			base = v ~ /clang/ ? "plain-clang" : "plain"
			for (r = 1; r <= round; r++) {
				ns[r] = value[v, r]; more[r] = ns[r] - value[base, r]
				ratio[r] = ns[r] / value[base, r]
			}
			printf "%-42s %9.2f %+9.2f %9.2f\n", text[v], median(ns, round), median(more, round), median(ratio, round)
		}
	}' "$work/figures"

echo
echo "switching all functions at once:"
say_toggles() {
	awk '{ printf "  %d functions: %.1f us a change, %.0f changes/s\n", $1, $2 / 1000, 1e9 / $2 }'
}
PATCHED=off PATCHED_TOGGLES=2000 LD_PRELOAD=$work/core.so "$work/patchable" 1 2>&1 > /dev/null | say_toggles
awk 'BEGIN { for (i = 0; i < 5000; i++) printf "int f%d(int x); int f%d(int x) { return x * %d + x %% 7; }\n", i, i, i
	print "int main(void) { return 0; }" }' > "$work/many.c"
"$build/bin/flowdar" cc -O1 "$work/many.c" -o "$work/many"
PATCHED=off PATCHED_TOGGLES=500 LD_PRELOAD=$work/core.so "$work/many" 2>&1 | say_toggles
