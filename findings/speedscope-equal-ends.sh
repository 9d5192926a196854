#!/usr/bin/env bash
# speedscope 1.25.0 adds ts and dur of Chrome trace events in binary floating point.
#
# Guess: ts and dur may have fractions of a microsecond, so three decimals keep nanoseconds, and a call that ends in the same
# nanosecond as its caller is inside it. In decimals it is.
# So it is: the end is ts + dur as doubles. A caller of 1 to 10 ns (0.001 + 0.009 = 0.009999999999999998) ends *before* its callee
# of 3 to 10 ns (0.003 + 0.007 = 0.01). speedscope then "does nothing" at the caller's end, holds it open to the end of the profile
# and puts whatever runs later on that thread below it, with a warning in the browser's console alone. "displayTimeUnit": "ns"
# changes nothing. Some pairs are hit, others not, so a small test file rarely shows it.
# What helps: B and E events, whose times are compared as written (two equal texts are one double); or let the writer do the reader's
# addition and shorten the callee until its sum is not larger than the caller's.
#
# The importer is that of the published package; a hook in front of the page's code reaches it without a browser.
# Needs: node, npm. Exit status: 0 as described, 1 not so, 2 could not be run.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for tool in node npm; do
	command -v "$tool" >/dev/null || { echo "needs $tool (Debian: nodejs, npm)" >&2; exit 2; }
done
cd "$tmp"
npm pack --silent --cache "$tmp/cache" speedscope@1.25.0 >/dev/null || { echo "speedscope 1.25.0 is not to be had" >&2; exit 2; }
tar xf speedscope-1.25.0.tgz

cat >import.js <<'JS'
const fs = require('fs');
const { version } = JSON.parse(fs.readFileSync('package/package.json'));
const release = 'package/dist/release/';
const page = fs.readdirSync(release).find(name => /^speedscope-.*\.js$/.test(name));
const source = fs.readFileSync(release + page, 'utf8');
const start = source.indexOf('(()=>{') + 6;
global.window = global;
try { // the importers are there before the page itself misses its browser
	(0, eval)(source.slice(0, start) + 'globalThis.inside=text=>eval(text);' + source.slice(start));
} catch (error) { /* no document */ }
inside('hf(),Zo()'); // this release's names: the trace importer's module and the exporter's
const importTrace = inside('_f'), exportProfile = inside('Nm');

let warnings = [];
console.warn = text => warnings.push(text);
function read(events, more) {
	warnings = [];
	const file = exportProfile(importTrace(JSON.parse(JSON.stringify({ traceEvents: events, ...more }))));
	let depth = 0;
	return file.profiles[0].events.map(e => {
		if (e.type === 'C') { depth--; return null; }
		return '  '.repeat(depth++ + 1) + file.shared.frames[e.frame].name;
	}).filter(Boolean).join('\n');
}
const us = ns => ns / 1000; // the double nearest to the decimal: what JSON.parse makes of "0.009" too
const x = (name, from, to) => ({ ph: 'X', pid: 1, tid: 1, name, ts: us(from), dur: us(to - from) });
const mark = (ph, name, at) => ({ ph, pid: 1, tid: 1, name, ts: us(at) });

let bad = 0;
function expect(what, got, wanted) {
	console.log(`${what}\n${got}`);
	if (got !== wanted) { bad = 1; console.log('NOT AS DESCRIBED, was\n' + wanted); }
}
const right = '  caller\n    callee\n  later', wrong = '  caller\n    callee\n    later';
const pair = [x('caller', 1, 10), x('callee', 3, 10), x('later', 2000, 3000)];
console.log(`speedscope ${version}; node ${process.version}`);
console.log(JSON.stringify(pair.map(e => [e.name, e.ts, e.dur])), `ends ${0.001 + 0.009} and ${0.003 + 0.007}`);
expect('X events, caller and callee end at 10 ns:', read(pair), wrong);
for (const text of warnings) console.log('  console: ' + text);
if (!warnings.some(text => /still open at end of profile/.test(text))) bad = 1;
expect('the same, displayTimeUnit ns:', read(pair, { displayTimeUnit: 'ns' }), wrong);
expect('both end at 9 ns instead:', read([x('caller', 1, 9), x('callee', 3, 9), x('later', 2000, 3000)]), right);
expect('B and E events at the first times:', read([
	mark('B', 'caller', 1), mark('B', 'callee', 3), mark('E', 'callee', 10), mark('E', 'caller', 10),
	mark('B', 'later', 2000), mark('E', 'later', 3000)]), right);

let pairs = 0, misread = 0;
for (let from = 1; from <= 30; from++)
	for (let end = from + 2; end <= 40; end++)
		for (let inner = from + 1; inner < end; inner++) {
			pairs++;
			misread += read([x('caller', from, end), x('callee', inner, end), x('later', 2000, 3000)]) !== right;
		}
console.log(`callers and callees that end in one nanosecond, up to 40 ns: ${misread} of ${pairs} misread`);
process.exit(bad || misread === 0 || misread === pairs ? 1 : 0);
JS
if node import.js; then echo "as described"; else echo "not as described" >&2; exit 1; fi
