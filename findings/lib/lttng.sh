# shellcheck shell=bash
# For the findings about LTTng: a session daemon in the unpacked root, with /proc of its own, and a program that has tracepoints without
# being built for them (lttng_ust_libc: malloc, free ... of a preloaded wrapper). Sourced after lib/debian.sh.
unpack lttng-tools=2.13.9-1+deb12u1 liblttng-ust1=2.13.5-1 babeltrace2=2.0.4-1+b6 bash coreutils grep sed
mkdir -p "$tmp/root/"{etc,dev,run,var/run,work}
echo "tracing:x:999:" >"$tmp/root/etc/group"
printf '%s\n' b c a >"$tmp/root/work/lines"
cat >"$tmp/root/work/daemon" <<'IN'
export HOME=/work LTTNG_HOME=/work TZ=UTC LTTNG_UST_REGISTER_TIMEOUT=-1
lttng-sessiond --background --no-kernel --consumerd64-path="$(echo /usr/lib/*/lttng/libexec/lttng-consumerd)" 2>/dev/null
traced() { LD_PRELOAD=liblttng-ust-libc-wrapper.so.1 "$@"; }
events() { babeltrace2 "$1" | wc -l; }
IN
lttng_session() { # the script on standard input, in bash, beside a session daemon that ends with it
	{ echo '. /work/daemon'; cat; } >"$tmp/root/work/script"
	inside bash /work/script
}
