/* The tables of flowdar export --sqlite: docs/sql.md says what is in them. */
#include "cli/export/export_sql.h"

const char fdar_export_schema[] =
	"CREATE TABLE recording (path TEXT, begin_epoch_ns INTEGER, end_epoch_ns INTEGER,"
	" events INTEGER, calls INTEGER, threads INTEGER, processes INTEGER,"
	" discarded_events INTEGER, lost_packets INTEGER, lost_calls INTEGER, damaged INTEGER);"
	"CREATE TABLE functions (id INTEGER PRIMARY KEY, name TEXT, component TEXT, kind TEXT,"
	" file TEXT, line INTEGER, known INTEGER);"
	"CREATE TABLE labels (id INTEGER PRIMARY KEY, label TEXT, sessions INTEGER,"
	" finished INTEGER, unfinished INTEGER, replaced INTEGER, requests INTEGER,"
	" bytes_in INTEGER, bytes_out INTEGER, own_ns INTEGER);"
	"CREATE TABLE paths (id INTEGER PRIMARY KEY, label INTEGER REFERENCES labels(id),"
	" parent INTEGER REFERENCES paths(id), function INTEGER REFERENCES functions(id),"
	" depth INTEGER, path TEXT, calls INTEGER, own_ns INTEGER, total_ns INTEGER,"
	" wait_ns INTEGER, unfinished INTEGER, skipped_calls INTEGER, call_median_ns REAL,"
	" call_p99_ns REAL, call_max_ns INTEGER);"
	"CREATE TABLE sessions (id INTEGER PRIMARY KEY, label TEXT, client TEXT, key TEXT,"
	" state TEXT, begin_epoch_ns INTEGER, open_ns INTEGER, time_ns INTEGER,"
	" running_ns INTEGER, waiting_ns INTEGER, calls INTEGER, requests INTEGER,"
	" bytes_in INTEGER, bytes_out INTEGER, most_in TEXT, most_waits_in TEXT,"
	" most_ns INTEGER);"
	"CREATE TABLE requests (id INTEGER PRIMARY KEY, label TEXT, client TEXT, what TEXT,"
	" state TEXT, begin_epoch_ns INTEGER, open_ns INTEGER, time_ns INTEGER,"
	" running_ns INTEGER, waiting_ns INTEGER, calls INTEGER, most_in TEXT,"
	" most_waits_in TEXT, most_ns INTEGER);"
	/* Who had to suffer. */
	"CREATE VIEW slowest_sessions AS SELECT client, label, state, open_ns / 1e6 AS open_ms,"
	" time_ns / 1e6 AS time_ms, running_ns / 1e6 AS running_ms, waiting_ns / 1e6 AS"
	" waiting_ms, most_in, most_waits_in FROM sessions ORDER BY time_ns DESC, id;"
	/* Where the time went. */
	"CREATE VIEW costly_functions AS SELECT l.label, f.name, f.component, f.kind,"
	" sum(p.calls) AS calls, sum(p.own_ns) / 1e6 AS own_ms, sum(p.own_ns) / 1e6 /"
	" max(l.sessions, 1) AS own_ms_per_session, 100.0 * sum(p.own_ns) / max(l.own_ns, 1) AS"
	" percent FROM paths p JOIN functions f ON f.id = p.function JOIN labels l ON l.id ="
	" p.label GROUP BY l.id, f.id ORDER BY sum(p.own_ns) DESC, f.id;"
	/* Who waits for what. */
	"CREATE VIEW waits AS SELECT l.label, c.name AS caller, f.name AS waits_in,"
	" sum(p.calls) AS calls, sum(p.own_ns) / 1e6 AS waited_ms, max(p.call_max_ns) / 1e6 AS"
	" longest_ms, sum(p.unfinished) AS unfinished FROM paths p JOIN functions f ON f.id ="
	" p.function AND f.kind = 'wait' JOIN labels l ON l.id = p.label LEFT JOIN paths u ON"
	" u.id = p.parent LEFT JOIN functions c ON c.id = u.function GROUP BY l.id, c.id, f.id"
	" ORDER BY sum(p.own_ns) DESC, f.id;"
	/* What went from thread to thread, and how long it lay there. */
	"CREATE VIEW queues AS SELECT l.label, f.name AS queue, sum(p.calls) AS objects,"
	" sum(p.own_ns) / 1e6 AS queued_ms, max(p.call_p99_ns) / 1e6 AS p99_ms,"
	" max(p.call_max_ns) / 1e6 AS longest_ms FROM paths p JOIN functions f ON f.id ="
	" p.function AND f.kind = 'queue' JOIN labels l ON l.id = p.label GROUP BY l.id, f.id"
	" ORDER BY sum(p.own_ns) DESC, f.id;"
	/* What was asked for. */
	"CREATE VIEW requests_by_what AS SELECT label, what, count(*) AS requests,"
	" avg(open_ns) / 1e6 AS mean_ms, max(open_ns) / 1e6 AS longest_ms, avg(running_ns) /"
	" 1e6 AS running_ms, sum(state = 'unfinished') AS unfinished FROM requests GROUP BY"
	" label, what ORDER BY sum(open_ns) DESC, what;";

const char *const fdar_export_tables[] = {
	"recording",        "functions",        "labels", "paths",  "sessions",         "requests",
	"slowest_sessions", "costly_functions", "waits",  "queues", "requests_by_what", NULL
};
