/* The order of a capture: by time, from the same addresses each time; written, edited, fed again. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "replay/lockstep/order.h"

static const struct fdar_piece first_pieces[] = {
	{ .time_ns = 10, .length = 3, .way = FDAR_FROM_CLIENT },
	{ .time_ns = 30, .length = 3, .way = FDAR_FROM_CLIENT },
	{ .time_ns = 31, .length = 3, .way = FDAR_FROM_SERVER },
	{ .time_ns = 40, .length = 3, .way = FDAR_FROM_CLIENT },
	{ .time_ns = 50, .kind = FDAR_PIECE_FIN, .way = FDAR_FROM_CLIENT },
};

static const struct fdar_piece second_pieces[] = {
	{ .time_ns = 20, .length = 3, .way = FDAR_FROM_CLIENT },
	{ .time_ns = 45, .kind = FDAR_PIECE_RST, .way = FDAR_FROM_CLIENT },
};

/* Two sessions of one host, both from port 4000, and one that cannot be played. */
struct made {
	struct fdar_session sessions[3];
	struct fdar_script script[3];
	uint32_t by_start[2];
	struct fdar_scripts scripts;
	struct fdar_plan_input input;
	struct fdar_routes routes;
};

static void make(struct made *made, uint32_t clones)
{
	memset(made, 0, sizeof(*made));
	for (uint32_t i = 0; i < 3; i++) {
		made->sessions[i].id = i;
		made->sessions[i].transport = FDAR_TCP;
		made->sessions[i].client.port = 4000;
		made->sessions[i].start_ns = i;
		made->script[i].session = &made->sessions[i];
	}
	made->script[0].pieces = first_pieces;
	made->script[0].count = G_N_ELEMENTS(first_pieces);
	made->script[0].hold_ns = 50;
	made->script[2].pieces = second_pieces;
	made->script[2].count = G_N_ELEMENTS(second_pieces);
	made->script[1].unfit = "it has nothing to say";
	made->by_start[1] = 2;
	made->scripts = (struct fdar_scripts){
		.scripts = made->script, .count = 3, .order = made->by_start, .fit = 2, .hosts = 1
	};
	made->input = (struct fdar_plan_input){ &made->scripts, clones, 1 };
	g_assert_true(fdar_routes_add_target(&made->routes, "127.0.0.1:80", NULL));
}

/* All lines, with blanks between. */
static char *lines_of(const struct fdar_order *order)
{
	GString *text = g_string_new(NULL);
	char line[FDAR_ORDER_LINE_MAX];

	for (uint64_t i = 0; i < order->count; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "",
				       fdar_order_step_text(order, &order->steps[i], line));
	return g_string_free(text, FALSE);
}

static void test_by_time(void)
{
	struct made made;
	struct fdar_order *order;
	g_autofree char *lines = NULL;

	make(&made, 1);
	order = fdar_order_new(&made.input, &made.routes, NULL);
	lines = lines_of(order);
	g_assert_cmpstr(lines, ==,
			"open 0 127.1.0.1:4000, open 2 127.1.0.1:10000, send 0 1, send 2 1, "
			"send 0 1.2, send 0 2, reset 2, fin 0, close 0");
	g_assert_cmpuint(order->open_at_once, ==, 2);
	fdar_order_free(order);
	fdar_routes_clear(&made.routes);
}

static void test_clones(void)
{
	struct made made;
	struct fdar_order *order;
	g_autofree char *lines = NULL;

	make(&made, 2);
	order = fdar_order_new(&made.input, &made.routes, NULL);
	g_assert_cmpuint(order->count, ==, 18);
	g_assert_cmpuint(order->open_at_once, ==, 4);
	lines = lines_of(order);
	g_assert_true(g_str_has_prefix(
		lines, "open 0 127.1.0.1:4000, open 0x1 127.1.0.2:4000, open 2 127.1.0.1:10000, "
		       "open 2x1 127.1.0.2:10001, send 0 1, send 0x1 1, "));
	fdar_order_free(order);
	fdar_routes_clear(&made.routes);
}

static void expect_refused(struct fdar_order *order, const char *text, const char *why)
{
	g_autoptr(GError) error = NULL;
	uint64_t count = order->count;

	g_assert_false(fdar_order_feed(order, text, strlen(text), "o", &error));
	g_assert_cmpstr(error->message, ==, why);
	g_assert_cmpuint(order->count, ==, count);
}

static void test_fed(void)
{
	static const char edited[] = "# the second first\n"
				     "open 2 127.9.0.1:5000\n\n"
				     "  send 2 1 # now\r\n"
				     "open 0\nsend 0 1\nreset 2";
	struct made made;
	struct fdar_order *order;
	g_autofree char *lines = NULL;

	make(&made, 1);
	order = fdar_order_new(&made.input, &made.routes, NULL);
	expect_refused(order, "open 0\nsend 0 2\n",
		       "o:2: the next step of that session is \"send 0 1\"");
	expect_refused(order, "send 0 1\n",
		       "o:1: the next step of that session is \"open 0 127.1.0.1:4000\"");
	expect_refused(order, "open 1\n", "o:1: the capture has no such session to play");
	expect_refused(order, "open 0x1\n", "o:1: the capture has no such session to play");
	expect_refused(order, "open 2\nsend 2 1\nreset 2\nclose 2\n",
		       "o:4: that session has no step left");
	expect_refused(order, "\n\nwait 0\n", "o:3: expected open, send, fin, reset or close");
	expect_refused(order, "# nothing\n", "o: no step in it");
	g_assert_true(fdar_order_feed(order, edited, strlen(edited), "o", NULL));
	lines = lines_of(order);
	g_assert_cmpstr(
		lines, ==,
		"open 2 127.9.0.1:5000, send 2 1, open 0 127.1.0.1:4000, send 0 1, reset 2");
	fdar_order_free(order);
	fdar_routes_clear(&made.routes);
}

static void test_written(void)
{
	struct made made;
	struct fdar_order *order;
	struct fdar_order *again;
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "flowdar-order-XXXXXX", NULL);
	g_autofree char *text = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	gsize length;
	int fd = g_mkstemp(path);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	make(&made, 3);
	order = fdar_order_new(&made.input, &made.routes, NULL);
	again = fdar_order_new(&made.input, &made.routes, NULL);
	g_assert_true(fdar_order_write(order, path, NULL));
	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	g_assert_true(fdar_order_feed(again, text, length, path, NULL));
	before = lines_of(order);
	after = lines_of(again);
	g_assert_cmpstr(before, ==, after);
	g_unlink(path);
	fdar_order_free(order);
	fdar_order_free(again);
	fdar_routes_clear(&made.routes);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/order/by-time", test_by_time);
	g_test_add_func("/order/clones", test_clones);
	g_test_add_func("/order/fed", test_fed);
	g_test_add_func("/order/written", test_written);
	return g_test_run();
}
