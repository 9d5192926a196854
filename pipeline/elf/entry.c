#include "pipeline/elf/entry.h"

#include <string.h>

#include "pipeline/elf/fde.h"
#include "pipeline/elf/go_names.h"

#define ENTRY_BYTES 128u /* of a program's entry: glibc's, with what it goes on to */

static gboolean is_of_go(Elf *elf, uint64_t address)
{
	static const char *const begins[] = { "runtime.goexit", "runtime.goexit.abi0",
					      "runtime.mstart", "runtime.mstart.abi0" };
	uint64_t start;
	g_autofree char *name = fdar_go_name(elf, address, &start);

	for (guint i = 0; name && i < G_N_ELEMENTS(begins); i++)
		if (strcmp(name, begins[i]) == 0)
			return TRUE;
	return FALSE;
}

gboolean fdar_entry_is(Elf *elf, uint64_t address)
{
	uint64_t start = 0;
	GElf_Ehdr head;

	if (!gelf_getehdr(elf, &head))
		return FALSE;
	if (address - head.e_entry < ENTRY_BYTES && fdar_fde_start(elf, address, &start) &&
	    start <= head.e_entry)
		return TRUE;
	return is_of_go(elf, address);
}
