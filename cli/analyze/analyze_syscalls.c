#include "cli/analyze/analyze_syscalls.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/kit/cells.h"
#include "cli/kit/syscalls_input.h"

/* From MOST_CALLS on for machines. */
enum column {
	CALL,
	CALLS,
	EACH_CALLS,
	IN,
	ERRORS,
	BYTES,
	WAITING,
	EACH_WAITING,
	MOST_CALLS,
	MOST_WAITING,
	WAITS,
	COLUMNS
};

static const struct fdar_column columns[COLUMNS] = {
	[CALL] = { "call", "call", FALSE, FDAR_FIT_CUT },
	[CALLS] = { "calls", "calls", TRUE, 0 },
	[EACH_CALLS] = { "calls/session", "calls_per_session", TRUE, 0 },
	[IN] = { "sessions", "sessions", TRUE, FDAR_FIT_DROP(1) },
	[ERRORS] = { "errors", "errors", TRUE, 0 },
	[BYTES] = { "bytes", "bytes", TRUE, 0 },
	[WAITING] = { "waiting", "waiting_ns", TRUE, 0 },
	[EACH_WAITING] = { "waiting/session", "waiting_per_session_ns", TRUE, FDAR_FIT_DROP(2) },
	[MOST_CALLS] = { "", "most_calls", TRUE, 0 },
	[MOST_WAITING] = { "", "most_waiting_ns", TRUE, 0 },
	[WAITS] = { "", "waits", TRUE, 0 },
};

