#include "pipeline/elf/binary.h"

#include <unistd.h>

#include "base/file_read.h"
#include "pipeline/elf/debuginfod.h"
#include "pipeline/elf/symtable.h"

#define BUILD_ID_DIGITS_MAX 128u

struct fdar_binary {
	char *build_id; /* "" when the trace has none */
	char *note;
	struct fdar_elf_reader *reader; /* that has the file */
	struct fdar_elf_handle file;
	gboolean is_open;             /* file is one */
	struct fdar_elf_handle debug; /* its debug information, from a server */
	gboolean has_debug, asked;    /* debug is one; it was asked for */
	char *soname;                 /* NULL: none */
	const char *const *dirs;      /* of tables */
	GPtrArray *tables;   /* one a directory, NULL where it has none; NULL: not read yet */
	GStringChunk *texts; /* what was answered */
};

/* The id becomes part of a file name, and comes out of the trace. */
static gboolean build_id_is_hex(const char *text)
{
	size_t digits = 0;

	while (g_ascii_isxdigit(text[digits]))
		digits++;
	return digits > 0 && digits <= BUILD_ID_DIGITS_MAX && !text[digits];
}

/* An open regular file, or -1: a path in a trace could also name a device or a pipe. */
static int open_file(const char *path)
{
	return path[0] == '/' ? fdar_file_open_plain(path) : -1;
}

static void open_elf(struct fdar_binary *binary, const char *path)
{
	int fd = open_file(path);
	g_autofree char *found = NULL;
	gboolean died = FALSE;

	if (fd < 0)
		return;
	binary->is_open = fdar_elf_reader_open(binary->reader, fd, path, &binary->file, &died);
	close(fd);
	if (died)
		binary->note = g_strdup_printf("%s cannot be read: what reads it died, or took "
					       "too long; its names are not used",
					       path);
	if (!binary->is_open)
		return;
	found = fdar_elf_reader_build_id(binary->reader, &binary->file);
	if (*binary->build_id && g_ascii_strcasecmp(found ? found : "", binary->build_id) != 0) {
		binary->note = g_strdup_printf(
			"%s is not the file that was traced (build id %s, the trace has %s): "
			"its names are not used",
			path, found && *found ? found : "none", binary->build_id);
		binary->is_open = FALSE;
		return;
	}
	binary->soname = fdar_elf_reader_soname(binary->reader, &binary->file);
}

static char *table_path(const struct fdar_binary *binary, const char *dir)
{
	g_autofree char *id = g_ascii_strdown(binary->build_id, -1);
	g_autofree char *name = g_strconcat(id, ".txt", NULL);

	return g_build_filename(dir, name, NULL);
}

static void free_table(gpointer table)
{
	fdar_symtable_free(table);
}

static const GPtrArray *tables_of(struct fdar_binary *binary)
{
	if (binary->tables)
		return binary->tables;
	binary->tables = g_ptr_array_new_with_free_func(free_table);
	for (const char *const *dir = binary->dirs; *binary->build_id && *dir; dir++) {
		g_autofree char *path = **dir ? table_path(binary, *dir) : NULL;

		g_ptr_array_add(binary->tables, path ? fdar_symtable_load(path, NULL) : NULL);
	}
	return binary->tables;
}

/* The first that there is; NULL: none. */
static const struct fdar_symtable *first_table(struct fdar_binary *binary)
{
	const GPtrArray *tables = tables_of(binary);

	for (guint i = 0; i < tables->len; i++)
		if (tables->pdata[i])
			return tables->pdata[i];
	return NULL;
}

struct fdar_binary *fdar_binary_open(struct fdar_elf_reader *reader, const char *path,
				     const char *build_id, const char *const *dirs)
{
	struct fdar_binary *binary = g_new0(struct fdar_binary, 1);

	binary->reader = reader;
	binary->texts = g_string_chunk_new(1024);
	binary->build_id = g_strdup(build_id_is_hex(build_id) ? build_id : "");
	binary->dirs = dirs;
	open_elf(binary, path);
	if (!binary->is_open && first_table(binary))
		g_clear_pointer(&binary->note, g_free);
	return binary;
}

