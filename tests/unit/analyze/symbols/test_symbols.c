/* Names of addresses: of this very program, of a table, of nothing. */
#include "analyze/symbols/symbols.h"

#include <glib/gstdio.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

#include "pipeline/elf/symtable.h"

#define BIG 0x10000000u

struct self {
	char *path;
	char *build_id;
	uint64_t base;
	char *dir; /* for files of the test */
};

__attribute__((noinline)) static int known_function(int x)
{
	return x * 3;
}

static void read_note(struct self *self, const ElfW(Nhdr) * note, const char *end)
{
	while ((const char *)(note + 1) <= end) {
		const unsigned char *name = (const unsigned char *)(note + 1);
		const unsigned char *bits = name + ((note->n_namesz + 3u) & ~3u);

		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4) {
			GString *text = g_string_new(NULL);

			for (ElfW(Word) i = 0; i < note->n_descsz; i++)
				g_string_append_printf(text, "%02x", bits[i]);
			self->build_id = g_string_free(text, FALSE);
			return;
		}
		note = (const void *)(bits + ((note->n_descsz + 3u) & ~3u));
	}
}

/* The first object that is reported is the program. */
static int find_self(struct dl_phdr_info *info, size_t size, void *data)
{
	struct self *self = data;

	(void)size;
	self->base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + header->p_vaddr);

		if (header->p_type == PT_NOTE && !self->build_id)
			read_note(self, (const void *)at, at + header->p_memsz);
	}
	return 1;
}

static void set_up(struct self *self, gconstpointer data)
{
	(void)data;
	dl_iterate_phdr(find_self, self);
	self->path = g_file_read_link("/proc/self/exe", NULL);
	self->dir = g_dir_make_tmp("test-symbols-XXXXXX", NULL);
	g_assert_nonnull(self->path);
	g_assert_nonnull(self->build_id);
	g_assert_nonnull(self->dir);
}

static void tear_down(struct self *self, gconstpointer data)
{
	(void)data;
	g_autoptr(GDir) dir = g_dir_open(self->dir, 0, NULL);

	for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
		g_autofree char *path = g_build_filename(self->dir, name, NULL);

		g_assert_cmpint(g_unlink(path), ==, 0);
	}
	g_assert_cmpint(g_rmdir(self->dir), ==, 0);
	g_free(self->path);
	g_free(self->build_id);
	g_free(self->dir);
}

