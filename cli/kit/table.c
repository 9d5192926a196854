#include "cli/kit/table.h"
#include "cli/kit/print.h"
#include "cli/kit/table_fit.h"
#include "cli/kit/terminal.h"
#include "base/amount.h"
#include "base/show.h"

#include <libsmartcols/libsmartcols.h>
#include <string.h>

struct cell {
	char *people;
	char *machine; /* NULL: as people */
	const char *list_key;
	char **list; /* NULL: none */
};

struct fdar_table {
	const char *name;
	const struct fdar_column *columns;
	size_t width;
	GArray *cells; /* of struct cell, row after row */
};

gboolean fdar_format_parse(const char *text, enum fdar_format *format)
{
	static const char *const names[] = { "table", "json", "csv" };

	if (!text) {
		*format = FDAR_FORMAT_TABLE;
		return TRUE;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*format = (enum fdar_format)i;
			return TRUE;
		}
	}
	return FALSE;
}

static void clear_cell(gpointer data)
{
	struct cell *cell = data;

	g_free(cell->people);
	g_free(cell->machine);
	g_strfreev(cell->list);
}

struct fdar_table *fdar_table_new(const char *name, const struct fdar_column *columns, size_t count)
{
	struct fdar_table *table = g_new0(struct fdar_table, 1);

	table->name = name;
	table->columns = columns;
	table->width = count;
	table->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	g_array_set_clear_func(table->cells, clear_cell);
	return table;
}

void fdar_table_free(struct fdar_table *table)
{
	if (!table)
		return;
	g_array_unref(table->cells);
	g_free(table);
}

void fdar_table_row(struct fdar_table *table)
{
	g_array_set_size(table->cells, table->cells->len + (guint)table->width);
}

static struct cell *cell_at(const struct fdar_table *table, size_t row, size_t column)
{
	return &g_array_index(table->cells, struct cell, row * table->width + column);
}

static size_t row_count(const struct fdar_table *table)
{
	return table->width ? table->cells->len / table->width : 0;
}

void fdar_table_cell(struct fdar_table *table, size_t column, const char *people,
		     const char *machine)
{
	g_return_if_fail(column < table->width && row_count(table) > 0);
	struct cell *cell = cell_at(table, row_count(table) - 1, column);

	g_free(cell->people);
	g_free(cell->machine);
	/* Names in traces may be any bytes; the printers below want UTF-8. */
	cell->people = g_utf8_make_valid(people ? people : "", -1);
	cell->machine = machine ? g_utf8_make_valid(machine, -1) : NULL;
}

void fdar_table_list(struct fdar_table *table, size_t column, const char *key,
		     const char *const *list)
{
	g_return_if_fail(column < table->width && row_count(table) > 0);
	struct cell *cell = cell_at(table, row_count(table) - 1, column);

	g_strfreev(cell->list);
	cell->list_key = key;
	cell->list = g_strdupv((char **)list);
}

static const char *machine_text(const struct cell *cell)
{
	if (cell->machine)
		return cell->machine;
	return cell->people ? cell->people : "";
}

static void print_json_text(const char *text, FILE *out)
{
	g_autofree char *quoted = fdar_json_text(text);

	fputs(quoted, out);
}

static void print_json_list(const struct cell *cell, FILE *out)
{
	g_autofree char *list = fdar_json_list((const char *const *)cell->list);

	fputs(", ", out);
	print_json_text(cell->list_key, out);
	fprintf(out, ": %s", list);
}

void fdar_table_print_rows_json(const struct fdar_table *table, FILE *out)
{
	fputc('[', out);
	for (size_t row = 0; row < row_count(table); row++) {
		fputs(row ? ",\n    {" : "\n    {", out);
		for (size_t column = 0; column < table->width; column++) {
			const char *text = machine_text(cell_at(table, row, column));

			fputs(column ? ", " : "", out);
			print_json_text(table->columns[column].key, out);
			fputs(": ", out);
			if (!table->columns[column].numeric)
				print_json_text(text, out);
			else
				fputs(*text ? text : "null", out);
			if (cell_at(table, row, column)->list)
				print_json_list(cell_at(table, row, column), out);
		}
		fputc('}', out);
	}
	fputs(row_count(table) ? "\n  ]" : "]", out);
}

static void print_json(const struct fdar_table *table, FILE *out)
{
	fputs("{\n  \"format\": " FDAR_JSON_FORMAT ",\n  ", out);
	print_json_text(table->name, out);
	fputs(": ", out);
	fdar_table_print_rows_json(table, out);
	fputs("\n}\n", out);
}

