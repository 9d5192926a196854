#include "pipeline/samples/kallsyms.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 128

struct symbol {
	uint64_t address;
	const char *name;
};

struct fdar_kallsyms {
	GArray *symbols; /* struct symbol, by address */
	GStringChunk *names;
};

static int by_address(gconstpointer a, gconstpointer b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

struct fdar_kallsyms *fdar_kallsyms_read(const char *path)
{
	struct fdar_kallsyms *kallsyms = g_new0(struct fdar_kallsyms, 1);
	FILE *file = fopen(path ? path : "/proc/kallsyms", "re");
	char line[512], name[NAME_MAX_BYTES], type;
	unsigned long long address;

	kallsyms->symbols = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	kallsyms->names = g_string_chunk_new(1 << 16);
	while (file && fgets(line, sizeof(line), file)) {
		struct symbol symbol;

		if (sscanf(line, "%llx %c %127s", &address, &type, name) != 3 || !address ||
		    !strchr("tTwW", type))
			continue;
		symbol.address = address;
		symbol.name = g_string_chunk_insert(kallsyms->names, name);
		g_array_append_val(kallsyms->symbols, symbol);
	}
	if (file)
		fclose(file);
	g_array_sort(kallsyms->symbols, by_address);
	return kallsyms;
}

const char *fdar_kallsyms_name(const struct fdar_kallsyms *kallsyms, uint64_t address)
{
	guint low = 0, high = kallsyms->symbols->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(kallsyms->symbols, struct symbol, middle).address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? g_array_index(kallsyms->symbols, struct symbol, low - 1).name : NULL;
}

void fdar_kallsyms_free(struct fdar_kallsyms *kallsyms)
{
	if (!kallsyms)
		return;
	g_array_unref(kallsyms->symbols);
	g_string_chunk_free(kallsyms->names);
	g_free(kallsyms);
}
