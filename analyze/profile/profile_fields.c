#include "analyze/profile/profile_fields.h"

#include <stddef.h>
#include <string.h>

#include "analyze/profile/profile_private.h"

#define ROW(number, type, of, member)                                              \
	{                                                                          \
		number, PROFILE_##type, offsetof(struct fdar_profile_##of, member) \
	}
#define END       \
	{         \
		0 \
	}

const struct profile_field profile_function_fields[] = {
	ROW(5, U8, function, kind),
	ROW(6, U8, function, wait),
	ROW(7, FLAG, function, known),
	ROW(8, FLAG, function, off),
	ROW(9, U8, function, off_reason),
	ROW(12, FLAG, function, program),
	END,
};

const struct profile_field profile_stat_fields[] = {
	ROW(1, U64, stat, calls),
	ROW(2, U64, stat, outer_calls),
	ROW(3, U64, stat, unfinished),
	ROW(4, U64, stat, own_ns),
	ROW(5, U64, stat, total_ns),
	ROW(6, U64, stat, wait_ns),
	ROW(7, U64, stat, skipped_calls),
	ROW(8, U64, stat, skipped_ns),
	ROW(9, HISTOGRAM, stat, call_ns),
	ROW(10, SESSIONS, sessions, calls),
	ROW(11, SESSIONS, sessions, own_ns),
	ROW(12, SESSIONS, sessions, total_ns),
	ROW(13, U64, stat, io_calls),
	ROW(14, U64, stat, io_bytes),
	ROW(15, U64, stat, client_ns),
	ROW(16, U64, stat, folded_calls),
	END,
};

const struct profile_field profile_entry_fields[] = {
	ROW(4, SERIES, entry, block_own_ns),
	ROW(5, SERIES, entry, block_calls),
	END,
};

const struct profile_field profile_group_fields[] = {
	ROW(4, U64, group, sessions),
	ROW(5, U64, group, finished),
	ROW(6, U64, group, unfinished),
	ROW(7, U64, group, replaced),
	ROW(8, U64, group, requests),
	ROW(9, U64, group, bytes_in),
	ROW(10, U64, group, bytes_out),
	ROW(11, U64, group, io_calls),
	ROW(12, FLAG, group, grid.used),
	ROW(13, U64, group, grid.begin_ns),
	ROW(14, U64, group, grid.end_ns),
	ROW(15, SERIES, group, block_sessions),
	ROW(16, SERIES, group, block_busy_ns),
	ROW(17, SERIES, group, block_running_ns),
	ROW(18, HISTOGRAM, group, lifetime_ns),
	ROW(19, HISTOGRAM, group, busy_ns),
	ROW(20, HISTOGRAM, group, running_ns),
	ROW(21, U64, group, own_ns),
	ROW(22, U64, group, unknown_ns),
	ROW(23, U64, group, counted_sessions),
	ROW(24, U64, group, counts[0]),
	ROW(25, U64, group, counts[1]),
	ROW(26, U64, group, counts[2]),
	ROW(27, U64, group, counts_estimated),
	END,
};

const struct profile_field profile_losses_fields[] = {
	ROW(1, U64, losses, events),
	ROW(2, U64, losses, calls),
	ROW(3, U64, losses, discarded),
	ROW(4, U64, losses, packets_lost),
	ROW(5, U64, losses, lost_calls),
	ROW(6, U64, losses, skipped_calls),
	ROW(7, U64, losses, skipped_ns),
	ROW(8, U64, losses, unwound),
	ROW(9, U64, losses, damaged),
	ROW(10, U64, losses, repaired),
	ROW(11, U64, losses, stray_exits),
	ROW(12, U64, losses, stray_sessions),
	ROW(13, U64, losses, no_thread),
	ROW(14, U64, losses, over),
	END,
};

#define TOP(number, type, member)                                             \
	{                                                                     \
		number, PROFILE_##type, offsetof(struct fdar_profile, member) \
	}

