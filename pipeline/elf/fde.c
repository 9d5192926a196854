#include "pipeline/elf/fde.h"

#include <string.h>

/* What linkers write: version 1; the frames' address relative to itself, their number in 4 bytes, the
 * table's numbers relative to the table, 4 bytes each. */
#define HEAD_BYTES 12u
static const uint8_t known_head[] = { 1, 0x1b, 0x03, 0x3b };

/* Of a frame: how long it is and whose, 4 bytes each, and then */
#define BEGIN_AT    8u
#define LENGTH_AT   12u
#define FRAME_BYTES 16u

/* Of an entry: where the function begins, and where its frame is. */
enum { FUNCTION = 0, FRAME = 4 };

static int32_t entry_at(const uint8_t *table, uint64_t index, int part)
{
	int32_t offset;

	memcpy(&offset, table + HEAD_BYTES + 8 * index + part, sizeof(offset));
	return offset;
}

gboolean fdar_fde_find(const uint8_t *table, gsize length, uint64_t table_address, uint64_t address,
		       uint64_t *start, uint64_t *frame)
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

		if (entry_at(table, middle, FUNCTION) <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return FALSE;
	*start = table_address + (uint64_t)(int64_t)entry_at(table, low - 1, FUNCTION);
	*frame = table_address + (uint64_t)(int64_t)entry_at(table, low - 1, FRAME);
	return TRUE;
}

/* A chunk of the file by its address there. NULL: it is in no segment. */
static const uint8_t *bytes_at(Elf *elf, uint64_t address, size_t length)
{
	size_t count = 0;
	GElf_Phdr phdr;

	if (elf_getphdrnum(elf, &count) != 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_LOAD ||
		    address < phdr.p_vaddr || length > phdr.p_filesz ||
		    address - phdr.p_vaddr > phdr.p_filesz - length)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)(phdr.p_offset + address - phdr.p_vaddr),
					    length, ELF_T_BYTE);
		return data ? data->d_buf : NULL;
	}
	return NULL;
}

/* Whether the frame at an address of the file is not of what is told to begin at start, or reaches to the
 * address: what compilers write is where it begins, relative to where that stands, and how long it is. */
static gboolean reaches(Elf *elf, uint64_t frame, uint64_t start, uint64_t address)
{
	const uint8_t *bytes = bytes_at(elf, frame, FRAME_BYTES);
	int32_t begin;
	uint32_t length;

	if (!bytes)
		return TRUE;
	memcpy(&begin, bytes + BEGIN_AT, sizeof(begin));
	memcpy(&length, bytes + LENGTH_AT, sizeof(length));
	return frame + BEGIN_AT + (uint64_t)(int64_t)begin != start || address - start < length;
}

gboolean fdar_fde_start(Elf *elf, uint64_t address, uint64_t *start)
{
	size_t count = 0;
	GElf_Phdr phdr;

	if (elf_getphdrnum(elf, &count) != 0)
		return FALSE;
	for (size_t i = 0; i < count; i++) {
		uint64_t frame = 0;
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_GNU_EH_FRAME)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset, phdr.p_filesz, ELF_T_BYTE);
		return data && data->d_buf &&
		       fdar_fde_find(data->d_buf, data->d_size, phdr.p_vaddr, address, start,
				     &frame) &&
		       reaches(elf, frame, *start, address);
	}
	return FALSE;
}
