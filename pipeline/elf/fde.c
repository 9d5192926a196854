#include "pipeline/elf/fde.h"

#include <string.h>

/* What linkers write: version 1; the frames' address relative to itself, their number in 4 bytes, the
 * table's numbers relative to the table, 4 bytes each. */
#define HEAD_BYTES 12u
static const uint8_t known_head[] = { 1, 0x1b, 0x03, 0x3b };

static int32_t entry_at(const uint8_t *table, uint64_t index)
{
	int32_t offset;

	memcpy(&offset, table + HEAD_BYTES + 8 * index, sizeof(offset));
	return offset;
}

gboolean fdar_fde_find(const uint8_t *table, gsize length, uint64_t table_address, uint64_t address,
		       uint64_t *start)
{
	int64_t wanted = (int64_t)(address - table_address);
	uint64_t low = 0, high;
	uint32_t count;

	if (length < HEAD_BYTES || memcmp(table, known_head, sizeof(known_head)) != 0)
		return FALSE;
	memcpy(&count, table + 8, sizeof(count));
	high = MIN((uint64_t)count, (length - HEAD_BYTES) / 8);
	/* The last that begins at or before it is the one before low. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (entry_at(table, middle) <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return FALSE;
	*start = table_address + (uint64_t)(int64_t)entry_at(table, low - 1);
	return TRUE;
}

gboolean fdar_fde_start(Elf *elf, uint64_t address, uint64_t *start)
{
	size_t count = 0;
	GElf_Phdr phdr;

	if (elf_getphdrnum(elf, &count) != 0)
		return FALSE;
	for (size_t i = 0; i < count; i++) {
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_GNU_EH_FRAME)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset, phdr.p_filesz, ELF_T_BYTE);
		return data && data->d_buf &&
		       fdar_fde_find(data->d_buf, data->d_size, phdr.p_vaddr, address, start);
	}
	return FALSE;
}
