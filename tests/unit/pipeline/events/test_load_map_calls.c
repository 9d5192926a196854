/* Calls that come as one event are placed as their entries are, and their duration is no address. */
#include "pipeline/events/load_map.h"

static struct fdar_event module(uint64_t time_ns, uint32_t path)
{
	struct fdar_event event = {
		.time_ns = time_ns, .pid = 1, .kind = FDAR_EVENT_MODULE, .data = ""
	};

	event.module.base = 0x10000;
	event.module.size_bytes = 0x1000;
	event.module.path = path;
	return event;
}

static void test_joined(void)
{
	struct fdar_load_map *map = fdar_load_map_new();
	struct fdar_event events[] = {
		module(10, 1),
		module(20, 2),
		{ .time_ns = 30,
		  .pid = 1,
		  .kind = FDAR_EVENT_FUNC_ENTRY,
		  .addr = 0x10040,
		  .data = "" },
		{ .time_ns = 30,
		  .pid = 1,
		  .kind = FDAR_EVENT_FUNC_CALL,
		  .addr = 0x10040,
		  .data = "" },
	};

	/* As long as an address is large. */
	events[3].called.ns = 0x10080;
	fdar_load_map_tell(map, events, G_N_ELEMENTS(events));
	g_assert_true(fdar_load_map_matters(map));
	g_assert_cmpuint(events[2].func.function, !=, 0x10040);
	g_assert_cmpuint(events[3].called.function, ==, events[2].func.function);
	g_assert_cmpuint(events[3].called.ns, ==, 0x10080);
	fdar_load_map_free(map);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/load-map/joined", test_joined);
	return g_test_run();
}
