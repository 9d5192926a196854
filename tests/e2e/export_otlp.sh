#!/usr/bin/env bash
# What OpenTelemetry's own transformer (npm) makes of --otlp: every span, with its name and its time to the
# nanosecond, as protobuf and back.
set -euo pipefail
: "${FLOWDAR:?}" "${FLOWDAR_SOURCE:?}"
command -v npm >/dev/null || { echo "skipped: needs npm"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
timeout 60 npm install --silent --no-audit --no-fund --prefix . @opentelemetry/otlp-transformer@0.57.2 >npm.out 2>&1 || {
	echo "skipped: the package cannot be had in a minute: $(tail -n 1 npm.out)"
	exit 77
}
cp -r "$FLOWDAR_SOURCE/tests/golden/data/attack" recording
"$FLOWDAR" export recording --otlp spans.json 2>/dev/null
cat >check.cjs <<'END'
const root = require("@opentelemetry/otlp-transformer/build/src/generated/root");
const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const request = JSON.parse(require("fs").readFileSync("spans.json"));
const spans = (r) => r.resourceSpans.flatMap((x) => x.scopeSpans).flatMap((x) => x.spans);
const told = (r) => spans(r).map((s) => `${s.name} ${BigInt(s.endTimeUnixNano) - BigInt(s.startTimeUnixNano)}`).sort();
// Ids are hexadecimal in OTLP's JSON, where protobuf's has base64.
const bytes = (o) => {
	for (const [key, value] of Object.entries(o)) {
		if (/^(trace|span|parentSpan)Id$/.test(key)) o[key] = Buffer.from(value, "hex");
		else if (value && typeof value === "object") bytes(value);
	}
};
const before = told(request);
bytes(request);
const sent = Request.encode(Request.fromObject(request)).finish();
const back = Request.toObject(Request.decode(sent), { longs: String });
const short = spans(back).filter((s) => s.traceId.length !== 16 || s.spanId.length !== 8);
if (before.length < 100 || short.length || JSON.stringify(told(back)) !== JSON.stringify(before)) {
	console.log(`FAILED: ${before.length} spans, ${told(back).length} came back, ${short.length} with ids of another length`);
	process.exit(1);
}
console.log(`ok: ${before.length} spans in ${sent.length} bytes`);
END
node check.cjs
