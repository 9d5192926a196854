/* Fuzzing rules files (--rules): the first byte says how much of the rest, in units of 16 bytes, is events
 * for whoever understands the file, which is what is behind these. */
#include <string.h>

#include "analyze/rules/rules.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *text(const void *unused, uint32_t name)
{
	static const char *const names[] = { "", "app:begin", "app:end", "app:put", "key" };

	(void)unused;
	return names[name % G_N_ELEMENTS(names)];
}

static uint32_t namespace_of(const void *unused, uint16_t home)
{
	(void)unused;
	return home;
}

static void run(const struct fdar_rules *rules, const uint8_t *data, size_t size)
{
	g_autoptr(fdar_rules_run) run = fdar_rules_run_new(rules, text, namespace_of, NULL, NULL);
	g_autoptr(GArray) met = NULL;

	for (size_t at = 0; at + 16 <= size; at += 16) {
		struct fdar_event event = { .time_ns = at, .data = "key=1 value" };
		const struct fdar_event *out;
		size_t length = 0;

		event.kind = data[at] % 4 ? FDAR_EVENT_OTHER : data[at + 1] % FDAR_EVENT_KINDS;
		event.name = data[at + 2];
		event.pid = data[at + 3] % 4;
		event.tid = data[at + 4] % 4;
		event.home = data[at + 4] % 8;
		event.addr = data[at + 5];
		event.addr2 = data[at + 6];
		event.fd = data[at + 7];
		event.wait = data[at + 9];
		event.data_len = data[at + 8] % 12;
		event.data += 11 - event.data_len;
		out = fdar_rules_run_apply(run, &event, 1, &length);
		for (size_t i = 0; i < length; i++)
			check(out[i].kind < FDAR_EVENT_KINDS &&
				      fdar_rules_run_text(run, out[i].name),
			      "what comes out is events");
	}
	met = fdar_rules_run_met(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t events = size ? MIN((size_t)data[0] * 16, size - 1) : 0;
	g_autofree char *path = scratch_file("rules.ini", data + MIN(size, 1 + events),
					     size ? size - 1 - events : 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_rules) rules = fdar_rules_load(path, &error);

	check(rules || error, "a refusal says why");
	if (!rules)
		return 0;
	fdar_rules_maps(rules);
	fdar_rules_have_functions(rules);
	check(fdar_rules_component(rules, "libc.so", "recv") != NULL, "there is a component");
	fdar_rules_hide(rules, "app", "loop");
	run(rules, data + MIN(size, 1), events);
	return 0;
}
