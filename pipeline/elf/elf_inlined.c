#include "pipeline/elf/elf_inlined.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#define SYSTEM "/usr/"

/* What was met: keys of functions, each once. */
struct met {
	GHashTable *own, *elsewhere;
};

/* Name and place: the same in each file that a header was included in. NULL: not of the source. */
static char *key_of(Dwarf_Die *function)
{
	const char *name = dwarf_diename(function), *file = dwarf_decl_file(function);
	int line = 0;

	if (!name || !file || g_str_has_prefix(file, SYSTEM) || dwarf_decl_line(function, &line))
		return NULL;
	return g_strdup_printf("%s\1%s\1%d", name, file, line);
}

static int on_function(Dwarf_Die *function, void *user)
{
	const struct met *met = user;
	Dwarf_Addr entry;
	gboolean has_code = dwarf_entrypc(function, &entry) == 0;
	char *key = has_code || dwarf_func_inline(function) ? key_of(function) : NULL;

	if (key)
		g_hash_table_add(has_code ? met->own : met->elsewhere, key);
	return DWARF_CB_OK;
}

static gboolean read_all(Dwfl_Module *module, const struct met *met)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = NULL;
	gboolean found = FALSE;

	while ((unit = dwfl_module_nextcu(module, unit, &bias))) {
		found = TRUE;
		dwarf_getfuncs(unit, on_function, (void *)met, 0);
	}
	return found;
}

gboolean fdar_elf_inlined_read(const char *path, struct fdar_elf_inlined *inlined)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.section_address = dwfl_offline_section_address,
		.find_debuginfo = dwfl_standard_find_debuginfo,
	};
	g_autoptr(GHashTable) own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) elsewhere =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const struct met met = { own, elsewhere };
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module = dwfl ? dwfl_report_offline(dwfl, path, path, -1) : NULL;
	GHashTableIter iter;
	gpointer key;
	gboolean found;

	found = module && dwfl_report_end(dwfl, NULL, NULL) == 0 && read_all(module, &met);
	if (dwfl)
		dwfl_end(dwfl);
	*inlined = (struct fdar_elf_inlined){ .functions = g_hash_table_size(own) };
	g_hash_table_iter_init(&iter, elsewhere);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		inlined->inlined += !g_hash_table_contains(own, key);
	return found;
}
