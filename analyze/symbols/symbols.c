#include "analyze/symbols/symbols.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/symbols/rust_names.h"
#include "pipeline/elf/binary.h"
#include "pipeline/elf/symtable.h"
#include "base/intern.h"
#include "instrument/wire/clones.h"
#include "pipeline/events/event.h"

/* Longer mangled names are left as they are: the demangler's stack grows with them. */
#define MANGLED_MAX 1024u

/* libstdc++'s, of the Itanium C++ ABI; the caller frees the result. */
extern char *__cxa_demangle(const char *mangled, char *output, size_t *length, int *status);

struct module {
	uint64_t base;
	uint64_t bytes;
	uint32_t file; /* index of files */
};

/* What the modules of all processes share. */
struct file {
	char *path;
	char *build_id;
	char *component;
	struct fdar_binary *binary; /* NULL until something is looked up in it */
};

struct cached {
	struct fdar_symbol *symbol;
	guint modules; /* how many were known: one without a name is looked for again after more */
};

struct fdar_symbols {
	struct fdar_elf_reader *reader;
	GPtrArray *dirs;          /* of tables, char *: our own, others; ends with NULL */
	GHashTable *renamed;      /* component -> its name; NULL: none */
	gboolean borrowed;        /* one of the others had a name */
	GPtrArray *files;         /* of struct file */
	GHashTable *file_ids;     /* "build id path" -> index + 1 */
	struct fdar_intern pids;  /* pid -> index of processes */
	GPtrArray *processes;     /* of GArray of struct module, by base */
	guint modules;            /* added so far */
	struct fdar_intern asked; /* (pid, addr) -> index of cache */
	GArray *cache;            /* of struct cached */
	GPtrArray *symbols;       /* owns them */
	GStringChunk *texts;
	struct fdar_symtable *listing; /* NULL: none */
	GPtrArray *notes;              /* of char *, always ends with NULL */
};

static void file_free(gpointer data)
{
	struct file *file = data;

	fdar_binary_free(file->binary);
	g_free(file->path);
	g_free(file->build_id);
	g_free(file->component);
	g_free(file);
}

struct fdar_symbols *fdar_symbols_new(const char *symbols_dir)
{
	struct fdar_symbols *symbols = g_new0(struct fdar_symbols, 1);

	symbols->reader = fdar_elf_reader_new();
	symbols->dirs = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(symbols->dirs, g_strdup(symbols_dir ? symbols_dir : ""));
	g_ptr_array_add(symbols->dirs, NULL);
	symbols->files = g_ptr_array_new_with_free_func(file_free);
	symbols->file_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	symbols->processes = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	symbols->cache = g_array_new(FALSE, FALSE, sizeof(struct cached));
	symbols->symbols = g_ptr_array_new_with_free_func(g_free);
	symbols->texts = g_string_chunk_new(4096);
	symbols->notes = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(symbols->notes, NULL);
	return symbols;
}

void fdar_symbols_around_forks(struct fdar_symbols *symbols, void (*before)(void *user),
			       void (*after)(void *user), void *user)
{
	fdar_elf_reader_around_forks(symbols->reader, before, after, user);
}

void fdar_symbols_free(struct fdar_symbols *symbols)
{
	if (!symbols)
		return;
	g_ptr_array_unref(symbols->dirs);
	g_ptr_array_unref(symbols->files);
	fdar_elf_reader_free(symbols->reader);
	g_hash_table_unref(symbols->file_ids);
	fdar_intern_clear(&symbols->pids);
	g_ptr_array_unref(symbols->processes);
	fdar_intern_clear(&symbols->asked);
	g_array_unref(symbols->cache);
	g_ptr_array_unref(symbols->symbols);
	g_string_chunk_free(symbols->texts);
	fdar_symtable_free(symbols->listing);
	g_ptr_array_unref(symbols->notes);
	g_free(symbols);
}

