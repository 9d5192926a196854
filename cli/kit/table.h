/*
 * Rows and columns, printed as a terminal table, JSON or CSV: what --format asks for.
 *
 * Cells are texts. A column is numeric when its values are numbers in all formats: right-aligned in
 * the table, bare in JSON. For the table a number may be given twice, once to be read by people
 * ("1.2 ms") and once by machines ("1200000"): JSON and CSV get the second.
 */
#ifndef FDAR_CLI_KIT_TABLE_H
#define FDAR_CLI_KIT_TABLE_H

#include <glib.h>
#include <stdio.h>

/* The "format" of every JSON object that a command prints: docs/formats/README.md says when it goes up. */
#define FDAR_JSON_FORMAT "1"

enum fdar_format { FDAR_FORMAT_TABLE, FDAR_FORMAT_JSON, FDAR_FORMAT_CSV };

/* Where a table is wider than its terminal: 0, the column stays as it is. */
#define FDAR_FIT_CUT  1u /* may be cut, at its end */
#define FDAR_FIT_TAIL 2u /* may be cut at its beginning: call paths, files */
/* Left out, the higher n before the lower; for those that may be cut too, when cutting is not enough. */
#define FDAR_FIT_DROP(n) ((n) << 4)

struct fdar_column {
	const char *title; /* for the table: "self/session" */
	const char *key;   /* for JSON and CSV: "self_per_session_ns" */
	gboolean numeric;
	unsigned fit; /* what a narrow terminal does to it: FDAR_FIT_... */
};

struct fdar_table;

/* "table", "json" or "csv"; NULL is table. FALSE when it is none of these. */
gboolean fdar_format_parse(const char *text, enum fdar_format *format);

/* columns must outlive the table. The caller frees the result (fdar_table_free). name is the key of
 * the array in JSON. */
struct fdar_table *fdar_table_new(const char *name, const struct fdar_column *columns,
				  size_t count);

/* Starts a row; its cells are set next, the rest stay empty. */
void fdar_table_row(struct fdar_table *table);

/* Both texts are copied. machine may be NULL: the same as people. */
void fdar_table_cell(struct fdar_table *table, size_t column, const char *people,
		     const char *machine);

/* What the cell's text is made of (a call path), which JSON has as an array behind it: key, a constant. list ends
 * with NULL and is copied. */
void fdar_table_list(struct fdar_table *table, size_t column, const char *key,
		     const char *const *list);

/* Prints to out. A table that goes to a terminal is fitted to its width. */
void fdar_table_print(const struct fdar_table *table, enum fdar_format format, FILE *out);

/* Prints just the JSON array of the rows, indented to stand inside an object: for a command whose
 * JSON has more in it than the table. */
void fdar_table_print_rows_json(const struct fdar_table *table, FILE *out);

/* NULL is allowed. */
void fdar_table_free(struct fdar_table *table);
typedef struct fdar_table fdar_table;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_table, fdar_table_free)

/* "1.24 ms", "830 ns", "2.10 s": three significant digits. The caller frees the result. */
char *fdar_format_duration(double nanoseconds);

/* "1,234,567". The caller frees the result. */
char *fdar_format_count(guint64 count);

/* "1.5", "412", "12,345": a mean of counts. The caller frees the result. */
char *fdar_format_number(double number);

/* "12.3 MB". The caller frees the result. */
char *fdar_format_bytes(guint64 bytes);

#endif