static void write_table(const struct self *self, const char *build_id, const char *text)
{
	g_autofree char *name = g_strconcat(build_id, ".txt", NULL);
	g_autofree char *path = g_build_filename(self->dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static const char *name_of(struct fdar_symbols *symbols, uint32_t pid, uint64_t addr)
{
	return fdar_symbols_lookup(symbols, pid, addr)->function;
}

static void test_binary(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(NULL);
	uint64_t address = (uint64_t)(uintptr_t)known_function;

	(void)data;
	g_assert_cmpint(known_function(2), ==, 6);
	fdar_symbols_add_module(symbols, 10, self->base, BIG, self->path, self->build_id);
	const struct fdar_symbol *symbol = fdar_symbols_lookup(symbols, 10, address);
	g_assert_cmpstr(symbol->function, ==, "known_function");
	g_assert_cmpstr(symbol->component, ==, "test_symbols");
	g_assert_cmpstr(symbol->module, ==, self->path);
	g_assert_cmpuint(symbol->offset, ==, address - self->base);
	g_assert_true(symbol->known);
	g_assert_true(fdar_symbols_lookup(symbols, 10, address) == symbol);
	/* A child that says nothing of its modules. */
	g_assert_cmpstr(name_of(symbols, 11, address), ==, "known_function");
	g_assert_null(fdar_symbols_notes(symbols)[0]);

	struct fdar_symbol_source source = fdar_symbols_locate(symbols, 10, address);
	g_assert_true(g_str_has_suffix(source.file, "test_symbols.c"));
	g_assert_cmpint(source.line, >, 20);
	source = fdar_symbols_locate(symbols, 10, 5);
	g_assert_null(source.file);
}

/* No id in the trace: the file is believed. The id's case does not matter. */
static void test_build_id_forms(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(NULL);
	g_autofree char *upper = g_ascii_strup(self->build_id, -1);
	uint64_t offset = (uint64_t)(uintptr_t)known_function - self->base;

	(void)data;
	fdar_symbols_add_module(symbols, 1, 0x1000000, BIG, self->path, "");
	fdar_symbols_add_module(symbols, 2, 0x5000000, BIG, self->path, upper);
	g_assert_cmpstr(name_of(symbols, 1, 0x1000000 + offset), ==, "known_function");
	g_assert_cmpstr(name_of(symbols, 2, 0x5000000 + offset), ==, "known_function");
}

static void test_changed_binary(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);
	uint64_t address = (uint64_t)(uintptr_t)known_function;
	g_autofree char *expected =
		g_strdup_printf("0x%" G_GINT64_MODIFIER "x in test_symbols", address - self->base);

	(void)data;
	fdar_symbols_add_module(symbols, 1, self->base, BIG, self->path, "00ff00ff");
	const struct fdar_symbol *symbol = fdar_symbols_lookup(symbols, 1, address);
	g_assert_cmpstr(symbol->function, ==, expected);
	g_assert_false(symbol->known);
	g_assert_cmpstr(symbol->component, ==, "test_symbols");
	name_of(symbols, 1, address + 1);
	name_of(symbols, 2, address);
	g_assert_nonnull(strstr(fdar_symbols_notes(symbols)[0], "00ff00ff"));
	g_assert_nonnull(strstr(fdar_symbols_notes(symbols)[0], self->build_id));
	g_assert_null(fdar_symbols_notes(symbols)[1]);
	g_assert_null(fdar_symbols_locate(symbols, 1, address).file);

	/* With a table of the right id there is nothing to say. */
	write_table(self, "00ff00fe", "0 fffffff from_table\n");
	fdar_symbols_add_module(symbols, 3, BIG * 4ull, BIG, self->path, "00FF00FE");
	g_assert_cmpstr(name_of(symbols, 3, BIG * 4ull + 7), ==, "from_table");
	g_assert_null(fdar_symbols_notes(symbols)[1]);
}

static void test_save(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) here = fdar_symbols_new(NULL);
	g_autoptr(fdar_symbols) there = fdar_symbols_new(self->dir);
	uint64_t address = (uint64_t)(uintptr_t)known_function;

	(void)data;
	fdar_symbols_add_module(here, 1, self->base, BIG, self->path, self->build_id);
	fdar_symbols_add_module(here, 1, 0x100, 0x100, "/nowhere/lib.so", "12");
	name_of(here, 1, address);
	name_of(here, 1, 0x150);
	g_assert_true(fdar_symbols_save(here, self->dir, NULL));
	g_assert_true(fdar_symbols_save(here, self->dir, NULL));

	fdar_symbols_add_module(there, 1, self->base, BIG, "/gone/lib/libold.so.1", self->build_id);
	const struct fdar_symbol *symbol = fdar_symbols_lookup(there, 1, address);
	g_assert_cmpstr(symbol->function, ==, "known_function");
	g_assert_cmpstr(symbol->component, ==, "libold");
	g_assert_cmpstr(symbol->build_id, ==, self->build_id);
	g_assert_cmpstr(symbol->soname, ==, "");
	g_assert_false(symbol->program);
	g_assert_true(fdar_symbols_lookup(here, 1, address)->program);
	g_autoptr(GError) error = NULL;
	g_assert_false(fdar_symbols_save(here, "/proc/nothing", &error));
	g_assert_nonnull(error);
}