const struct profile_field profile_fields[] = {
	TOP(4, U64, threads),
	TOP(5, U64, processes),
	TOP(6, U32, unit),
	TOP(7, U64, begin_ns),
	TOP(8, U64, end_ns),
	TOP(9, U64, span_ns),
	TOP(10, U64, io_sessions),
	TOP(11, U64, watched),
	TOP(12, U64, price_measured),
	TOP(13, U64, price_inner_ps),
	TOP(14, U64, price_outer_ps),
	TOP(15, U64, price_spread_ps),
	END,
};

/* A struct has grown: it has a field that no file has, and no reader of one. */
_Static_assert(FDAR_COUNT_KINDS == 3, "profile_group_fields");
#define HISTOGRAM_SIZE sizeof(struct fdar_histogram)
#define SERIES_SIZE    sizeof(struct fdar_profile_series)
_Static_assert(sizeof(struct fdar_profile_function) == 72, "profile_function_fields");
_Static_assert(sizeof(struct fdar_profile_stat) == 12 * 8 + HISTOGRAM_SIZE + sizeof(void *),
	       "profile_stat_fields");
_Static_assert(sizeof(struct fdar_profile_sessions) == 3 * HISTOGRAM_SIZE, "profile_stat_fields");
_Static_assert(sizeof(struct fdar_profile_entry) ==
		       8 + sizeof(struct fdar_profile_stat) + 2 * SERIES_SIZE,
	       "profile_entry_fields");
_Static_assert(sizeof(struct fdar_profile_group) == 8 + 8 * 8 + sizeof(struct fdar_profile_grid) +
							    3 * SERIES_SIZE + 3 * HISTOGRAM_SIZE +
							    2 * 8 + 5 * 8 + 5 * 8,
	       "profile_group_fields");
_Static_assert(sizeof(struct fdar_profile_losses) == 14 * 8, "profile_losses_fields");

void profile_file_sum(const void *data, size_t length, guint8 sum[PROFILE_SUM_BYTES])
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize bytes = PROFILE_SUM_BYTES;

	g_checksum_update(checksum, data, (gssize)length);
	g_checksum_get_digest(checksum, sum, &bytes);
}

/* ---- writing ---- */

/* Its sums, then its buckets: how far from the one before, and how many. */
static void put_histogram(GByteArray *out, uint32_t number, const struct fdar_histogram *histogram)
{
	g_autoptr(GByteArray) packed = g_byte_array_new();
	uint32_t before = 0;

	if (!histogram->count)
		return;
	fdar_wire_put_varint(packed, histogram->count);
	fdar_wire_put_varint(packed, histogram->sum);
	fdar_wire_put_varint(packed, histogram->min);
	fdar_wire_put_varint(packed, histogram->max);
	for (uint32_t i = 0; i < histogram->length; i++) {
		fdar_wire_put_varint(packed, histogram->buckets[i].index - before);
		fdar_wire_put_varint(packed, histogram->buckets[i].count);
		before = histogram->buckets[i].index;
	}
	fdar_wire_put_message(out, number, packed);
}

static void put_series(GByteArray *out, uint32_t number, const struct fdar_profile_series *series)
{
	static const struct fdar_profile_series none;
	g_autoptr(GByteArray) packed = g_byte_array_new();

	if (memcmp(series, &none, sizeof(none)) == 0)
		return;
	for (unsigned i = 0; i < FDAR_PROFILE_BLOCKS; i++)
		fdar_wire_put_varint(packed, series->at[i]);
	fdar_wire_put_message(out, number, packed);
}

static uint64_t number_at(const void *at, enum profile_field_type type)
{
	switch (type) {
	case PROFILE_U64:
		return *(const uint64_t *)at;
	case PROFILE_U32:
		return *(const uint32_t *)at;
	case PROFILE_U8:
		return *(const uint8_t *)at;
	default:
		return *(const gboolean *)at != FALSE;
	}
}

static const void *place_of(const struct profile_field *field, const void *from)
{
	if (field->type == PROFILE_SESSIONS)
		from = fdar_profile_sessions(from);
	return (const char *)from + field->offset;
}

