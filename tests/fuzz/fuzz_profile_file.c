/*
 * Fuzzing profiles as files. The input is the message within: the frame around it is made here, or its
 * checksum would be all that is ever found wrong. What is read is written again, read again and must be
 * the same, and can be merged.
 */
#include "analyze/profile/profile_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GByteArray *framed(const uint8_t *data, size_t size)
{
	GByteArray *file = g_byte_array_new();
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 sum[32];
	gsize bytes = sizeof(sum);

	g_byte_array_append(file, (const guint8 *)"flowdar profile\n\1\0\0\0", 20);
	if (size)
		g_byte_array_append(file, data, (guint)size);
	g_checksum_update(checksum, file->data, file->len);
	g_checksum_get_digest(checksum, sum, &bytes);
	g_byte_array_append(file, sum, sizeof(sum));
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) file = framed(data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_profile) profile =
		fdar_profile_decode(file->data, file->len, "fuzz", NULL, &error);

	if (!profile != !!error)
		abort();
	if (!profile)
		return 0;
	g_autoptr(GBytes) bytes = fdar_profile_encode(profile, NULL);
	gsize length;
	const void *again = g_bytes_get_data(bytes, &length);
	g_autoptr(fdar_profile) read = fdar_profile_decode(again, length, "fuzz", NULL, NULL);

	if (!read || !fdar_profile_equal(profile, read))
		abort();
	fdar_profile_merge(read, profile);
	g_autoptr(fdar_profile) flat = fdar_profile_flatten(read);
	if (flat->group_count > 2)
		abort();
	return 0;
}
