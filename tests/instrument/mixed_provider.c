/*
 * A stand-in for libflowdar.so, to be preloaded by mixed_headers.sh: every event is on, and how many
 * were written is printed at the end.
 */
#include <flowdar/flowdar.h>
#include <stdio.h>

static int all_on = 1;
static unsigned written;

#define DEFINE(event, arguments)    \
	static void event arguments \
	{                           \
		written++;          \
	}
#pragma GCC diagnostic ignored "-Wunused-parameter"
FLOWDAR_EACH_EVENT_(DEFINE)

#define OFFER(event, arguments) .event = { &all_on, event },
extern const struct flowdar_provider_ flowdar_provider_v1;
const struct flowdar_provider_ flowdar_provider_v1 = { .struct_bytes = sizeof(flowdar_provider_v1),
						       FLOWDAR_EACH_EVENT_(OFFER) };

__attribute__((destructor)) static void tell(void)
{
	printf("%u\n", written);
}