static void test_hostile(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);
	g_autofree char *pipe = g_build_filename(self->dir, "pipe", NULL);

	(void)data;
	g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
	write_table(self, "aa",
		    "\n\n40 10 b\nzz 1 c\n10 x d\n10\n10 8\n10 8 \n 20 8 e\n-1 8 f\n"
		    "10 8 a one\n20 0 sizeless\nffffffffffffffffff 4 huge\n30 8");
	write_table(self, "ab", "no function at all\n");
	fdar_symbols_add_module(symbols, 1, 0x100, 0x100, "/nowhere/liba.so.2", "aa");
	fdar_symbols_add_module(symbols, 1, 0x200, 0x100, "/nowhere/libb.so.2", "ab");
	fdar_symbols_add_module(symbols, 1, 0x300, 0x100, pipe, "ac");
	fdar_symbols_add_module(symbols, 1, 0x400, 0x100, "/dev/zero", "../../etc/passwd");
	fdar_symbols_add_module(symbols, 1, 0x500, 0x100, "[vdso]", "");
	fdar_symbols_add_module(symbols, 1, 0x600, 0x100, "", "");
	fdar_symbols_add_module(symbols, 1, 0x700, 0x100, "/etc/hostname", "");
	fdar_symbols_add_module(symbols, 1, UINT64_MAX - 5, 0x100, "/wraps", "");
	fdar_symbols_add_module(symbols, 1, 0x800, 0, "/empty", "");
	g_assert_cmpstr(name_of(symbols, 1, 0x110), ==, "a one");
	g_assert_cmpstr(name_of(symbols, 1, 0x117), ==, "a one");
	g_assert_cmpstr(name_of(symbols, 1, 0x118), ==, "0x18 in liba.so.2");
	g_assert_cmpstr(name_of(symbols, 1, 0x13f), ==, "sizeless");
	g_assert_cmpstr(name_of(symbols, 1, 0x14f), ==, "b");
	g_assert_cmpstr(name_of(symbols, 1, 0x150), ==, "0x50 in liba.so.2");
	g_assert_cmpstr(name_of(symbols, 1, 0x210), ==, "0x10 in libb.so.2");
	g_assert_cmpstr(name_of(symbols, 1, 0x310), ==, "0x10 in pipe");
	g_assert_cmpstr(name_of(symbols, 1, 0x410), ==, "0x10 in zero");
	g_assert_cmpstr(name_of(symbols, 1, 0x510), ==, "0x10 in [vdso]");
	g_assert_cmpstr(name_of(symbols, 1, 0x710), ==, "0x10 in hostname");
	g_assert_cmpstr(name_of(symbols, 1, 0x810), ==, "0x810");
	g_assert_cmpstr(name_of(symbols, 1, UINT64_MAX - 2), ==, "0xfffffffffffffffd");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x810)->component, ==, "unknown");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x810)->module, ==, "");
}

/* Modules come late, go, and lie over each other. */
static void test_modules(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);

	(void)data;
	write_table(self, "aa", "0 fff a\n");
	write_table(self, "bb", "0 fff b\n");
	g_assert_cmpstr(name_of(symbols, 1, 0x1010), ==, "0x1010");
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x1000, "/x/a", "aa");
	g_assert_cmpstr(name_of(symbols, 1, 0x1010), ==, "a");
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x1000, "/x/a", "aa");
	/* b is put over the end of a, then a over all of it. */
	fdar_symbols_add_module(symbols, 1, 0x1800, 0x1000, "/x/b", "bb");
	g_assert_cmpstr(name_of(symbols, 1, 0x1700), ==, "a");
	g_assert_cmpstr(name_of(symbols, 1, 0x1900), ==, "b");
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x1000, "/x/b", "bb");
	g_assert_cmpstr(name_of(symbols, 1, 0x1701), ==, "b");
	g_assert_cmpstr(name_of(symbols, 1, 0x2100), ==, "0x2100");
	/* Processes differ. */
	fdar_symbols_add_module(symbols, 2, 0x1000, 0x1000, "/x/a", "aa");
	g_assert_cmpstr(name_of(symbols, 2, 0x1701), ==, "a");
	g_assert_cmpstr(name_of(symbols, 3, 0x1701), ==, "b");
}

