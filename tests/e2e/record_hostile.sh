#!/usr/bin/env bash
# flowdar record among people who mean it no good: names that are taken, directories that are somebody
# else's, a terminal that would be typed into, limits that are too low. Nobody gets anything, and what is
# said is why.
. "$(dirname "$0")/private.sh"

chmod 755 "$WORK"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups env -u LTTNG_HOME)
libraries=liblttng-ust-fork.so.1:liblttng-ust-fd.so.1
for library in libflowdar libflowdar-io libflowdar-functions; do
	libraries=$libraries:$FLOWDAR_BUILD/lib/flowdar/$library.so
done

# Holds the abstract name flowdar/PID; a line with the number of bytes for each who comes and tells something.
cat > "$WORK/squat.c" << 'C'
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "flowdar/%s", argv[argc - 1]);
	char bytes[4096];
	if (bind(fd, (struct sockaddr *)&name, (socklen_t)(sizeof(sa_family_t) + 1 + length)) || listen(fd, 5))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);
		ssize_t n = read(client, bytes, sizeof(bytes));
		printf("told %zd\n", n);
		fflush(stdout);
		close(client);
	}
}
C
# Says whether it can type into the terminal that it was started from.
cat > "$WORK/tio.c" << 'C'
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
int main(int argc, char **argv)
{
	FILE *said = fopen(argv[argc - 1], "w");
	int can = 0;
	for (int fd = 0; fd < 3; fd++)
		can |= ioctl(fd, TIOCSTI, "\n") == 0;
	int tty = open("/dev/tty", O_RDWR);
	can |= tty >= 0;
	fprintf(said, "%s\n", can ? "can" : "cannot");
	return fclose(said);
}
C
for program in squat tio; do
	cc -o "$WORK/$program" "$WORK/$program.c" || { echo "skipped: no compiler"; exit 77; }
done

note "a process whose name somebody else took: nobody is told anything, and that is said"
mkfifo "$WORK/go"
( read -r _ < "$WORK/go"; LD_PRELOAD=$libraries exec "$SERVER" --port 0 > "$WORK/server.out" 2>&1 ) &
served=$!
"${nobody[@]}" "$WORK/squat" $served > "$WORK/squat.out" &
squatter=$!
wait_for 5 grep -q ready "$WORK/squat.out" || fail "the name was not taken"
echo > "$WORK/go"
wait_for 10 grep -q 'listening on' "$WORK/server.out" || fail "the server did not start"
timeout 300 "$FLOWDAR" record -o "$WORK/squatted" --attach $served --duration 1s > /dev/null 2> "$WORK/squatted.err" &&
	fail "recorded"
grep -q "told [1-9]" "$WORK/squat.out" && fail "was told something: $(cat "$WORK/squat.out")"
grep -qE "user 65534|uid 65534|nobody|another process|somebody else" "$WORK/squatted.err" || fail "does not say who has the name"
kill $squatter
wait $squatter 2> /dev/null
# The process looks for its name every other second.
freed() {
	rm -rf "$WORK/freed"
	timeout 300 "$FLOWDAR" record -o "$WORK/freed" --attach $served --duration 1s > /dev/null 2> "$WORK/freed.err"
}
wait_for 60 freed || fail "the process did not get its name back"
kill $served
wait $served 2> /dev/null
nothing_left

note "what the server's processes are told cannot be changed or cut short by others"
"$FLOWDAR" record -q -o "$WORK/told" -- "$SERVER" --port 0 > "$WORK/told.out" 2> "$WORK/told.err" &
recorder=$!
wait_for 10 grep -q 'listening on' "$WORK/told.out" || fail "the server did not start"
control=$(tr '\0' '\n' < "/proc/$(pgrep -x demo_httpd)/environ" | sed -n 's/^FLOWDAR_CONTROL=//p')
[ -e "$control" ] || fail "no control segment: $control"
"${nobody[@]}" truncate -s 0 "$control" 2> /dev/null && fail "cut short"
"${nobody[@]}" sh -c ": >> '$control'" 2> /dev/null && fail "opened for writing"
"${nobody[@]}" rm -f "$control" 2> /dev/null
"${nobody[@]}" sh -c "ls '${control%/*}'" > /dev/null 2>&1 && fail "its folder can be listed"
[ -s "$control" ] || fail "taken away"
end_recorder "$recorder"
nothing_left