void profile_fields_put(GByteArray *out, const struct profile_field *table, const void *from)
{
	for (; table->number; table++) {
		const void *at = place_of(table, from);

		if (table->type == PROFILE_HISTOGRAM || table->type == PROFILE_SESSIONS)
			put_histogram(out, table->number, at);
		else if (table->type == PROFILE_SERIES)
			put_series(out, table->number, at);
		else
			fdar_wire_put_number(out, table->number, number_at(at, table->type));
	}
}

/* ---- reading ---- */

static gboolean take_bucket(struct fdar_wire *wire, struct fdar_histogram *histogram)
{
	uint32_t before = histogram->length ? histogram->buckets[histogram->length - 1].index : 0;
	uint64_t step, count;

	if (!fdar_wire_varint(wire, &step) || !fdar_wire_varint(wire, &count) || !count ||
	    step >= FDAR_HISTOGRAM_BUCKETS - before || (histogram->length && !step))
		return FALSE;
	fdar_histogram_add(histogram, fdar_bucket_low(before + (uint32_t)step), count);
	return TRUE;
}

static gboolean take_histogram(const struct fdar_wire_field *field,
			       struct fdar_histogram *histogram)
{
	struct fdar_wire wire = fdar_wire_message(field);
	struct fdar_histogram read = { 0 };
	uint64_t count, sum, min, max;
	gboolean ok = fdar_wire_varint(&wire, &count) && fdar_wire_varint(&wire, &sum) &&
		      fdar_wire_varint(&wire, &min) && fdar_wire_varint(&wire, &max);

	while (ok && wire.at < wire.end)
		ok = take_bucket(&wire, &read);
	ok = ok && read.length && read.count == count && min <= max &&
	     fdar_histogram_bucket(min) == read.buckets[0].index &&
	     fdar_histogram_bucket(max) == read.buckets[read.length - 1].index;
	read.sum = sum;
	read.min = min;
	read.max = max;
	if (!ok || histogram->count) {
		fdar_histogram_clear(&read);
		return FALSE;
	}
	*histogram = read;
	return TRUE;
}

static gboolean take_series(const struct fdar_wire_field *field, struct fdar_profile_series *series)
{
	struct fdar_wire wire = fdar_wire_message(field);

	for (unsigned i = 0; i < FDAR_PROFILE_BLOCKS; i++)
		if (!fdar_wire_varint(&wire, &series->at[i]))
			return FALSE;
	return wire.at == wire.end;
}

static gboolean take_number(uint64_t number, enum profile_field_type type, void *to)
{
	switch (type) {
	case PROFILE_U64:
		*(uint64_t *)to = number;
		return TRUE;
	case PROFILE_U32:
		*(uint32_t *)to = (uint32_t)number;
		return number <= UINT32_MAX;
	case PROFILE_U8:
		*(uint8_t *)to = (uint8_t)number;
		return number <= UINT8_MAX;
	default:
		*(gboolean *)to = number == 1;
		return number <= 1;
	}
}

static void *place_to(const struct profile_field *field, void *to)
{
	if (field->type == PROFILE_SESSIONS)
		to = profile_stat_sessions(to);
	return (char *)to + field->offset;
}

gboolean profile_fields_take(const struct fdar_wire_field *field, const struct profile_field *table,
			     void *to, const char **expected)
{
	gboolean ok;

	while (table->number && table->number != field->field)
		table++;
	if (!table->number)
		return TRUE;
	gboolean histogram = table->type == PROFILE_HISTOGRAM || table->type == PROFILE_SESSIONS;
	gboolean bytes = histogram || table->type == PROFILE_SERIES;

	if (field->kind != (bytes ? FDAR_WIRE_BYTES : FDAR_WIRE_NUMBER)) {
		*expected = "a field of the kind that the format says";
		return FALSE;
	}
	void *at = place_to(table, to);
	if (histogram) {
		*expected = "a histogram whose buckets ascend and add up";
		ok = take_histogram(field, at);
	} else if (table->type == PROFILE_SERIES) {
		*expected = "a number for each block of time";
		ok = take_series(field, at);
	} else {
		*expected = "a number that fits";
		ok = take_number(field->number, table->type, at);
	}
	return ok;
}
