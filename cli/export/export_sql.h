/*
 * `flowdar export --sqlite` and `--csv`: a recording as tables, to be asked in SQL.
 *
 * docs/sql.md has the tables, and what to ask them; export_schema.c makes them.
 */
#ifndef FDAR_CLI_EXPORT_EXPORT_SQL_H
#define FDAR_CLI_EXPORT_EXPORT_SQL_H

#include <glib.h>
#include <sqlite3.h>

#include "cli/kit/options.h"

struct fdar_export_sql {
	const struct fdar_usage *usage;
	const char *path;
	const char *sqlite;  /* the database; NULL: not wanted */
	const char *csv;     /* the folder, new or empty; NULL: not wanted */
	const char *listing; /* nm's of the program's symbols, or NULL */
	const char *rules;   /* a rules file; NULL: the recording's own */
	const volatile int *stop;
};

/* Writes what is wanted, whole or not at all. An fdar_exit. */
int fdar_export_sql_write(const struct fdar_export_sql *sql);

/* Inside: */

/* The statements that make the tables and views. */
extern const char fdar_export_schema[];

/* The names of the tables and of the views, in the order of the page; end with NULL. */
extern const char *const fdar_export_tables[];

/* Each table, and each view, as a file of dir: NAME.csv. A cell that a spreadsheet would take for a
 * formula gets an apostrophe before it. FALSE and error. */
gboolean fdar_export_csv(sqlite3 *db, const char *dir, GError **error);

#endif