note "the terminal is not the server's"
script -qec "'$WORK/tio' '$WORK/tio.before'" /dev/null < /dev/null > /dev/null 2>&1
if [ "$(cat "$WORK/tio.before")" = can ]; then
	mkdir "$WORK/nobodys"
	chown 65534 "$WORK/nobodys"
	script -qec "'$FLOWDAR' record -q -o '$WORK/tty' --user nobody -- '$WORK/tio' '$WORK/nobodys/tio'" /dev/null \
		< /dev/null > "$WORK/tty.err" 2>&1
	[ "$(cat "$WORK/nobodys/tio")" = cannot ] || fail "the server could type into it"
else
	echo "   not tried: nobody can type into a terminal here"
fi
nothing_left

note "the progress line is for who is in the foreground of the terminal"
script -qec "'$FLOWDAR' record -o '$WORK/fore' -- sleep 1.5" /dev/null < /dev/null > "$WORK/fore.err" 2>&1
grep -q 'events/s' "$WORK/fore.err" || fail "no progress line: $(cat "$WORK/fore.err")"
grep -q ' s, 0 sessions, 0 lost' "$WORK/fore.err" || fail "the progress line has no sessions: $(cat "$WORK/fore.err")"
tr '\r' '\n' < "$WORK/fore.err" | sed 's/\x1b\[K//' > "$WORK/fore.lines"
grep -q '^recorded ' "$WORK/fore.lines" || fail "printed behind the progress line: $(cat -v "$WORK/fore.err")"
script -qec "bash --norc -ic '\"$FLOWDAR\" record -o \"$WORK/back\" -- sleep 1.5 & wait'" /dev/null < /dev/null > "$WORK/back.err" 2>&1
grep -q '^recorded' "$WORK/back.err" || fail "not recorded: $(cat "$WORK/back.err")"
! grep -q 'events/s' "$WORK/back.err" || fail "drawn over a shell's prompt: $(cat "$WORK/back.err")"
nothing_left

note "what a server is called moves no cursor"
odd=$WORK/$(printf 'odd\033[31m\342\200\256\302\2332J')
cp "$(type -P true)" "$odd"
"$FLOWDAR" record -o "$odd.d" -- "$odd" > /dev/null 2> "$WORK/odd.err" || fail "exit status $?"
grep -q '^recording .*odd' "$WORK/odd.err" || fail "not recorded: $(cat -v "$WORK/odd.err")"
! LC_ALL=C grep -q "$(printf '\033\\|\342\200\256\\|\302\233')" "$WORK/odd.err" || fail "raw: $(cat -v "$WORK/odd.err")"
nothing_left

note "a directory of somebody else's, or behind a link of theirs"
mkdir -p "$WORK/theirs/rec" "$WORK/secret"
chmod 700 "$WORK/secret"
ln -s "$WORK/secret" "$WORK/theirs/link"
ln -s /dev/null "$WORK/theirs/device"
chown -hR 65534 "$WORK/theirs"
for name in rec link; do
	"$FLOWDAR" record -q -o "$WORK/theirs/$name" --duration 1s -- "$SERVER" --port 0 > /dev/null 2> "$WORK/$name.err" &&
		fail "recorded into $name"
	[ "$(wc -l < "$WORK/$name.err")" = 1 ] || fail "$name: not one line"
done
# On the way, whatever writes: nothing of ours goes where they want it.
cp -r "$FLOWDAR_SOURCE/tests/captures/demo-baseline.pcap" "$WORK/played.pcap"
# shellcheck disable=SC2034 # named by the commands below
theirs=$WORK/theirs/link
while read -r command; do
	eval "\"$FLOWDAR\" $command" > /dev/null 2> "$WORK/link.err" && fail "written: $command"
	grep -q 'is a link that user 65534 can change' "$WORK/link.err" || fail "$command: $(cat "$WORK/link.err")"
done << 'C'
record -o "$theirs/out" -- true
record -o "$theirs/out/deeper" -- true
export "$WORK/told" --ctf "$theirs/out"
export "$WORK/told" --csv "$theirs/out"
export "$WORK/told" --sqlite "$theirs/out"
report "$WORK/told" -o "$theirs/out"
timeline "$WORK/told" -o "$theirs/out"
analyze "$WORK/told" --save "$theirs/out"
batch "$WORK/told" -o "$theirs/out"
calibrate "$WORK/told" "$WORK/told" "$WORK/told" -o "$theirs/out"
split "$WORK/played.pcap" -o "$theirs/out"
amplify "$WORK/played.pcap" --clones 2 -o "$theirs/out"
replay "$WORK/played.pcap" --to 127.0.0.1:9 -o "$theirs/out"
hunt "$WORK/played.pcap" -o "$theirs/out" -- true
amplify "$WORK/played.pcap" --clones 2 -o "$WORK/theirs/device"
report "$WORK/told" -o "$WORK/theirs/device"
replay "$WORK/played.pcap" --to 127.0.0.1:9 -o "$WORK/theirs/device"
C
[ -z "$(ls -A "$WORK/secret")" ] || fail "wrote into $(ls "$WORK/secret")"
# Below their directory, and they exchange it meanwhile.
"$FLOWDAR" record -q -o "$WORK/theirs/ours" -- "$SERVER" --port 0 > "$WORK/ours.out" 2> "$WORK/ours.err" &
recorder=$!
wait_for 10 grep -q 'listening on' "$WORK/ours.out" || fail "the server did not start"
"${nobody[@]}" mv "$WORK/theirs/ours" "$WORK/theirs/away" || fail "cannot be moved"
"${nobody[@]}" ln -s "$WORK/secret" "$WORK/theirs/ours"
kill -TERM "$recorder"
wait "$recorder"
[ -z "$(ls -A "$WORK/secret")" ] || fail "wrote into $(ls "$WORK/secret")"
[ "$(jq '.events > 0' "$WORK/theirs/away/recording.json")" = true ] || fail "the recording is not where its directory is"
nothing_left

