#!/usr/bin/env bash
# scripts/fleet/slurm on a cluster of one node, which this starts: a profile a recording and their sum, as
# flowdar merge makes it here; a recording that cannot be read stops the sum, and no other; the same line
# again does what is missing.
set -euo pipefail
. "$(dirname "$0")/private.sh"
for program in slurmctld slurmd munged sbatch; do
	command -v "$program" > /dev/null || { echo "skipped: no $program (slurmctld, slurmd, slurm-client, munge)"; exit 77; }
done
# Its look-up of names finds nothing where there is the loopback interface alone.
[ -n "$(ip -o addr show up scope global)" ] || { echo "skipped: Slurm needs an address beside the loopback's"; exit 77; }
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
submit=$source_dir/scripts/fleet/slurm/submit.sh
export FLOWDAR
node=$(hostname -s)
port=$((20000 + RANDOM % 10000))
mkdir -p "$WORK"/{state,spool,munge,log}
chmod 0755 "$WORK"
chmod 0700 "$WORK/munge"
dd if=/dev/urandom of="$WORK/munge/key" bs=128 count=1 status=none
chmod 0600 "$WORK/munge/key"

cat > "$WORK/slurm.conf" <<END
ClusterName=flowdar
SlurmctldHost=$node(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$WORK/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$WORK/state
SlurmdSpoolDir=$WORK/spool
SlurmctldPidFile=$WORK/slurmctld.pid
SlurmdPidFile=$WORK/slurmd.pid
SlurmctldPort=$port
SlurmdPort=$((port + 1))
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,batch_sched_delay=1
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=p Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$WORK/slurm.conf

munged --foreground --force --num-threads=1 --key-file="$WORK/munge/key" --socket="$WORK/munge/socket" \
	--pid-file="$WORK/munge/pid" --seed-file="$WORK/munge/seed" --log-file="$WORK/munge/log" \
	2> "$WORK/munged.err" &
wait_for 10 test -S "$WORK/munge/socket" || fail "munged does not start"
slurmctld -D > "$WORK/log/ctld" 2>&1 &
slurmd -D -N "$node" > "$WORK/log/d" 2>&1 &
ready() {
	sinfo -h -o %T | grep idle >/dev/null
}
wait_for 20 ready || { tail -n 5 "$WORK"/log/*; fail "the cluster does not come up"; }

data=$source_dir/tests/golden/data
cp -r "$data/attack" "$data/baseline" "$data/requests" "$WORK/"
printf '%s\n' "$WORK/baseline" "$WORK/gone" "$WORK/requests" > "$WORK/list"

note "a recording that is not there"
! "$submit" "$WORK/list" "$WORK/out" --wait > "$WORK/submit.err" 2>&1 || fail "the sum of some passes for the sum of all"
[ -e "$WORK/out/00000.profile" ] || fail "a bad one stopped the first"
[ -e "$WORK/out/00002.profile" ] || fail "a bad one stopped the last"
[ ! -e "$WORK/out/00001.profile" ] || fail "there is a profile of what is not there"
[ ! -e "$WORK/out/all.profile" ] || fail "there is a sum"
grep -q '2 of 3 profiles' "$WORK"/out/merge-*.log || fail "it does not say what is missing"

note "it is there, and the same line again"
mv "$WORK/attack" "$WORK/gone"
touch -d '2001-01-01' "$WORK/out/00000.profile"
"$submit" "$WORK/list" "$WORK/out" --wait > "$WORK/submit.err" 2>&1 || fail "the second time"
[ "$(stat -c %Y "$WORK/out/00000.profile")" -lt 1000000000 ] || fail "what was done was done again"
note "a list in another order"
tac "$WORK/list" > "$WORK/other"
! "$submit" "$WORK/other" "$WORK/out" --wait > "$WORK/submit.err" 2>&1 || fail "the profiles of other recordings are taken"
grep -q 'does not begin with' "$WORK/submit.err" || fail "it is not said why"
"$FLOWDAR" merge "$WORK/baseline" "$WORK/gone" "$WORK/requests" -o "$WORK/here.profile"
"$FLOWDAR" analyze "$WORK/here.profile" --by path --limit 0 --format csv > "$WORK/here.csv"
"$FLOWDAR" analyze "$WORK/out/all.profile" --by path --limit 0 --format csv > "$WORK/there.csv"
cmp "$WORK/here.csv" "$WORK/there.csv" || fail "the sum is another than here"
echo "ok: $(wc -l < "$WORK/there.csv") lines, the same here and there"