void fdar_binary_free(struct fdar_binary *binary)
{
	if (!binary)
		return;
	g_clear_pointer(&binary->tables, g_ptr_array_unref);
	g_string_chunk_free(binary->texts);
	g_free(binary->build_id);
	g_free(binary->soname);
	g_free(binary->note);
	g_free(binary);
}

const char *fdar_binary_note(const struct fdar_binary *binary)
{
	return binary->note;
}

const char *fdar_binary_soname(struct fdar_binary *binary)
{
	const struct fdar_symtable *table = binary->is_open ? NULL : first_table(binary);

	if (table)
		return fdar_symtable_soname(table);
	return binary->soname ? binary->soname : "";
}

/* Asks servers for its debug information, once. FALSE: there is none. */
static gboolean fetch_debug(struct fdar_binary *binary)
{
	g_autofree char *found = NULL;
	int fd;

	if (binary->asked)
		return binary->has_debug;
	binary->asked = TRUE;
	fd = fdar_debuginfod_find(binary->build_id);
	if (fd < 0)
		return FALSE;
	binary->has_debug =
		fdar_elf_reader_open(binary->reader, fd, "debug information", &binary->debug, NULL);
	close(fd);
	if (binary->has_debug)
		found = fdar_elf_reader_build_id(binary->reader, &binary->debug);
	binary->has_debug = found && g_ascii_strcasecmp(found, binary->build_id) == 0;
	return binary->has_debug;
}

static const char *keep(struct fdar_binary *binary, const char *name)
{
	return name ? g_string_chunk_insert_const(binary->texts, name) : NULL;
}

static const char *function_in(struct fdar_binary *binary, const struct fdar_elf_handle *file,
			       uint64_t offset)
{
	g_autofree char *name = fdar_elf_reader_function(binary->reader, file, offset);

	return keep(binary, name);
}

const char *fdar_binary_function(struct fdar_binary *binary, uint64_t offset, guint *from)
{
	const char *name = binary->is_open ? function_in(binary, &binary->file, offset) : NULL;
	const GPtrArray *tables = name ? NULL : tables_of(binary);

	if (from)
		*from = 0;
	for (guint i = 0; !name && i < tables->len; i++) {
		const struct fdar_symtable_row *row =
			tables->pdata[i] ? fdar_symtable_find(tables->pdata[i], offset) : NULL;

		if (!row)
			continue;
		name = row->name;
		if (from)
			*from = i;
	}
	if (!name && fetch_debug(binary))
		name = function_in(binary, &binary->debug, offset);
	return name;
}

gboolean fdar_binary_line(struct fdar_binary *binary, uint64_t offset, const char **file, int *line)
{
	g_autofree char *found =
		binary->is_open ? fdar_elf_reader_line(binary->reader, &binary->file, offset, line)
				: NULL;

	if (!found && binary->has_debug)
		found = fdar_elf_reader_line(binary->reader, &binary->debug, offset, line);
	*file = keep(binary, found);
	return *file != NULL;
}

static void take_function(uint64_t offset, uint64_t bytes, const char *name, void *user)
{
	fdar_symtable_add(user, offset, bytes, name);
}

static struct fdar_symtable *functions_of(struct fdar_binary *binary)
{
	struct fdar_symtable *table = fdar_symtable_new();

	fdar_symtable_set_soname(table, fdar_binary_soname(binary));
	fdar_elf_reader_functions(binary->reader,
				  binary->has_debug ? &binary->debug : &binary->file, take_function,
				  table);
	return table;
}

gboolean fdar_binary_save(struct fdar_binary *binary, const char *dir, GError **error)
{
	if (!binary->is_open || !*binary->build_id)
		return TRUE;
	g_autofree char *path = table_path(binary, dir);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	g_autoptr(fdar_symtable) table = functions_of(binary);
	return !fdar_symtable_count(table) || fdar_symtable_save(table, path, error);
}