static void test_demangle(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);

	(void)data;
	write_table(self, "cc", "0 10 _ZN6Server6handleEi\n10 10 _Znot\n20 10 plain\n");
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x1000, "/x/c", "cc");
	g_assert_cmpstr(name_of(symbols, 1, 0x1000), ==, "Server::handle(int)");
	g_assert_cmpstr(name_of(symbols, 1, 0x1010), ==, "_Znot");
	g_assert_cmpstr(name_of(symbols, 1, 0x1020), ==, "plain");
}

/* A compiler's clone has the name that the function has in the source. */
static void test_clones(struct self *self, gconstpointer data)
{
	static const struct {
		const char *symbol;
		const char *function;
		gboolean clone, part;
	} cases[] = {
		{ "parse", "parse", FALSE, FALSE },
		{ "parse.constprop.0", "parse", TRUE, FALSE },
		{ "parse.isra.0", "parse", TRUE, FALSE },
		{ "parse.part.1", "parse", TRUE, TRUE },
		{ "parse.constprop.0.isra.0.cold", "parse", TRUE, FALSE },
		{ "parse.part.0.isra.2", "parse", TRUE, TRUE },
		{ "parse.cold", "parse", TRUE, FALSE },
		{ "parse.cold.3", "parse", TRUE, FALSE },
		{ "state.lto_priv.17", "state", TRUE, FALSE },
		{ "state.lto_priv.0.lto_priv.1", "state", TRUE, FALSE },
		{ "parse.localalias", "parse", TRUE, FALSE },
		{ "parse.localalias.5", "parse", TRUE, FALSE },
		{ "parse.llvm.12345678901234567890", "parse", TRUE, FALSE },
		{ "parse.__uniq.99.llvm.1", "parse", TRUE, FALSE },
		{ "inner.0", "inner.0", FALSE, FALSE },
		{ "inner.0.constprop.0", "inner.0", TRUE, FALSE },
		{ "_ZL5parsePKcii.constprop.0", "parse(char const*, int, int)", TRUE, FALSE },
		{ "_ZN6Server6handleEi.part.0", "Server::handle(int)", TRUE, TRUE },
		{ "a.b", "a.b", FALSE, FALSE },
		{ "a.colder", "a.colder", FALSE, FALSE },
		{ "a.cold.b", "a.cold.b", FALSE, FALSE },
		{ "a.isra.", "a.isra.", FALSE, FALSE },
		{ ".cold", ".cold", FALSE, FALSE },
		{ "cold.0", "cold.0", FALSE, FALSE },
		{ "part", "part", FALSE, FALSE },
	};
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);
	g_autoptr(GString) table = g_string_new(NULL);

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_string_append_printf(table, "%zx 10 %s\n", 0x10 * i, cases[i].symbol);
	write_table(self, "cc", table->str);
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x1000, "/x/c", "cc");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct fdar_symbol *symbol =
			fdar_symbols_lookup(symbols, 1, 0x1000 + 0x10 * i);

		g_assert_cmpstr(symbol->function, ==, cases[i].function);
		g_assert_cmpint(symbol->clone, ==, cases[i].clone);
		g_assert_cmpint(symbol->part, ==, cases[i].part);
	}
}

/* What flowdar put into the server is none of the server's. */
static void test_own(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);

	(void)data;
	write_table(self, "cc",
		    "0 10 flowdar_begin_address_\n10 10 ngx_http_flowdar_request\n"
		    "20 10 my_flowdarling\n");
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x1000, "/x/nginx", "cc");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x1000)->component, ==, FDAR_COMPONENT_OWN);
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x1010)->component, ==, FDAR_COMPONENT_OWN);
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x1020)->component, ==, "nginx");
	/* A server that is called so is a server. */
	fdar_symbols_add_module(symbols, 1, 0x2000, 0x1000, "/x/flowdar", "cc");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x2020)->component, ==, "flowdar");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x2020)->component, !=, FDAR_COMPONENT_OWN);
	/* And is no program beside it with the same build id. */
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x1000)->build_id, ==, "");
	g_assert_false(fdar_symbols_lookup(symbols, 1, 0x1000)->program);
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x1020)->build_id, ==, "cc");
}

