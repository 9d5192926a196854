/* Fuzzing the order of steps that is fed: any bytes as lines, each written and read again; then as the order
 * of a small capture, whose steps must be its own. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/lockstep/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(const char *at, size_t left)
{
	while (left) {
		const char *newline = memchr(at, '\n', left);
		size_t length = newline ? (size_t)(newline - at) : left;
		struct fdar_order_line line;
		struct fdar_order_line again;
		char text[FDAR_ORDER_LINE_MAX];
		const char *expected;

		if (fdar_order_line_read(at, length, &line, &expected) == FDAR_ORDER_STEP) {
			fdar_order_line_write(&line, text);
			if (fdar_order_line_read(text, strlen(text), &again, &expected) !=
				    FDAR_ORDER_STEP ||
			    memcmp(&line, &again, sizeof(line)) != 0)
				abort();
		}
		length += newline != NULL;
		at += length;
		left -= length;
	}
}

static void feed(const char *text, size_t length)
{
	static const struct fdar_piece pieces[] = {
		{ .time_ns = 1, .length = 3, .way = FDAR_FROM_CLIENT },
		{ .time_ns = 2, .length = 3, .way = FDAR_FROM_CLIENT },
		{ .time_ns = 3, .length = 3, .way = FDAR_FROM_SERVER },
		{ .time_ns = 4, .length = 3, .way = FDAR_FROM_CLIENT },
		{ .time_ns = 5, .kind = FDAR_PIECE_FIN, .way = FDAR_FROM_CLIENT },
	};
	struct fdar_session sessions[2] = { { .id = 0, .transport = FDAR_TCP },
					    { .id = 1, .transport = FDAR_TCP, .start_ns = 2 } };
	struct fdar_script script[2] = {
		{ .session = &sessions[0], .pieces = pieces, .count = 5 },
		{ .session = &sessions[1], .pieces = pieces, .count = 5 }
	};
	uint32_t by_start[2] = { 0, 1 };
	struct fdar_scripts scripts = {
		.scripts = script, .count = 2, .order = by_start, .fit = 2, .hosts = 1
	};
	struct fdar_plan_input input = { .scripts = &scripts, .clones = 2, .rounds = 1 };
	struct fdar_routes routes = { 0 };
	struct fdar_order *order;

	fdar_routes_add_target(&routes, "127.0.0.1:9", NULL);
	order = fdar_order_new(&input, &routes, NULL);
	if (!order || order->count != 2 * 2 * 6)
		abort();
	fdar_order_feed(order, text, length, "fuzz", NULL);
	for (uint64_t i = 0; i < order->count; i++)
		if (order->steps[i].role >= order->role_count)
			abort();
	fdar_order_free(order);
	fdar_routes_clear(&routes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_lines((const char *)data, size);
	feed((const char *)data, size);
	return 0;
}