void fdar_symbols_borrow(struct fdar_symbols *symbols, const char *const *dirs)
{
	for (; *dirs; dirs++)
		g_ptr_array_insert(symbols->dirs, (gint)symbols->dirs->len - 1, g_strdup(*dirs));
}

gboolean fdar_symbols_borrowed(const struct fdar_symbols *symbols)
{
	return symbols->borrowed;
}

void fdar_symbols_rename(struct fdar_symbols *symbols, GHashTable *names)
{
	symbols->renamed = names;
}

char *fdar_component_name(const char *path)
{
	static const char deleted[] = " (deleted)";
	const char *base = strrchr(path, '/');
	size_t length;

	base = base ? base + 1 : path;
	length = strlen(base);
	if (g_str_has_suffix(base, deleted))
		length -= strlen(deleted);
	for (const char *so = strstr(base, ".so"); so; so = strstr(so + 1, ".so")) {
		size_t before = (size_t)(so - base);

		if (before > 0 && (before + 3 == length || so[3] == '.')) {
			length = MIN(length, before);
			break;
		}
	}
	return g_strndup(base, length);
}

static char *component_of(const struct fdar_symbols *symbols, const char *path)
{
	g_autofree char *own = fdar_component_name(path);
	const char *other = symbols->renamed ? g_hash_table_lookup(symbols->renamed, own) : NULL;

	return other ? g_strdup(other) : g_steal_pointer(&own);
}

static uint32_t file_of(struct fdar_symbols *symbols, const char *path, const char *build_id)
{
	g_autofree char *id = g_strdup_printf("%s %s", build_id, path);
	guint index = GPOINTER_TO_UINT(g_hash_table_lookup(symbols->file_ids, id));

	if (!index) {
		struct file *file = g_new0(struct file, 1);

		file->path = g_strdup(path);
		file->build_id = g_ascii_strdown(build_id, -1);
		file->component = component_of(symbols, path);
		g_ptr_array_add(symbols->files, file);
		index = symbols->files->len;
		g_hash_table_insert(symbols->file_ids, g_steal_pointer(&id),
				    GUINT_TO_POINTER(index));
	}
	return index - 1;
}

static GArray *process_of(struct fdar_symbols *symbols, uint32_t pid)
{
	uint32_t index = fdar_intern_add(&symbols->pids, pid, 0);

	if (index == symbols->processes->len)
		g_ptr_array_add(symbols->processes,
				g_array_new(FALSE, FALSE, sizeof(struct module)));
	return g_ptr_array_index(symbols->processes, index);
}

