/* Windows: when a client took no more, of packets as they are on the wire. */
#include "replay/sessions/windows.h"

#include <string.h>

#define MS    ((uint64_t)1000000)
#define BEGIN 0xfffff000u /* of the server's numbers: they wrap soon */

struct rig {
	struct fdar_window window;
	uint64_t now_ns;
	size_t open;
};

static void packet(struct rig *rig, enum fdar_way way, struct fdar_decoded decoded)
{
	decoded.kind = FDAR_DECODED_TCP;
	decoded.header_length = 20;
	decoded.segment_length += 20;
	fdar_window_packet(&rig->window, way, &decoded, rig->now_ns, &rig->open);
}

static void begin(struct rig *rig, unsigned window, unsigned client_scale, unsigned server_scale)
{
	memset(rig, 0, sizeof(*rig));
	rig->now_ns = 1000 * MS;
	packet(rig, FDAR_FROM_CLIENT,
	       (struct fdar_decoded){ .flags = FDAR_TCP_SYN,
				      .window = (uint16_t)window,
				      .mss = 1000,
				      .scale = (uint8_t)client_scale });
	packet(rig, FDAR_FROM_SERVER,
	       (struct fdar_decoded){ .flags = FDAR_TCP_SYN | FDAR_TCP_ACK,
				      .seq = BEGIN - 1,
				      .window = 60000,
				      .mss = 1000,
				      .scale = (uint8_t)server_scale });
}

static void takes(struct rig *rig, uint32_t acked, unsigned window)
{
	packet(rig, FDAR_FROM_CLIENT,
	       (struct fdar_decoded){
		       .flags = FDAR_TCP_ACK, .ack = BEGIN + acked, .window = (uint16_t)window });
}

static void says(struct rig *rig, uint32_t from, uint32_t length)
{
	packet(rig, FDAR_FROM_SERVER,
	       (struct fdar_decoded){
		       .flags = FDAR_TCP_ACK, .seq = BEGIN + from, .segment_length = length });
}

static void expect(struct rig *rig, unsigned count, uint64_t offset, uint64_t pause_ms)
{
	const GArray *holds = rig->window.holds;

	g_assert_cmpuint(holds ? holds->len : 0, ==, count);
	g_assert_cmpuint(rig->open, ==, count);
	if (count) {
		const struct fdar_hold *last = &g_array_index(holds, struct fdar_hold, count - 1);

		g_assert_cmpuint(last->offset, ==, offset);
		g_assert_cmpuint(last->pause_ns / MS, ==, pause_ms);
	}
}

static void end(struct rig *rig)
{
	fdar_window_clear(&rig->window, &rig->open);
	g_assert_cmpuint(rig->open, ==, 0);
}

/* A window of 8,000 bytes that fills, is said to be closed, and opens again after 70 ms. */
static void test_zero_window(void)
{
	struct rig rig;

	begin(&rig, 8000, FDAR_DECODED_NO_SCALE, FDAR_DECODED_NO_SCALE);
	for (unsigned i = 0; i < 8; i++)
		says(&rig, i * 1000, 1000);
	rig.now_ns += 20 * MS;
	takes(&rig, 8000, 0);
	rig.now_ns += 50 * MS;
	says(&rig, 7999, 0); /* is it still closed? */
	takes(&rig, 8000, 4000);
	expect(&rig, 1, 8000, 70);
	says(&rig, 8000, 3500); /* 500 are left: no segment */
	rig.now_ns += 5 * MS;
	takes(&rig, 11500, 500);
	rig.now_ns += 5 * MS;
	takes(&rig, 11500, 8000);
	expect(&rig, 2, 12000, 10);
	end(&rig);
}

/* Windows are scaled where both say so; of a client that is fast enough nothing is kept. */
static void test_scaled(void)
{
	for (unsigned both = 0; both < 2; both++) {
		struct rig rig;

		begin(&rig, 8000, 7, both ? 7 : FDAR_DECODED_NO_SCALE);
		takes(&rig, 0, 100);
		for (unsigned i = 0; i < 12; i++)
			says(&rig, i * 1000, 1000);
		rig.now_ns += 100 * MS;
		takes(&rig, 8000, 200);
		if (both)
			expect(&rig, 1, 12800, 100);
		else
			expect(&rig, 1, 8000, 100);
		end(&rig);
		begin(&rig, 8000, 7, 7);
		takes(&rig, 0, 100);
		says(&rig, 0, 9000);
		rig.now_ns += 100 * MS;
		takes(&rig, 9000, 100);
		expect(&rig, 0, 0, 0);
		end(&rig);
	}
}

/* Short pauses add up; what is said again, and older than what was said, changes nothing. */
static void test_short(void)
{
	struct rig rig;

	begin(&rig, 4000, FDAR_DECODED_NO_SCALE, FDAR_DECODED_NO_SCALE);
	for (unsigned i = 0; i < 6; i++) {
		says(&rig, i * 4000, 4000);
		rig.now_ns += MS / 4;
		takes(&rig, i * 4000, 4000);
		takes(&rig, (i + 1) * 4000, 4000);
		says(&rig, i * 4000, 4000);
	}
	expect(&rig, 1, 16000, 1);
	end(&rig);
}

/* Without both SYNs nothing is known; a SYN that comes later is somebody else's. */
static void test_unknown(void)
{
	struct rig rig = { .now_ns = MS };

	takes(&rig, 0, 1000);
	says(&rig, 0, 1000);
	rig.now_ns += 500 * MS;
	takes(&rig, 1000, 1000);
	expect(&rig, 0, 0, 0);
	begin(&rig, 4000, FDAR_DECODED_NO_SCALE, FDAR_DECODED_NO_SCALE);
	says(&rig, 0, 4000);
	packet(&rig, FDAR_FROM_CLIENT,
	       (struct fdar_decoded){ .flags = FDAR_TCP_SYN, .window = 60000 });
	rig.now_ns += 30 * MS;
	takes(&rig, 4000, 4000);
	expect(&rig, 1, 4000, 30);
	end(&rig);
}

/* However many there are, it is bounded. */
static void test_bounds(void)
{
	struct rig rig;

	begin(&rig, 4000, FDAR_DECODED_NO_SCALE, FDAR_DECODED_NO_SCALE);
	for (uint32_t i = 0; i < FDAR_HOLDS_MAX + 10; i++) {
		says(&rig, i * 4000, 4000);
		rig.now_ns += 2 * MS;
		takes(&rig, (i + 1) * 4000, 4000);
	}
	g_assert_cmpuint(rig.window.holds->len, ==, FDAR_HOLDS_MAX);
	end(&rig);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/windows/zero-window", test_zero_window);
	g_test_add_func("/windows/scaled", test_scaled);
	g_test_add_func("/windows/short", test_short);
	g_test_add_func("/windows/unknown", test_unknown);
	g_test_add_func("/windows/bounds", test_bounds);
	return g_test_run();
}
