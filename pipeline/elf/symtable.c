#include "pipeline/elf/symtable.h"
#include "base/file_read.h"

#include <gio/gio.h>
#include <string.h>

#define SONAME "# soname "

struct fdar_symtable {
	GArray *rows; /* of struct fdar_symtable_row */
	GStringChunk *names;
	const char *soname;
	gboolean sorted;
};

struct fdar_symtable *fdar_symtable_new(void)
{
	struct fdar_symtable *table = g_new0(struct fdar_symtable, 1);

	table->rows = g_array_new(FALSE, FALSE, sizeof(struct fdar_symtable_row));
	table->names = g_string_chunk_new(4096);
	table->soname = "";
	return table;
}

void fdar_symtable_free(struct fdar_symtable *table)
{
	if (!table)
		return;
	g_array_unref(table->rows);
	g_string_chunk_free(table->names);
	g_free(table);
}

const char *fdar_symtable_soname(const struct fdar_symtable *table)
{
	return table->soname;
}

void fdar_symtable_set_soname(struct fdar_symtable *table, const char *soname)
{
	/* It is a line of its own. */
	if (!strpbrk(soname, "\r\n"))
		table->soname = g_string_chunk_insert(table->names, soname);
}

guint fdar_symtable_count(const struct fdar_symtable *table)
{
	return table->rows->len;
}

void fdar_symtable_add(struct fdar_symtable *table, uint64_t offset, uint64_t size,
		       const char *name)
{
	struct fdar_symtable_row row = { offset, size, g_string_chunk_insert(table->names, name) };

	g_array_append_val(table->rows, row);
	table->sorted = FALSE;
}

/* By offset; where names share one, the one with a size, then the one that sorts first, is last:
 * that is the one a search finds. */
static gint by_offset(gconstpointer a, gconstpointer b)
{
	const struct fdar_symtable_row *left = a, *right = b;

	if (left->offset != right->offset)
		return left->offset < right->offset ? -1 : 1;
	if (!left->size != !right->size)
		return left->size ? 1 : -1;
	return strcmp(right->name, left->name);
}

static void sort(struct fdar_symtable *table)
{
	if (!table->sorted)
		g_array_sort(table->rows, by_offset);
	table->sorted = TRUE;
}

const struct fdar_symtable_row *fdar_symtable_find(struct fdar_symtable *table, uint64_t offset)
{
	guint low = 0;
	guint high = table->rows->len;

	sort(table);
	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(table->rows, struct fdar_symtable_row, middle).offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	const struct fdar_symtable_row *row =
		&g_array_index(table->rows, struct fdar_symtable_row, low - 1);
	return !row->size || offset - row->offset < row->size ? row : NULL;
}

static gboolean parse_line(char *line, struct fdar_symtable_row *row)
{
	char *end;
	guint64 value;

	if (!g_ascii_isxdigit(*line))
		return FALSE;
	value = g_ascii_strtoull(line, &end, 16);
	if (*end != ' ' || !g_ascii_isxdigit(end[1]))
		return FALSE;
	row->offset = value;
	row->size = g_ascii_strtoull(end + 1, &end, 16);
	if (*end != ' ' || !end[1] || strlen(end + 1) > FDAR_SYMTABLE_NAME_MAX)
		return FALSE;
	row->name = end + 1;
	return TRUE;
}

/* "0000000000001139 T main", "0000000000001139 0000000000000022 T main". */
static gboolean parse_listed(char *line, struct fdar_symtable_row *row)
{
	char *end;

	if (!g_ascii_isxdigit(*line))
		return FALSE;
	row->size = 0;
	row->offset = g_ascii_strtoull(line, &end, 16);
	if (*end == ' ' && g_ascii_isxdigit(end[1]) && end[2] != ' ')
		row->size = g_ascii_strtoull(end + 1, &end, 16);
	if (*end != ' ' || !end[1] || !strchr("TtWwi", end[1]) || end[2] != ' ' || !end[3])
		return FALSE;
	row->name = end + 3;
	return strlen(row->name) <= FDAR_SYMTABLE_NAME_MAX;
}

typedef gboolean (*parse_fn)(char *line, struct fdar_symtable_row *row);

static struct fdar_symtable *load(const char *path, parse_fn parse, const char *expected,
				  GError **error)
{
	g_autoptr(fdar_symtable) table = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	text = fdar_file_read(path, FDAR_SYMTABLE_BYTES_MAX, &length, error);
	if (!text)
		return NULL;
	table = fdar_symtable_new();
	for (char *line = text; line < text + length;) {
		char *end = memchr(line, '\n', (size_t)(text + length - line));
		struct fdar_symtable_row row;

		if (end)
			*end = '\0';
		if (parse(line, &row))
			fdar_symtable_add(table, row.offset, row.size, row.name);
		else if (g_str_has_prefix(line, SONAME) && strlen(line) <= FDAR_SYMTABLE_NAME_MAX)
			fdar_symtable_set_soname(table, line + strlen(SONAME));
		line += strlen(line) + 1;
	}
	if (!table->rows->len) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: expected lines of %s, found none", path, expected);
		return NULL;
	}
	return g_steal_pointer(&table);
}

struct fdar_symtable *fdar_symtable_load(const char *path, GError **error)
{
	return load(path, parse_line, "\"offset size name\"", error);
}

struct fdar_symtable *fdar_symtable_load_listing(const char *path, GError **error)
{
	return load(path, parse_listed, "\"address T name\", as nm prints them", error);
}

gboolean fdar_symtable_save(struct fdar_symtable *table, const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	sort(table);
	if (*table->soname)
		g_string_append_printf(text, SONAME "%s\n", table->soname);
	for (guint i = 0; i < table->rows->len; i++) {
		const struct fdar_symtable_row *row =
			&g_array_index(table->rows, struct fdar_symtable_row, i);

		g_string_append_printf(text, "%" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %s\n",
				       row->offset, row->size, row->name);
	}
	return g_file_set_contents_full(path, text->str, (gssize)text->len,
					G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}
