/* Tables as comma-separated values (RFC 4180). */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/file_write.h"
#include "base/show.h"
#include "base/target.h"
#include "cli/export/export_sql.h"

/* Spreadsheets take these at a cell's begin for a formula; names come from strangers' traces. */
static gboolean is_formula(const char *text)
{
	return *text && strchr("=+-@\t\r", *text);
}

static void add_text(GString *rows, const char *text)
{
	g_autofree char *shown = fdar_show(text);

	g_string_append_c(rows, '"');
	if (is_formula(shown))
		g_string_append_c(rows, '\'');
	for (const char *at = shown; *at; at++) {
		if (*at == '"')
			g_string_append_c(rows, '"');
		g_string_append_c(rows, *at);
	}
	g_string_append_c(rows, '"');
}

/* Numbers are as they are: a negative one is no formula. */
static void add_cell(GString *rows, sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	if (!text)
		return;
	if (sqlite3_column_type(statement, column) == SQLITE_TEXT)
		add_text(rows, text);
	else
		g_string_append(rows, text);
}

static gboolean add_rows(GString *rows, sqlite3 *db, const char *table, GError **error)
{
	g_autofree char *query = g_strdup_printf("SELECT * FROM %s", table);
	sqlite3_stmt *statement = NULL;
	int got = sqlite3_prepare_v2(db, query, -1, &statement, NULL);
	int columns = got == SQLITE_OK ? sqlite3_column_count(statement) : 0;

	for (int i = 0; i < columns; i++)
		g_string_append_printf(rows, "%s%s", i ? "," : "",
				       sqlite3_column_name(statement, i));
	g_string_append(rows, "\r\n");
	while (got == SQLITE_OK || got == SQLITE_ROW) {
		got = sqlite3_step(statement);
		for (int i = 0; got == SQLITE_ROW && i < columns; i++) {
			if (i)
				g_string_append_c(rows, ',');
			add_cell(rows, statement, i);
		}
		if (got == SQLITE_ROW)
			g_string_append(rows, "\r\n");
	}
	sqlite3_finalize(statement);
	if (got == SQLITE_DONE)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", table, sqlite3_errmsg(db));
	return FALSE;
}

static gboolean make_folder(const char *dir, GError **error)
{
	g_autoptr(GDir) old = NULL;

	if (!fdar_target_folder(dir, 0, NULL, error))
		return FALSE;
	old = g_dir_open(dir, 0, error);
	if (old && g_dir_read_name(old)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
			    "%s is not empty; expected a new or empty folder", dir);
		return FALSE;
	}
	return old != NULL;
}

/* Nothing of what was written stays when not all could be. */
static void remove_all(const char *dir)
{
	for (const char *const *table = fdar_export_tables; *table; table++) {
		g_autofree char *name = g_strdup_printf("%s.csv", *table);
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_unlink(path);
	}
	g_rmdir(dir);
}

gboolean fdar_export_csv(sqlite3 *db, const char *dir, GError **error)
{
	if (!make_folder(dir, error))
		return FALSE;
	for (const char *const *table = fdar_export_tables; *table; table++) {
		g_autofree char *name = g_strdup_printf("%s.csv", *table);
		g_autofree char *path = g_build_filename(dir, name, NULL);
		g_autoptr(GString) rows = g_string_new(NULL);

		if (!add_rows(rows, db, *table, error) ||
		    !fdar_file_write(path, rows->str, rows->len, error)) {
			remove_all(dir);
			return FALSE;
		}
	}
	return TRUE;
}
