#include "pipeline/samples/wiped.h"

#include <string.h>

#define ROOM_LEAST 4096u

static void wipe(GByteArray *bytes)
{
	if (bytes->len)
		explicit_bzero(bytes->data, bytes->len);
}

struct fdar_wiped fdar_wiped_new(void)
{
	return (struct fdar_wiped){ g_byte_array_new(), 0 };
}

static void move(struct fdar_wiped *wiped, gsize room)
{
	GByteArray *bytes = g_byte_array_sized_new((guint)MIN(room, G_MAXUINT));

	g_byte_array_append(bytes, wiped->bytes->data, wiped->bytes->len);
	fdar_wiped_clear(wiped);
	*wiped = (struct fdar_wiped){ bytes, room };
}

void fdar_wiped_append(struct fdar_wiped *wiped, const void *data, gsize length)
{
	if (!length)
		return;
	if (wiped->room - wiped->bytes->len < length)
		move(wiped, MAX(MAX(2 * wiped->room, ROOM_LEAST), wiped->bytes->len + length));
	g_byte_array_append(wiped->bytes, data, (guint)length);
}

void fdar_wiped_empty(struct fdar_wiped *wiped)
{
	wipe(wiped->bytes);
	g_byte_array_set_size(wiped->bytes, 0);
}

void fdar_wiped_clear(struct fdar_wiped *wiped)
{
	wipe(wiped->bytes);
	g_clear_pointer(&wiped->bytes, g_byte_array_unref);
	wiped->room = 0;
}