/* What nm prints helps where there is no table, and where there is no module at all. */
static void test_listing(struct self *self, gconstpointer data)
{
	static const char listing[] = "                 U puts\n"
				      "0000000008048450 T main\n"
				      "0000000008048470 0000000000000010 t helper\n"
				      "0000000000001139 T offset_main\n"
				      "0000000000004010 B table\n";
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(NULL);
	g_autofree char *path = g_build_filename(self->dir, "nm", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(g_file_set_contents(path, "nothing\n0 B x\n", -1, NULL));
	g_assert_false(fdar_symbols_use_listing(symbols, path, &error));
	g_assert_nonnull(strstr(error->message, "as nm prints them"));
	g_assert_true(g_file_set_contents(path, listing, -1, NULL));
	g_assert_true(fdar_symbols_use_listing(symbols, path, NULL));
	g_assert_cmpstr(name_of(symbols, 1, 0x8048451), ==, "main");
	g_assert_true(fdar_symbols_lookup(symbols, 1, 0x8048451)->known);
	g_assert_cmpstr(name_of(symbols, 1, 0x8048478), ==, "helper");
	g_assert_cmpstr(name_of(symbols, 1, 0x8048490), ==, "0x8048490");
	fdar_symbols_add_module(symbols, 2, 0x550000, 0x8000, "/nowhere/stripped", "");
	g_assert_cmpstr(name_of(symbols, 2, 0x550000 + 0x113a), ==, "offset_main");
	fdar_symbols_add_module(symbols, 3, 0x660000, 0x8000, "/nowhere/lib.so", "");
	g_assert_cmpstr(name_of(symbols, 3, 0x660000 + 0x113a), ==, "0x113a in lib.so");
}

static void test_components(void)
{
	static const struct {
		const char *path;
		const char *component;
	} cases[] = {
		{ "/usr/lib/x86_64-linux-gnu/libapr-1.so.0.7.2", "libapr-1" },
		{ "/usr/sbin/httpd", "httpd" },
		{ "mod_rewrite.so", "mod_rewrite" },
		{ "/lib/ld-linux-x86-64.so.2", "ld-linux-x86-64" },
		{ "/opt/tool.sort", "tool.sort" },
		{ "/usr/bin/python3.11", "python3.11" },
		{ "/opt/server (deleted)", "server" },
		{ "/opt/lib.so.1 (deleted)", "lib" },
		{ "/opt/.so", ".so" },
		{ "/opt/", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *component = fdar_component_name(cases[i].path);

		g_assert_cmpstr(component, ==, cases[i].component);
	}
}

static void test_table_files(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symtable) table = fdar_symtable_new();
	g_autofree char *path = g_build_filename(self->dir, "table.txt", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(fdar_symtable_find(table, 0));
	fdar_symtable_add(table, 0x20, 4, "b");
	fdar_symtable_add(table, 0x10, 0, "sizeless");
	fdar_symtable_add(table, 0x10, 8, "z");
	fdar_symtable_add(table, 0x10, 8, "a");
	g_assert_cmpstr(fdar_symtable_find(table, 0x10)->name, ==, "a");
	g_assert_null(fdar_symtable_find(table, 0x18));
	g_assert_null(fdar_symtable_find(table, 0xf));
	g_assert_cmpstr(fdar_symtable_soname(table), ==, "");
	fdar_symtable_set_soname(table, "libtable.so.2");
	fdar_symtable_set_soname(table, "two\nlines");
	g_assert_true(fdar_symtable_save(table, path, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==,
			"# soname libtable.so.2\n10 0 sizeless\n10 8 z\n10 8 a\n20 4 b\n");
	g_autoptr(fdar_symtable) loaded = fdar_symtable_load(path, NULL);
	g_assert_cmpuint(fdar_symtable_count(loaded), ==, 4);
	g_assert_cmpstr(fdar_symtable_soname(loaded), ==, "libtable.so.2");
	g_assert_cmpstr(fdar_symtable_find(loaded, 0x23)->name, ==, "b");
	g_assert_null(fdar_symtable_load(self->dir, &error));
	g_assert_nonnull(error);
}

/* An equal build id is the same code: what one recording's table names is named in the other. */
static void test_borrow(struct self *self, gconstpointer data)
{
	const char *const dirs[] = { "/no/such/folder", self->dir, NULL };
	g_autoptr(fdar_symbols) alone = fdar_symbols_new(NULL);
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new("/no/recording/symbols");
	uint64_t address = (uint64_t)(uintptr_t)known_function;

	(void)data;
	write_table(self, "00aa", "10 8 borrowed\n");
	write_table(self, self->build_id, "10 8 of_another\n");
	fdar_symbols_add_module(alone, 1, 0x1000, 0x100, "/stripped", "00aa");
	g_assert_false(fdar_symbols_lookup(alone, 1, 0x1010)->known);
	g_assert_false(fdar_symbols_borrowed(alone));

	fdar_symbols_borrow(symbols, dirs);
	fdar_symbols_add_module(symbols, 1, self->base, BIG, self->path, self->build_id);
	fdar_symbols_add_module(symbols, 2, 0x1000, 0x100, "/stripped", "00aa");
	fdar_symbols_add_module(symbols, 3, 0x1000, 0x100, "/stripped", "00ab");
	/* What the file itself names is not borrowed. */
	g_assert_cmpstr(name_of(symbols, 1, address), ==, "known_function");
	g_assert_false(fdar_symbols_borrowed(symbols));
	g_assert_cmpstr(name_of(symbols, 2, 0x1010), ==, "borrowed");
	g_assert_true(fdar_symbols_borrowed(symbols));
	g_assert_cmpstr(name_of(symbols, 3, 0x1010), ==, "0x10 in stripped");
}

/* The recording's own table has what its binary, stripped since, does not. */
static void test_own_table(struct self *self, gconstpointer data)
{
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(self->dir);

	(void)data;
	write_table(self, self->build_id, "8000000 8 cut_off\n");
	fdar_symbols_add_module(symbols, 1, self->base, BIG, self->path, self->build_id);
	g_assert_cmpstr(name_of(symbols, 1, self->base + 0x8000001), ==, "cut_off");
	g_assert_false(fdar_symbols_borrowed(symbols));
}

static void test_rename(struct self *self, gconstpointer data)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(NULL);

	(void)self;
	(void)data;
	g_hash_table_insert(names, (gpointer) "nginx-old", (gpointer) "nginx");
	fdar_symbols_rename(symbols, names);
	fdar_symbols_add_module(symbols, 1, 0x1000, 0x100, "/srv/nginx-old", "");
	fdar_symbols_add_module(symbols, 1, 0x2000, 0x100, "/srv/libz.so.1", "");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x1010)->component, ==, "nginx");
	g_assert_cmpstr(fdar_symbols_lookup(symbols, 1, 0x2010)->component, ==, "libz");
	g_assert_cmpstr(fdar_symbols_program(symbols), ==, "nginx");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct self *self, gconstpointer data);
	} cases[] = {
		{ "/symbols/binary", test_binary },
		{ "/symbols/build-id-forms", test_build_id_forms },
		{ "/symbols/changed-binary", test_changed_binary },
		{ "/symbols/save", test_save },
		{ "/symbols/hostile", test_hostile },
		{ "/symbols/modules", test_modules },
		{ "/symbols/demangle", test_demangle },
		{ "/symbols/clones", test_clones },
		{ "/symbols/own", test_own },
		{ "/symbols/listing", test_listing },
		{ "/symbols/table-files", test_table_files },
		{ "/symbols/borrow", test_borrow },
		{ "/symbols/own-table", test_own_table },
		{ "/symbols/rename", test_rename },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].name, struct self, NULL, set_up, cases[i].run, tear_down);
	g_test_add_func("/symbols/components", test_components);
	return g_test_run();
}
