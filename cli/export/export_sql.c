#include "cli/export/export_sql.h"

#include <gio/gio.h>

#include "analyze/profile/profile.h"
#include "cli/export/export_said.h"
#include "cli/kit/command.h"
#include "cli/kit/profile_input.h"
#include "cli/kit/save.h"
#include "cli/kit/table.h"

#define DEPTH_MAX 4096 /* of a path that is written as a text */

/* A database that is filled. The first error stays, and nothing is done after it. */
struct filling {
	const struct fdar_export_sql *sql;
	sqlite3 *db;
	sqlite3_stmt *statement; /* the INSERT in hand */
	int column;              /* of it, that was bound last */
	GError *error;
};

static void take_error(struct filling *filling, int got)
{
	if (got != SQLITE_OK && got != SQLITE_DONE && got != SQLITE_ROW && !filling->error)
		filling->error =
			g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s",
				    filling->sql->sqlite ? filling->sql->sqlite : filling->sql->csv,
				    sqlite3_errmsg(filling->db));
}

static void run(struct filling *filling, const char *statements)
{
	if (!filling->error)
		take_error(filling, sqlite3_exec(filling->db, statements, NULL, NULL, NULL));
}

/* INSERT INTO table VALUES (?, ...): rows follow. */
static void begin_table(struct filling *filling, const char *table, int columns)
{
	g_autoptr(GString) text = g_string_new(NULL);

	sqlite3_finalize(filling->statement);
	filling->statement = NULL;
	filling->column = 0;
	g_string_printf(text, "INSERT INTO %s VALUES (?", table);
	while (--columns > 0)
		g_string_append(text, ", ?");
	g_string_append_c(text, ')');
	if (!filling->error)
		take_error(filling, sqlite3_prepare_v2(filling->db, text->str, -1,
						       &filling->statement, NULL));
}

/* Values beyond what SQLite's integers hold stay at their end. */
static void number(struct filling *filling, uint64_t value)
{
	filling->column++;
	if (filling->statement)
		take_error(filling, sqlite3_bind_int64(filling->statement, filling->column,
						       (sqlite3_int64)MIN(value, INT64_MAX)));
}

static void real(struct filling *filling, double value)
{
	filling->column++;
	if (filling->statement)
		take_error(filling,
			   sqlite3_bind_double(filling->statement, filling->column, value));
}

/* NULL is NULL. */
static void text(struct filling *filling, const char *value)
{
	g_autofree char *valid = value ? g_utf8_make_valid(value, -1) : NULL;

	filling->column++;
	if (filling->statement)
		take_error(filling, sqlite3_bind_text(filling->statement, filling->column, valid,
						      -1, SQLITE_TRANSIENT));
}

static void end_row(struct filling *filling)
{
	filling->column = 0;
	if (!filling->statement || filling->error)
		return;
	take_error(filling, sqlite3_step(filling->statement));
	take_error(filling, sqlite3_reset(filling->statement));
}

/* ---- rows ---- */

static const char *state_of(const struct fdar_walk_session *session)
{
	static const char *const states[] = { "open", "finished", "unfinished", "replaced" };

	return states[session->state];
}

static void add_times(struct filling *filling, const struct fdar_profile_session *told)
{
	number(filling, told->session->begin_ns);
	number(filling, told->session->end_ns - told->session->begin_ns);
	number(filling, told->busy_ns);
	number(filling, told->running_ns);
	number(filling, told->busy_ns - told->running_ns);
	number(filling, told->calls);
}

static void add_most(struct filling *filling, const struct fdar_profile_session *told)
{
	text(filling, told->function);
	text(filling, told->below);
	number(filling, told->function_ns);
	end_row(filling);
}

static void on_session(void *user, const struct fdar_profile_session *told)
{
	struct filling *filling = user;
	const struct fdar_walk_session *session = told->session;
	g_autofree char *key = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", session->key);

	number(filling, session->id);
	text(filling, told->label);
	text(filling, session->peer);
	text(filling, key);
	text(filling, state_of(session));
	add_times(filling, told);
	number(filling, session->requests);
	number(filling, session->bytes_in);
	number(filling, session->bytes_out);
	add_most(filling, told);
}

