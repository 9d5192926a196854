/* Fuzzing the search for packets in the stream file of a damaged trace: any bytes as the file; with the first
 * byte odd, with the head of a packet in front and wherever the bytes say. */
#include <string.h>

#include "pipeline/bt/recovery_packets.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[] = { 0xc1, 0x1f, 0xfc, 0xc1, 1,  2,  3,  4,  5,  6,
					7,    8,    9,    10,   11, 12, 13, 14, 15, 16 };
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *path = NULL;
	g_autoptr(GArray) starts = NULL;

	for (size_t i = 1; i < size; i++) {
		if (data[0] & 1 && (i == 1 || data[i] == 0xee))
			g_byte_array_append(bytes, head, sizeof(head));
		g_byte_array_append(bytes, data + i, 1);
	}
	path = scratch_file("stream", bytes->data, bytes->len);
	starts = fdar_recovery_packets(path);
	for (guint i = 0; i < starts->len; i++) {
		goffset at = g_array_index(starts, goffset, i);

		check(at >= 0 && at < (goffset)bytes->len, "a packet begins in the file");
		check(i ? at > g_array_index(starts, goffset, i - 1) : at == 0, "in order");
	}
	return 0;
}
