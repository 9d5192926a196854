#!/usr/bin/env bash
# Which format the recorder asks LTTng for: CTF 1.8 where the library can be asked (2.15 and later), and
# nothing where it cannot. Such a library is not in every distribution, so stand-ins take its place: a header
# with the setter and its enumerators beside the real ones, and two libraries, with and without it.
set -euo pipefail
: "${FLOWDAR_SOURCE:?the tree}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() {
	echo "FAILED: $*"
	exit 1
}

if echo '#include <lttng/lttng.h>' | cc -E - | grep lttng_session_descriptor_set_trace_format >/dev/null; then
	echo "skipped: LTTng's own header has the setter"
	exit 77
fi
mkdir -p header/lttng new old
cat > header/lttng/lttng.h <<- 'END'
	#ifndef STAND_IN
	#define STAND_IN
	#include_next <lttng/lttng.h>
	enum lttng_trace_format { LTTNG_TRACE_FORMAT_DEFAULT = 0, LTTNG_TRACE_FORMAT_CTF_1_8 = 5, LTTNG_TRACE_FORMAT_CTF_2 = 6 };
	enum lttng_session_descriptor_status lttng_session_descriptor_set_trace_format(
		struct lttng_session_descriptor *descriptor, enum lttng_trace_format format);
	#endif
END
cat > new.c <<- 'END'
	int asked;
	int lttng_session_descriptor_set_trace_format(void *descriptor, int format) { asked = format; return !descriptor; }
END
echo 'int asked;' > old.c
cat > main.c <<- 'END'
	#include <stdio.h>
	extern int asked;
	void fdar_tracing_set_format(void *descriptor);
	int main(void)
	{
		fdar_tracing_set_format(NULL); /* that there is none is no reason to ask */
		printf("%d ", asked);
		fdar_tracing_set_format(&asked);
		printf("%d\n", asked);
		return 0;
	}
END
cc -shared -fPIC -o new/libctl.so new.c
cc -shared -fPIC -o old/libctl.so old.c

# What CMake asks decides whether the recorder knows the setter at all.
cat > CMakeLists.txt <<- 'END'
	cmake_minimum_required(VERSION 3.20)
	project(asks C)
	include(CheckSymbolExists)
	set(CMAKE_REQUIRED_INCLUDES ${HEADERS})
	set(CMAKE_REQUIRED_LIBRARIES ${LIBRARY})
	check_symbol_exists(lttng_session_descriptor_set_trace_format lttng/lttng.h FOUND)
	message(NOTICE "found: ${FOUND}")
END
cmake -S . -B found -DHEADERS="$work/header" -DLIBRARY="$work/new/libctl.so" > log 2>&1; grep -q "found: 1" log ||
	fail "the setter of a new library is not found"

# shellcheck disable=SC2046 # one word a flag
build() {
	cc -std=gnu17 -ffunction-sections -fPIE "$@" -I "$FLOWDAR_SOURCE" $(pkg-config --cflags glib-2.0 gio-2.0) \
		-c "$FLOWDAR_SOURCE/pipeline/lttng/tracing_channels.c" -o channels.o
	cc -Wl,--gc-sections -Wl,--unresolved-symbols=ignore-in-object-files main.c channels.o \
		-L new -lctl -o asks
}
build -I header -DFDAR_LTTNG_HAS_TRACE_FORMAT
got=$(LD_LIBRARY_PATH=new ./asks)
[ "$got" = '0 5' ] || fail "of a new library: asked $got, expected 0 5"
got=$(LD_LIBRARY_PATH=old ./asks)
[ "$got" = '0 0' ] || fail "built for a new library, run with an old one: asked $got, expected 0 0"
# Then the number is the one that LTTng 2.15 has for it.
build -D_GNU_SOURCE
got=$(LD_LIBRARY_PATH=new ./asks)
[ "$got" = '0 1' ] || fail "built for an old library, run with a new one: asked $got, expected 0 1"
got=$(LD_LIBRARY_PATH=old ./asks)
[ "$got" = '0 0' ] || fail "built for an old library, run with one: asked $got, expected 0 0"
echo ok