/* RFC 4180: quoted when it has to be, quotes doubled. */
static void print_csv_text(const char *text, FILE *out)
{
	g_autofree char *clean = g_utf8_make_valid(text, -1);

	fdar_show_clean(clean, "\n\t");
	if (!strpbrk(clean, ",\"\n")) {
		fputs(clean, out);
		return;
	}
	fputc('"', out);
	for (const char *c = clean; *c; c++) {
		if (*c == '"')
			fputc('"', out);
		fputc(*c, out);
	}
	fputc('"', out);
}

/* A spreadsheet takes a text that begins like this for a formula, and runs it; an apostrophe before it
 * says that it is none. */
static void print_csv_cell(const struct fdar_column *column, const char *text, FILE *out)
{
	g_autofree char *defused = NULL;

	if (!column->numeric && *text && strchr("=+-@\t\r\n", *text))
		defused = g_strconcat("'", text, NULL);
	print_csv_text(defused ? defused : text, out);
}

static void print_csv(const struct fdar_table *table, FILE *out)
{
	for (size_t column = 0; column < table->width; column++) {
		fputs(column ? "," : "", out);
		print_csv_text(table->columns[column].key, out);
	}
	fputc('\n', out);
	for (size_t row = 0; row < row_count(table); row++) {
		for (size_t column = 0; column < table->width; column++) {
			fputs(column ? "," : "", out);
			print_csv_cell(&table->columns[column],
				       machine_text(cell_at(table, row, column)), out);
		}
		fputc('\n', out);
	}
}

/* What a cell shows, cut to its column. The caller frees the result. */
static char *shown_cell(const struct fdar_table *table, size_t row, size_t column, gsize width)
{
	const char *text = cell_at(table, row, column)->people;
	g_autofree char *shown = fdar_show(text ? text : "");

	return fdar_text_cut(shown, width, (table->columns[column].fit & FDAR_FIT_TAIL) != 0);
}

/* What each column needs; at least one, so that an empty one is not taken for one that is left out. */
static gsize *natural_widths(const struct fdar_table *table)
{
	gsize *widths = g_new0(gsize, table->width);

	for (size_t column = 0; column < table->width; column++) {
		widths[column] = MAX(1, fdar_text_columns(table->columns[column].title));
		for (size_t row = 0; row < row_count(table); row++) {
			g_autofree char *shown = shown_cell(table, row, column, G_MAXSIZE);

			widths[column] = MAX(widths[column], fdar_text_columns(shown));
		}
	}
	return widths;
}

static void print_terminal(const struct fdar_table *table, FILE *out)
{
	struct libscols_table *lines = scols_new_table();
	g_autofree gsize *widths = natural_widths(table);
	gsize terminal = fdar_terminal_width(out);

	if (!lines)
		return;
	if (terminal)
		fdar_table_fit(table->columns, table->width, widths, terminal);
	scols_table_set_stream(lines, out);
	/* It is fitted already; the library would cut and wrap at once. */
	scols_table_set_termforce(lines, SCOLS_TERMFORCE_NEVER);
	for (size_t column = 0; column < table->width; column++)
		if (widths[column])
			scols_table_new_column(lines, table->columns[column].title, 0,
					       table->columns[column].numeric ? SCOLS_FL_RIGHT : 0);
	for (size_t row = 0; row < row_count(table); row++) {
		struct libscols_line *line = scols_table_new_line(lines, NULL);
		size_t place = 0;

		for (size_t column = 0; line && column < table->width; column++) {
			if (!widths[column])
				continue;
			g_autofree char *shown = shown_cell(table, row, column, widths[column]);

			scols_line_set_data(line, place++, shown);
		}
	}
	scols_print_table(lines);
	scols_unref_table(lines);
}

void fdar_table_print(const struct fdar_table *table, enum fdar_format format, FILE *out)
{
	switch (format) {
	case FDAR_FORMAT_JSON:
		print_json(table, out);
		break;
	case FDAR_FORMAT_CSV:
		print_csv(table, out);
		break;
	case FDAR_FORMAT_TABLE:
		print_terminal(table, out);
		break;
	}
}

char *fdar_format_duration(double nanoseconds)
{
	char text[FDAR_DURATION_BYTES];

	return g_strdup(fdar_duration_text(nanoseconds, text));
}

char *fdar_format_count(guint64 count)
{
	return fdar_count_text(count);
}

char *fdar_format_number(double number)
{
	return fdar_number_text(number);
}

char *fdar_format_bytes(guint64 bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	unsigned unit = 0;

	while (value >= 1000 && unit + 1 < G_N_ELEMENTS(units)) {
		value /= 1000;
		unit++;
	}
	return g_strdup_printf(unit && value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
