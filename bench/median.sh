# shellcheck shell=bash
# Sourced by the benches.

# median: of the numbers on standard input, one a line; nothing when there is none.
median() {
	sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
