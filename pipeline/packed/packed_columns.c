#include "pipeline/packed/packed_columns.h"

#include <string.h>

#define SIDE         16u   /* a tile has so many rows and columns */
#define SAMPLE_BYTES 2048u /* that are compared with those a stride later */
#define LIKENESS     2u    /* one of so many must be the same */

typedef uint8_t tile_row __attribute__((vector_size(SIDE)));

/* The first, and the second, halves of a and b, byte by byte in turns. */
#define LOW(a, b) \
	__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) \
	__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/* Row i goes in turns with row i + 8: once moves every byte a bit of its place's number further, and
 * four times exchange the two halves of that number, row and column. */
static inline void step(const tile_row *from, tile_row *to)
{
	for (unsigned i = 0; i < SIDE / 2; i++) {
		to[2 * i] = LOW(from[i], from[i + SIDE / 2]);
		to[2 * i + 1] = HIGH(from[i], from[i + SIDE / 2]);
	}
}

/* Reads 16 rows of 16 bytes, from_step apart, and writes their columns as rows, to_step apart. */
static inline void turn(const uint8_t *from, size_t from_step, uint8_t *to, size_t to_step)
{
	tile_row a[SIDE], b[SIDE];

	for (unsigned i = 0; i < SIDE; i++)
		memcpy(&a[i], from + i * from_step, SIDE);
	step(a, b);
	step(b, a);
	step(a, b);
	step(b, a);
	for (unsigned i = 0; i < SIDE; i++)
		memcpy(to + i * to_step, &a[i], SIDE);
}

/* The last tile of a row lies over the one before where the stride is no multiple of its side. */
static inline unsigned next_column(unsigned column, unsigned stride)
{
	unsigned next = column + SIDE;

	return next < stride ? MIN(next, stride - SIDE) : stride;
}

void fdar_packed_columns_split(const uint8_t *packet, size_t length, unsigned stride,
			       uint8_t *columns)
{
	size_t rows = length / stride, row = 0;

	for (; row + SIDE <= rows; row += SIDE)
		for (unsigned column = 0; column < stride; column = next_column(column, stride))
			turn(packet + row * stride + column, stride, columns + column * rows + row,
			     rows);
	for (; row < rows; row++)
		for (unsigned column = 0; column < stride; column++)
			columns[column * rows + row] = packet[row * stride + column];
	memcpy(columns + rows * stride, packet + rows * stride, length - rows * stride);
}

void fdar_packed_columns_join(const uint8_t *columns, size_t length, unsigned stride, size_t from,
			      size_t count, uint8_t *bytes)
{
	size_t rows = length / stride, whole = rows * stride, end = from + count, at, row;
	size_t stop = MIN(end, whole);

	for (at = from; at < stop && at % stride; at++)
		bytes[at - from] = columns[at % stride * rows + at / stride];
	for (row = at / stride; (row + SIDE) * stride <= stop; row += SIDE)
		for (unsigned column = 0; column < stride; column = next_column(column, stride))
			turn(columns + column * rows + row, rows,
			     bytes + (row * stride + column - from), stride);
	for (at = MAX(at, row * stride); at < stop; at++)
		bytes[at - from] = columns[at % stride * rows + at / stride];
	at = MAX(from, whole);
	if (at < end)
		memcpy(bytes + (at - from), columns + at, end - at);
}

/* How many of the sample's bytes are the same as those a stride later. */
static unsigned likeness(const uint8_t *sample, unsigned stride)
{
	tile_row here, there, same = { 0 };
	unsigned sum = 0;

	/* No lane counts further than SAMPLE_BYTES / SIDE, which fits. */
	for (unsigned i = 0; i < SAMPLE_BYTES; i += SIDE) {
		memcpy(&here, sample + i, SIDE);
		memcpy(&there, sample + i + stride, SIDE);
		same -= (tile_row)(here == there);
	}
	for (unsigned lane = 0; lane < SIDE; lane++)
		sum += same[lane];
	return sum;
}

unsigned fdar_packed_columns_stride(const uint8_t *packet, size_t length)
{
	unsigned best = 0, most = SAMPLE_BYTES / LIKENESS;
	const uint8_t *sample;

	if (length < 2 * (SAMPLE_BYTES + FDAR_PACKED_STRIDE_MAX))
		return 0;
	sample = packet + (length - SAMPLE_BYTES - FDAR_PACKED_STRIDE_MAX) / 2;
	/* A multiple of an event's length is as good: the first one is taken unless another is
	 * clearly better. */
	for (unsigned stride = FDAR_PACKED_STRIDE_MIN; stride <= FDAR_PACKED_STRIDE_MAX; stride++) {
		unsigned same = likeness(sample, stride);

		if (same > most + SAMPLE_BYTES / 64) {
			most = same;
			best = stride;
		}
	}
	return best;
}
