#!/usr/bin/env bash
# What is installed can be used by others: find_package(flowdar), pkg-config, and the libraries where
# the program looks for them.
set -euo pipefail
source=${FLOWDAR_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$FLOWDAR_BUILD" --component instrument --prefix "$work/prefix" >/dev/null
for file in include/flowdar/flowdar.h lib/flowdar/libflowdar.so lib/flowdar/libflowdar-functions.so \
	lib/flowdar/libflowdar-io.so lib/pkgconfig/flowdar.pc lib/cmake/flowdar/flowdarConfig.cmake; do
	[ -e "$work/prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done

mkdir "$work/user"
printf '%s\n' '#include "sample.h"' >"$work/user/part.c"
printf '%s\n' '#define SAMPLE_MAIN' '#include "sample.h"' >"$work/user/main.c"
cp "$source/tests/instrument/sample.h" "$work/user"
cat >"$work/user/CMakeLists.txt" <<-'END'
	cmake_minimum_required(VERSION 3.16)
	project(user C)
	find_package(flowdar 0.1 REQUIRED)
	add_executable(user main.c part.c)
	target_link_libraries(user flowdar::flowdar)
END
cmake -S "$work/user" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 &&
	cmake --build "$work/build" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/build/user"
LD_PRELOAD=$work/prefix/lib/flowdar/libflowdar-functions.so:$work/prefix/lib/flowdar/libflowdar-io.so \
	"$work/build/user"

export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig
# shellcheck disable=SC2046
cc $(pkg-config --cflags flowdar) "$work/user/main.c" "$work/user/part.c" -o "$work/by-pkg-config"
"$work/by-pkg-config"
[ -e "$(pkg-config --variable=preloaddir flowdar)/libflowdar.so" ]

# The preloaded libraries show what they must and need libc and lttng-ust only, and the unwinder that
# libc itself loads when a thread is cancelled.
# libflowdar.so: what programs find, what the other two libraries call, and the calls of LTTng's and
# libc's that it stands in front of: around forks, where processes end, what is put
# at 0 to 2, and where a server locks itself in.
nm -D --defined-only "$work/prefix/lib/flowdar/libflowdar.so" |
	awk '{ print $3 }' | grep -v '^flowdar_control_' >"$work/shown"
[ "$(LC_ALL=C sort "$work/shown" | xargs)" = "_Exit _exit abort daemon dup2 dup3 execl execle execlp execv \
execve execvp execvpe fexecve flowdar_provider_v1 lttng_ust_after_fork_child lttng_ust_after_fork_parent \
lttng_ust_before_fork prctl" ] ||
	{ echo "libflowdar.so shows:"; cat "$work/shown"; exit 1; }
if readelf -d "$work"/prefix/lib/flowdar/*.so | grep NEEDED | grep -v -e 'liblttng-ust' -e 'libc.so' -e 'libgcc_s.so' -e 'libflowdar.so' \
	-e 'libflowdar-environment.so' -e 'ld-linux'; then
	echo "a library more than libc and lttng-ust"
	exit 1
fi
echo "installed and used by cmake, pkg-config and LD_PRELOAD"