note "a recording is its owner's"
( umask 022; "$FLOWDAR" record -q -o "$WORK/modes" --io --bytes 64 --duration 1s -- "$SERVER" --port 0 > /dev/null 2> "$WORK/modes.err" ) ||
	fail "exit status $?"
( umask 022; "$FLOWDAR" export "$WORK/modes" --ctf "$WORK/modes.ctf" 2> /dev/null ) || fail "export: exit status $?"
( umask 022; "$FLOWDAR" export "$WORK/modes" --csv "$WORK/modes.csv" --sqlite "$WORK/modes.sqlite" \
	--chrome "$WORK/modes.chrome" 2> /dev/null ) || fail "export: exit status $?"
open=$(find "$WORK/modes" "$WORK/modes".* ! -name modes.err -perm /077)
[ -z "$open" ] || fail "others may read $open"

note "two recorders into one directory at the same moment"
for who in a b; do
	( "$FLOWDAR" record -q -o "$WORK/both" --duration 1s -- "$SERVER" --port 0 > /dev/null 2> "$WORK/$who.err"; echo $? > "$WORK/$who.status" ) &
done
wait
[ "$(cat "$WORK/a.status" "$WORK/b.status" | sort | tr -d '\n')" = 01 ] || fail "$(cat "$WORK/a.status" "$WORK/b.status")"
grep -qE 'is not empty|another recorder has just begun' "$WORK/a.err" "$WORK/b.err" || fail "the second is not told why"
"$FLOWDAR" info "$WORK/both" --check > /dev/null || fail "the first one's recording is not good"
nothing_left

# refused TEXT COMMAND...: fails with one line that has the text, and leaves nothing.
refused() {
	local text=$1
	shift
	"$@" > /dev/null 2> "$WORK/refused.err" && fail "recorded: $*"
	grep -q -- "$text" "$WORK/refused.err" || fail "does not say \"$text\": $*"
	[ ! -e "$WORK/none" ] || fail "something half-made stays: $*"
}

note "limits that are too low, and no home: the reason is the true one"
# shellcheck disable=SC2016 # for the inner shell
limited='ulimit $1 $2 && shift 2 && exec "$@"'
refused 'the limit of open files is 64 (ulimit -n)' bash -c "$limited" - -n 64 "$FLOWDAR" record -o "$WORK/none" -- "$SERVER" --port 0
refused 'the limit of memory is 150000 KiB (ulimit -v)' bash -c "$limited" - -v 150000 "$FLOWDAR" record -o "$WORK/none" -- "$SERVER" --port 0
refused 'the limit of file sizes is 2000 KiB (ulimit -f)' bash -c "$limited" - -f 2000 "$FLOWDAR" record -o "$WORK/none" -- "$SERVER" --port 0
mkdir "$WORK/home"
chown 65534 "$WORK/home"
refused 'set LTTNG_HOME to a directory of your own' "${nobody[@]}" HOME=/nonexistent "$FLOWDAR" record -o "$WORK/home/none" -- "$SERVER" --port 0
# The recorder has enough, the server has not.
"$FLOWDAR" record -o "$WORK/little" --duration 2s -- bash -c "$limited" - -v 400000 "$SERVER" --port 0 > /dev/null 2> "$WORK/little.err"
if [ "$(field "$WORK/little" processes_silent)" = 1 ]; then
	grep -q '^recorded .*1 processes not recorded' "$WORK/little.err" || fail "the first line does not say so"
fi
refused 'it cannot be crash-safe' "$FLOWDAR" record -o "$WORK/none" --snapshot --crash-safe -- "$SERVER" --port 0
nothing_left
echo ok
