#include "pipeline/elf/go_names.h"

#include <string.h>

#define HEAD_BYTES 8u /* magic, two zeros, the least instruction, bytes of an address */
#define WORD       8u
#define GO_1_16    0xfffffffau
#define GO_1_18    0xfffffff0u
#define GO_1_20    0xfffffff1u
#define NAME_BYTES 4096u              /* what is longer is none */
#define ENTRY      "_rt0_amd64_linux" /* where a program of Go alone begins */

struct table {
	const uint8_t *bytes;
	gsize length;
	uint64_t text;      /* what starts are told from */
	uint64_t count;     /* of functions */
	uint64_t names;     /* where they are in bytes */
	uint64_t functions; /* where the starts are, and what more is told of each */
	unsigned width;     /* bytes of a start */
};

/* 0 beyond the end, which no start and no offset of a name's is. */
static uint64_t number_at(const struct table *table, uint64_t at, unsigned width)
{
	uint64_t value = 0;

	if (at <= table->length && width <= table->length - at)
		memcpy(&value, table->bytes + at, width);
	return value;
}

static uint64_t word_at(const struct table *table, unsigned index)
{
	return number_at(table, HEAD_BYTES + (uint64_t)WORD * index, WORD);
}

/* Since 1.18 starts are told from where the text begins, which the head says, where it is not moved. */
static gboolean read_head(struct table *table, uint64_t text)
{
	uint32_t magic = (uint32_t)number_at(table, 0, sizeof(magic));
	unsigned more = magic == GO_1_16 ? 0 : 1;

	if ((magic != GO_1_16 && magic != GO_1_18 && magic != GO_1_20) ||
	    number_at(table, 7, 1) != WORD)
		return FALSE;
	table->width = more ? sizeof(uint32_t) : WORD;
	table->count = word_at(table, 0);
	if (more)
		table->text = word_at(table, 2) ? word_at(table, 2) : text;
	table->names = word_at(table, 2 + more);
	table->functions = word_at(table, 6 + more);
	return table->functions < table->length &&
	       table->count <= (table->length - table->functions) / (2 * table->width) &&
	       (!more || table->text);
}

/* Of a pair: where a function begins, and where more of it is told. The last pair is the end of all. */
static uint64_t start_at(const struct table *table, uint64_t index)
{
	return table->text +
	       number_at(table, table->functions + 2 * table->width * index, table->width);
}

static char *name_at(const struct table *table, uint64_t index)
{
	uint64_t told =
		number_at(table, table->functions + table->width * (2 * index + 1), table->width);
	uint64_t offset, at;
	const uint8_t *end;

	if (told > table->length || table->functions + told > table->length)
		return NULL;
	offset = number_at(table, table->functions + told + table->width, sizeof(uint32_t));
	at = table->names + offset;
	if (at < table->names || at >= table->length)
		return NULL;
	end = memchr(table->bytes + at, 0, MIN(table->length - at, NAME_BYTES));
	if (!end || end == table->bytes + at)
		return NULL;
	return g_strdup((const char *)table->bytes + at);
}

char *fdar_go_name_find(const uint8_t *bytes, gsize length, uint64_t text, uint64_t address,
			uint64_t *start)
{
	struct table table = { .bytes = bytes, .length = length };
	uint64_t low = 0, high;

	if (!read_head(&table, text) || !table.count || address >= start_at(&table, table.count))
		return NULL;
	high = table.count;
	/* The last that begins at or before it is the one before low. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (start_at(&table, middle) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	*start = start_at(&table, low - 1);
	return name_at(&table, low - 1);
}

/* NULL: there is none of that name with bytes in the file. */
static Elf_Data *section(Elf *elf, const char *wanted, GElf_Shdr *head)
{
	size_t strings;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf, &strings) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name =
			gelf_getshdr(scn, head) ? elf_strptr(elf, strings, head->sh_name) : NULL;

		if (name && strcmp(name, wanted) == 0)
			return head->sh_type == SHT_PROGBITS ? elf_rawdata(scn, NULL) : NULL;
	}
	return NULL;
}

/* Where the text begins, of tables that do not say it: where its section does, if that is right of the program's
 * entry. With C code in it, it is not: 0. */
static uint64_t text_of(Elf *elf, const Elf_Data *table)
{
	GElf_Shdr text;
	GElf_Ehdr head;
	uint64_t entry = 0;
	g_autofree char *first = NULL;

	if (!gelf_getehdr(elf, &head) || !section(elf, ".text", &text))
		return 0;
	first = fdar_go_name_find(table->d_buf, table->d_size, text.sh_addr, head.e_entry, &entry);
	return g_strcmp0(first, ENTRY) == 0 && entry == head.e_entry ? text.sh_addr : 0;
}

char *fdar_go_name(Elf *elf, uint64_t address, uint64_t *start)
{
	GElf_Shdr head;
	Elf_Data *table = section(elf, ".gopclntab", &head);

	if (!table)
		table = section(elf, ".data.rel.ro.gopclntab", &head);
	if (!table || !table->d_buf)
		return NULL;
	return fdar_go_name_find(table->d_buf, table->d_size, text_of(elf, table), address, start);
}
