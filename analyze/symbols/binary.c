#include "analyze/symbols/binary.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/symbols/symtable.h"

#define BUILD_ID_DIGITS_MAX 128u

struct fdar_binary {
	char *build_id; /* "" when the trace has none */
	char *note;
	Dwfl *dwfl;          /* NULL: no usable file */
	Dwfl_Module *module; /* of dwfl */
	Dwarf_Addr start;
	char *soname;                /* NULL: none */
	struct fdar_symtable *table; /* NULL: none */
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
	struct stat status;
	int fd;

	if (path[0] != '/')
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static char *file_build_id(Dwfl_Module *module)
{
	const unsigned char *bits = NULL;
	GElf_Addr address;
	int length = dwfl_module_build_id(module, &bits, &address);
	GString *text = g_string_new(NULL);

	for (int i = 0; i < length; i++)
		g_string_append_printf(text, "%02x", bits[i]);
	return g_string_free(text, FALSE);
}

static void drop_file(struct fdar_binary *binary)
{
	if (binary->dwfl)
		dwfl_end(binary->dwfl);
	binary->dwfl = NULL;
	binary->module = NULL;
}

static char *elf_soname(Elf *elf)
{
	Elf_Scn *section = NULL;

	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;
		GElf_Dyn entry;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
			if (entry.d_tag == DT_SONAME)
				return g_strdup(elf_strptr(elf, header.sh_link, entry.d_un.d_val));
	}
	return NULL;
}

static void open_elf(struct fdar_binary *binary, const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	int fd = open_file(path);

	if (fd < 0)
		return;
	binary->dwfl = dwfl_begin(&callbacks);
	if (binary->dwfl) {
		binary->module = dwfl_report_offline(binary->dwfl, "", path, fd);
		dwfl_report_end(binary->dwfl, NULL, NULL);
	}
	if (!binary->module) { /* then the descriptor is still ours */
		close(fd);
		drop_file(binary);
		return;
	}
	dwfl_module_info(binary->module, NULL, &binary->start, NULL, NULL, NULL, NULL, NULL);

	g_autofree char *found = file_build_id(binary->module);
	if (*binary->build_id && g_ascii_strcasecmp(found, binary->build_id) != 0) {
		binary->note = g_strdup_printf(
			"%s is not the file that was traced (build id %s, the trace has %s): "
			"its names are not used",
			path, *found ? found : "none", binary->build_id);
		drop_file(binary);
		return;
	}
	GElf_Addr bias;
	binary->soname = elf_soname(dwfl_module_getelf(binary->module, &bias));
}

static char *table_path(const struct fdar_binary *binary, const char *tables_dir)
{
	g_autofree char *id = g_ascii_strdown(binary->build_id, -1);
	g_autofree char *name = g_strconcat(id, ".txt", NULL);

	return g_build_filename(tables_dir, name, NULL);
}

struct fdar_binary *fdar_binary_open(const char *path, const char *build_id, const char *tables_dir)
{
	struct fdar_binary *binary = g_new0(struct fdar_binary, 1);

	binary->build_id = g_strdup(build_id_is_hex(build_id) ? build_id : "");
	open_elf(binary, path);
	if (!binary->dwfl && *binary->build_id && tables_dir) {
		g_autofree char *table = table_path(binary, tables_dir);

		binary->table = fdar_symtable_load(table, NULL);
		if (binary->table)
			g_clear_pointer(&binary->note, g_free);
	}
	return binary;
}

void fdar_binary_free(struct fdar_binary *binary)
{
	if (!binary)
		return;
	drop_file(binary);
	fdar_symtable_free(binary->table);
	g_free(binary->build_id);
	g_free(binary->soname);
	g_free(binary->note);
	g_free(binary);
}

const char *fdar_binary_note(const struct fdar_binary *binary)
{
	return binary->note;
}

const char *fdar_binary_soname(const struct fdar_binary *binary)
{
	if (binary->table)
		return fdar_symtable_soname(binary->table);
	return binary->soname ? binary->soname : "";
}

const char *fdar_binary_function(struct fdar_binary *binary, uint64_t offset)
{
	if (binary->module) {
		GElf_Sym symbol;
		GElf_Off distance;

		return dwfl_module_addrinfo(binary->module, binary->start + offset, &distance,
					    &symbol, NULL, NULL, NULL);
	}
	if (binary->table) {
		const struct fdar_symtable_row *row = fdar_symtable_find(binary->table, offset);

		return row ? row->name : NULL;
	}
	return NULL;
}

gboolean fdar_binary_line(struct fdar_binary *binary, uint64_t offset, const char **file, int *line)
{
	Dwfl_Line *found =
		binary->module ? dwfl_module_getsrc(binary->module, binary->start + offset) : NULL;

	*file = found ? dwfl_lineinfo(found, NULL, line, NULL, NULL, NULL) : NULL;
	return *file != NULL;
}

static struct fdar_symtable *functions_of(const struct fdar_binary *binary)
{
	struct fdar_symtable *table = fdar_symtable_new();
	int count = dwfl_module_getsymtab(binary->module);

	fdar_symtable_set_soname(table, fdar_binary_soname(binary));
	for (int i = 1; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		GElf_Word section;
		const char *name = dwfl_module_getsym_info(binary->module, i, &symbol, &address,
							   &section, NULL, NULL);
		int type = GELF_ST_TYPE(symbol.st_info);

		if (name && *name && section != SHN_UNDEF && address >= binary->start &&
		    (type == STT_FUNC || type == STT_GNU_IFUNC))
			fdar_symtable_add(table, address - binary->start, symbol.st_size, name);
	}
	return table;
}

gboolean fdar_binary_save(struct fdar_binary *binary, const char *tables_dir, GError **error)
{
	if (!binary->module || !*binary->build_id)
		return TRUE;
	g_autofree char *path = table_path(binary, tables_dir);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	g_autoptr(fdar_symtable) table = functions_of(binary);
	return !fdar_symtable_count(table) || fdar_symtable_save(table, path, error);
}