static void on_request(void *user, const struct fdar_profile_session *told)
{
	struct filling *filling = user;

	number(filling, told->session->id);
	text(filling, told->label);
	text(filling, told->session->peer);
	text(filling, told->session->what);
	text(filling, state_of(told->session));
	add_times(filling, told);
	add_most(filling, told);
}

static void add_recording(struct filling *filling, const struct fdar_profile *profile)
{
	begin_table(filling, "recording", 11);
	text(filling, filling->sql->path);
	number(filling, profile->begin_ns);
	number(filling, profile->end_ns);
	number(filling, profile->losses.events);
	number(filling, profile->losses.calls);
	number(filling, profile->threads);
	number(filling, profile->processes);
	number(filling, profile->losses.discarded);
	number(filling, profile->losses.packets_lost);
	number(filling, profile->losses.lost_calls);
	number(filling, profile->losses.damaged);
	end_row(filling);
}

static void add_functions(struct filling *filling, const struct fdar_profile *profile)
{
	begin_table(filling, "functions", 7);
	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];

		number(filling, i);
		text(filling, function->name);
		text(filling, function->component);
		text(filling, fdar_walk_kind_name(function->kind));
		text(filling, function->file);
		number(filling, (uint64_t)MAX(function->line, 0));
		number(filling, function->known != FALSE);
		end_row(filling);
	}
}

static void add_labels(struct filling *filling, const struct fdar_profile *profile)
{
	begin_table(filling, "labels", 10);
	for (uint32_t i = 0; i < profile->group_count; i++) {
		const struct fdar_profile_group *group = &profile->groups[i];

		number(filling, i);
		text(filling, i ? group->label : FDAR_PROFILE_SERVER);
		number(filling, group->sessions);
		number(filling, group->finished);
		number(filling, group->unfinished);
		number(filling, group->replaced);
		number(filling, group->requests);
		number(filling, group->bytes_in);
		number(filling, group->bytes_out);
		number(filling, group->own_ns);
		end_row(filling);
	}
}

/* "main > serve > match_from"; gives the number of functions in it. */
static unsigned path_text(const struct fdar_profile *profile,
			  const struct fdar_profile_group *group, uint32_t node, GString *line)
{
	unsigned depth = 0;

	g_string_truncate(line, 0);
	for (; node && depth < DEPTH_MAX; node = group->nodes[node].parent) {
		if (depth++)
			g_string_prepend(line, " > ");
		g_string_prepend(line, profile->functions[group->nodes[node].function].name);
	}
	return depth;
}

static void add_path(struct filling *filling, const struct fdar_profile_group *group, uint32_t node)
{
	const struct fdar_profile_stat *stat = &group->nodes[node].stat;
	const struct fdar_histogram *took = &stat->call_ns;

	number(filling, stat->calls);
	number(filling, stat->own_ns);
	number(filling, stat->total_ns);
	number(filling, stat->wait_ns);
	number(filling, stat->unfinished);
	number(filling, stat->skipped_calls);
	real(filling, fdar_histogram_quantile(took, 0.5, took->count));
	real(filling, fdar_histogram_quantile(took, 0.99, took->count));
	number(filling, took->count ? took->max : 0);
	end_row(filling);
}

/* Ids are those of nodes, one group's behind the other's. */
static void add_paths(struct filling *filling, const struct fdar_profile *profile)
{
	g_autoptr(GString) line = g_string_new(NULL);
	uint64_t first = 0;

	begin_table(filling, "paths", 15);
	for (uint32_t g = 0; g < profile->group_count; g++) {
		const struct fdar_profile_group *group = &profile->groups[g];

		for (uint32_t i = 1; i < group->node_count; i++) {
			unsigned depth = path_text(profile, group, i, line);

			number(filling, first + i);
			number(filling, g);
			if (group->nodes[i].parent)
				number(filling, first + group->nodes[i].parent);
			else
				text(filling, NULL);
			number(filling, group->nodes[i].function);
			number(filling, depth);
			text(filling, line->str);
			add_path(filling, group, i);
		}
		first += group->node_count;
	}
}