/* Index of the first module that begins after addr. */
static guint first_after(const GArray *modules, uint64_t addr)
{
	guint low = 0;
	guint high = modules->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(modules, struct module, middle).base <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void fdar_symbols_add_module(struct fdar_symbols *symbols, uint32_t pid, uint64_t base,
			     uint64_t bytes, const char *path, const char *build_id)
{
	if (!bytes || base + bytes < base)
		return;
	GArray *modules = process_of(symbols, pid);
	struct module module = { base, bytes, file_of(symbols, path, build_id) };
	guint at = first_after(modules, base);

	/* Modules do not overlap: what the new one covers was unmapped before it came. */
	if (at) {
		struct module *before = &g_array_index(modules, struct module, at - 1);

		if (before->base == base && before->bytes == bytes && before->file == module.file)
			return;
		if (before->base == base)
			g_array_remove_index(modules, --at);
		else if (base - before->base < before->bytes)
			before->bytes = base - before->base;
	}
	while (at < modules->len && g_array_index(modules, struct module, at).base - base < bytes)
		g_array_remove_index(modules, at);
	g_array_insert_val(modules, at, module);
	symbols->modules++;
}

void fdar_symbols_add_modules(struct fdar_symbols *symbols, const struct fdar_event *events,
			      size_t count, const char *(*text)(const void *user, uint32_t id),
			      const void *user)
{
	for (size_t i = 0; i < count; i++) {
		const struct fdar_event *event = &events[i];

		if (event->kind == FDAR_EVENT_MODULE)
			fdar_symbols_add_module(symbols, event->pid, event->module.base,
						event->module.size_bytes,
						text(user, event->module.path),
						event->module.build_id ? event->module.build_id
								       : "");
	}
}

static const struct module *find_in(const GArray *modules, uint64_t addr)
{
	guint after = first_after(modules, addr);

	if (!after)
		return NULL;
	const struct module *module = &g_array_index(modules, struct module, after - 1);
	return addr - module->base < module->bytes ? module : NULL;
}

/* In the process itself, else in any other: children of a fork inherit the map. */
static const struct module *find_module(const struct fdar_symbols *symbols, uint32_t pid,
					uint64_t addr)
{
	uint32_t index = fdar_intern_find(&symbols->pids, pid, 0);
	const struct module *module = NULL;

	if (index != FDAR_INTERN_NONE)
		module = find_in(g_ptr_array_index(symbols->processes, index), addr);
	for (guint i = 0; !module && i < symbols->processes->len; i++)
		module = find_in(g_ptr_array_index(symbols->processes, i), addr);
	return module;
}

static struct fdar_binary *binary_of(struct fdar_symbols *symbols, struct file *file)
{
	if (file->binary)
		return file->binary;
	file->binary = fdar_binary_open(symbols->reader, file->path, file->build_id,
					(const char *const *)symbols->dirs->pdata);

	const char *note = fdar_binary_note(file->binary);
	if (note)
		g_ptr_array_insert(symbols->notes, (gint)symbols->notes->len - 1, g_strdup(note));
	return file->binary;
}

static gboolean is_program(const struct file *file)
{
	return file->path[0] == '/' && *file->component && !strstr(file->path, ".so");
}

char *fdar_symbol_source_name(const char *name)
{
	g_autofree char *base = g_strndup(name, fdar_clone_base(name));
	char *plain = NULL, *rust = fdar_rust_name(name);
	int status = -1;

	if (rust)
		return rust;
	if (g_str_has_prefix(base, "_Z") && strlen(base) <= MANGLED_MAX)
		plain = __cxa_demangle(base, NULL, NULL, &status);
	char *shown = status == 0 && plain ? g_strdup(plain) : g_steal_pointer(&base);
	free(plain);
	return shown;
}

static const char *source_name(struct fdar_symbols *symbols, const char *name)
{
	g_autofree char *shown = fdar_symbol_source_name(name);

	return g_string_chunk_insert_const(symbols->texts, shown);
}

gboolean fdar_symbols_use_listing(struct fdar_symbols *symbols, const char *path, GError **error)
{
	symbols->listing = fdar_symtable_load_listing(path, error);
	return symbols->listing != NULL;
}

static const char *listed(struct fdar_symbols *symbols, uint64_t addr)
{
	const struct fdar_symtable_row *row =
		symbols->listing ? fdar_symtable_find(symbols->listing, addr) : NULL;

	return row ? row->name : NULL;
}

static gboolean is_own(const char *function)
{
	return g_str_has_prefix(function, "flowdar_") || strstr(function, "_flowdar_");
}

static struct fdar_symbol *name_in(struct fdar_symbols *symbols, const struct module *module,
				   uint64_t addr)
{
	struct file *file = g_ptr_array_index(symbols->files, module->file);
	struct fdar_symbol *symbol = g_new0(struct fdar_symbol, 1);
	const char *name;
	guint from = 0;

	symbol->component = file->component;
	symbol->module = file->path;
	symbol->offset = addr - module->base;
	symbol->build_id = file->build_id;
	symbol->program = is_program(file);
	name = fdar_binary_function(binary_of(symbols, file), symbol->offset, &from);
	symbols->borrowed |= from > 0;
	if (!name && symbol->program)
		name = listed(symbols, symbol->offset);
	if (!name && symbol->program)
		name = listed(symbols, addr);
	symbol->soname = fdar_binary_soname(file->binary);
	symbol->known = name != NULL;
	if (name) {
		symbol->function = source_name(symbols, name);
		symbol->clone = name[fdar_clone_base(name)] != '\0';
		symbol->part = fdar_clone_is_part(name);
		if (is_own(symbol->function)) {
			symbol->component = FDAR_COMPONENT_OWN;
			symbol->build_id = "";
			symbol->program = FALSE;
		}
	} else {
		g_autofree char *base = g_path_get_basename(file->path);
		g_autofree char *number =
			g_strdup_printf("0x%" G_GINT64_MODIFIER "x in %s", symbol->offset, base);

		symbol->function = g_string_chunk_insert_const(symbols->texts, number);
	}
	return symbol;
}

static struct fdar_symbol *name_number(struct fdar_symbols *symbols, uint64_t addr)
{
	struct fdar_symbol *symbol = g_new0(struct fdar_symbol, 1);
	const char *name;
	char number[24];

	/* With a number above them; what has the highest bit is no address of a program. */
	if (!(addr >> 63))
		addr &= (UINT64_C(1) << FDAR_EVENT_ADDR_BITS) - 1;
	g_snprintf(number, sizeof number, "0x%" G_GINT64_MODIFIER "x", addr);
	name = listed(symbols, addr);
	symbol->known = name != NULL;
	symbol->function = name ? source_name(symbols, name)
				: g_string_chunk_insert_const(symbols->texts, number);
	symbol->component = name ? FDAR_COMPONENT_PROGRAM : "unknown";
	symbol->program = symbol->known;
	symbol->module = "";
	symbol->build_id = "";
	symbol->soname = "";
	symbol->offset = addr;
	return symbol;
}

const struct fdar_symbol *fdar_symbols_lookup(struct fdar_symbols *symbols, uint32_t pid,
					      uint64_t addr)
{
	uint32_t id = fdar_intern_add(&symbols->asked, pid, addr);

	if (id == symbols->cache->len) {
		struct cached none = { 0 };

		g_array_append_val(symbols->cache, none);
	}
	struct cached *cached = &g_array_index(symbols->cache, struct cached, id);
	if (!cached->symbol || (!cached->symbol->known && cached->modules != symbols->modules)) {
		const struct module *module = find_module(symbols, pid, addr);

		cached->symbol =
			module ? name_in(symbols, module, addr) : name_number(symbols, addr);
		cached->modules = symbols->modules;
		g_ptr_array_add(symbols->symbols, cached->symbol);
	}
	return cached->symbol;
}

struct fdar_symbol_source fdar_symbols_locate(struct fdar_symbols *symbols, uint32_t pid,
					      uint64_t addr)
{
	const struct module *module = find_module(symbols, pid, addr);
	struct fdar_symbol_source source = { NULL, 0 };

	if (module) {
		struct file *file = g_ptr_array_index(symbols->files, module->file);

		fdar_binary_line(binary_of(symbols, file), addr - module->base, &source.file,
				 &source.line);
	}
	return source;
}

const char *fdar_symbols_program(const struct fdar_symbols *symbols)
{
	for (guint i = 0; i < symbols->files->len; i++) {
		const struct file *file = g_ptr_array_index(symbols->files, i);

		if (is_program(file))
			return file->component;
	}
	return FDAR_COMPONENT_PROGRAM;
}

const char *const *fdar_symbols_notes(const struct fdar_symbols *symbols)
{
	return (const char *const *)symbols->notes->pdata;
}

gboolean fdar_symbols_save(struct fdar_symbols *symbols, const char *dir, GError **error)
{
	if (g_mkdir_with_parents(dir, 0700) != 0) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s", dir,
			    g_strerror(errno));
		return FALSE;
	}
	for (guint i = 0; i < symbols->files->len; i++) {
		struct file *file = g_ptr_array_index(symbols->files, i);

		if (file->binary && !fdar_binary_save(file->binary, dir, error))
			return FALSE;
	}
	return TRUE;
}