static const struct fdar_syscall_sum *sum_of(const struct fdar_analyze_request *request,
					     const struct fdar_syscall *row)
{
	return request->server ? &row->of_server : &row->of_sessions;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_syscall *x = *(const struct fdar_syscall *const *)a;
	const struct fdar_syscall *y = *(const struct fdar_syscall *const *)b;
	const struct fdar_analyze_request *request = user;
	const struct fdar_syscall_sum *of_x = sum_of(request, x), *of_y = sum_of(request, y);

	if (request->sort == FDAR_SORT_OWN && of_x->waiting_ns != of_y->waiting_ns)
		return of_x->waiting_ns > of_y->waiting_ns ? -1 : 1;
	if (request->sort != FDAR_SORT_NAME && of_x->calls != of_y->calls)
		return of_x->calls > of_y->calls ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Those that there are, of sessions or the server, in order. */
static GPtrArray *rows_of(const struct fdar_analyze_request *request,
			  const struct fdar_syscalls *syscalls)
{
	GPtrArray *rows = g_ptr_array_new();

	for (guint i = 0; i < syscalls->rows->len; i++) {
		struct fdar_syscall *row = &g_array_index(syscalls->rows, struct fdar_syscall, i);

		if (sum_of(request, row)->calls || sum_of(request, row)->bytes)
			g_ptr_array_add(rows, row);
	}
	g_ptr_array_sort_with_data(rows, compare, (gpointer)request);
	return rows;
}

static void add_row(struct fdar_table *table, const struct fdar_analyze_request *request,
		    const struct fdar_syscall *row, double sessions)
{
	const struct fdar_syscall_sum *sum = sum_of(request, row);
	g_autofree char *bytes = fdar_format_bytes(sum->bytes);
	g_autofree char *bytes_plain = g_strdup_printf("%" G_GUINT64_FORMAT, sum->bytes);

	fdar_table_row(table);
	fdar_table_cell(table, CALL, row->name, NULL);
	fdar_cell_count(table, CALLS, (double)sum->calls);
	fdar_cell_count(table, ERRORS, (double)sum->errors);
	fdar_table_cell(table, BYTES, sum->bytes ? bytes : "", bytes_plain);
	fdar_cell_duration(table, WAITING, (double)sum->waiting_ns);
	if (!request->server) {
		fdar_cell_count(table, EACH_CALLS, (double)sum->calls / sessions);
		fdar_cell_count(table, IN, (double)row->sessions);
		fdar_cell_duration(table, EACH_WAITING, (double)sum->waiting_ns / sessions);
	}
	if (request->format == FDAR_FORMAT_TABLE)
		return;
	fdar_cell_count(table, WAITS, (double)sum->waits);
	if (request->server)
		return;
	fdar_cell_count(table, MOST_CALLS, (double)row->most_calls);
	fdar_cell_duration(table, MOST_WAITING, (double)row->most_waiting_ns);
}

static void print_summary(const struct fdar_analyze_request *request, const char *name,
			  const struct fdar_syscalls *syscalls)
{
	g_autofree char *sessions = fdar_format_count(syscalls->sessions);
	g_autofree char *calls = fdar_format_count(syscalls->calls);

	fdar_print_line("%s: %s system calls and waits, %s sessions", name, calls, sessions);
	fdar_print_line(
		"%s",
		request->server
			? "of no session (times are those of waits):"
			: "of sessions (times are those of waits; --server lists the others):");
	if (syscalls->told)
		fdar_print_line("not in it: what found nothing to do and did not wait (EAGAIN), "
				"and files");
	else
		fdar_print_line("warning: no reads and writes were recorded (flowdar record --io)");
	putchar('\n');
}

static void print(const struct fdar_analyze_request *request, char **paths,
		  const struct fdar_syscalls *syscalls, FILE *out)
{
	g_autofree char *name = paths[1] ? g_strdup_printf("%u recordings", g_strv_length(paths))
					 : g_strdup(paths[0]);
	g_autoptr(GPtrArray) rows = rows_of(request, syscalls);
	g_autoptr(fdar_table) table =
		fdar_table_new("syscalls", columns,
			       request->format == FDAR_FORMAT_TABLE ? MOST_CALLS : COLUMNS);
	guint most = request->limit ? MIN(request->limit, rows->len) : rows->len;

	for (guint i = 0; i < most; i++)
		add_row(table, request, g_ptr_array_index(rows, i),
			MAX((double)syscalls->sessions, 1));
	if (request->format == FDAR_FORMAT_JSON) {
		g_autofree char *trace = fdar_json_text(name);

		fprintf(out,
			"{\n  \"format\": " FDAR_JSON_FORMAT ",\n  \"trace\": %s,\n"
			"  \"session_count\": %" G_GUINT64_FORMAT
			",\n  \"calls\": %" G_GUINT64_FORMAT
			",\n  \"io\": %s,\n  \"of\": \"%s\",\n  \"syscalls\": ",
			trace, syscalls->sessions, syscalls->calls,
			syscalls->told ? "true" : "false", request->server ? "server" : "sessions");
		fdar_table_print_rows_json(table, out);
		fputs("\n}\n", out);
		return;
	}
	if (request->format == FDAR_FORMAT_TABLE)
		print_summary(request, name, syscalls);
	if (request->format != FDAR_FORMAT_TABLE || rows->len)
		fdar_table_print(table, request->format, out);
	if (request->format == FDAR_FORMAT_TABLE && rows->len > most)
		fdar_print_line("... and %u more (--limit 0 shows all)", rows->len - most);
}

/* Some were asked for, and there are none. */
static gboolean check(const struct fdar_analyze_request *request,
		      const struct fdar_syscalls *syscalls, GError **error)
{
	if (syscalls->sessions || (!request->label && !request->client))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		    request->label ? "no session has the label \"%s\""
				   : "no session is of client %s",
		    request->label ? request->label : request->client);
	return FALSE;
}

gboolean fdar_analyze_syscalls(const struct fdar_profile_input *input, char **paths,
			       const struct fdar_analyze_request *request, FILE *out,
			       GError **error)
{
	g_autoptr(fdar_syscalls) sum = NULL;
	struct fdar_profile_input one = *input;

	for (char **path = paths; *path; path++) {
		g_autoptr(fdar_syscalls) read = NULL;

		one.path = *path;
		read = fdar_syscalls_input_read(&one, request->label, request->client, TRUE, error);
		if (!read)
			return FALSE;
		if (sum)
			fdar_syscalls_add(sum, read);
		else
			sum = g_steal_pointer(&read);
	}
	if (!check(request, sum, error))
		return FALSE;
	print(request, paths, sum, out);
	return TRUE;
}