/* ---- the whole ---- */

/* Sessions come while the trace is read, so their table is filled then; requests are those of a second
 * reading. */
static void fill(struct filling *filling)
{
	struct fdar_profile_input input = { .usage = filling->sql->usage,
					    .path = filling->sql->path,
					    .listing = filling->sql->listing,
					    .rules = filling->sql->rules,
					    .stop = filling->sql->stop,
					    .session = on_session,
					    .session_user = filling };
	g_autoptr(fdar_profile) profile = NULL, requests = NULL;

	run(filling, "BEGIN");
	run(filling, fdar_export_schema);
	begin_table(filling, "sessions", 17);
	if (filling->error)
		return;
	profile = fdar_profile_input_read(&input, &filling->error);
	if (!profile || filling->error)
		return;
	begin_table(filling, "requests", 14);
	input.unit = FDAR_UNIT_REQUEST;
	input.session = on_request;
	input.again = TRUE;
	if (!filling->error)
		requests = fdar_profile_input_read(&input, &filling->error);
	add_recording(filling, profile);
	add_functions(filling, profile);
	add_labels(filling, profile);
	add_paths(filling, profile);
	run(filling, "COMMIT");
}

/* What is in a table; 0: nothing, or it is not known. */
static guint64 rows_of(const struct filling *filling, const char *table)
{
	g_autofree char *query = g_strdup_printf("SELECT count(*) FROM %s", table);
	sqlite3_stmt *statement = NULL;
	guint64 rows = 0;

	if (sqlite3_prepare_v2(filling->db, query, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		rows = (guint64)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rows;
}

static void tell_written(const struct filling *filling, const char *path, guint64 bytes)
{
	static const char *const tables[] = { "sessions", "requests", "paths", "functions" };
	g_autoptr(GString) text = g_string_new(NULL);

	if (filling->error)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *rows = fdar_format_count(rows_of(filling, tables[i]));

		g_string_append_printf(text, "%s%s %s", i ? ", " : "", rows, tables[i]);
	}
	fdar_export_said(path, bytes, "%s", text->str);
}

/* A database in memory, as what a file of it holds, is written whole or not at all. */
static void save(struct filling *filling)
{
	sqlite3_int64 size = 0;
	unsigned char *bytes;

	if (filling->error || !filling->sql->sqlite)
		return;
	bytes = sqlite3_serialize(filling->db, "main", &size, 0);
	if (!bytes)
		filling->error =
			g_error_new(G_IO_ERROR, G_IO_ERROR_NO_SPACE,
				    "%s: no memory for the database", filling->sql->sqlite);
	else
		fdar_save(filling->sql->sqlite, bytes, (gsize)size, &filling->error);
	tell_written(filling, filling->sql->sqlite, (guint64)size);
	sqlite3_free(bytes);
}

int fdar_export_sql_write(const struct fdar_export_sql *sql)
{
	struct filling filling = { .sql = sql };
	int code = FDAR_EXIT_OK;

	take_error(&filling, sqlite3_open(":memory:", &filling.db));
	if (!filling.error)
		fill(&filling);
	sqlite3_finalize(filling.statement);
	save(&filling);
	if (!filling.error && sql->csv)
		fdar_export_csv(filling.db, sql->csv, &filling.error);
	if (sql->csv)
		tell_written(&filling, sql->csv, 0);
	sqlite3_close(filling.db);
	if (filling.error) {
		code = g_error_matches(filling.error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
			       ? FDAR_EXIT_INTERRUPTED
			       : FDAR_EXIT_FAILED;
		fdar_failure(sql->usage, filling.error);
	}
	return code;
}
