/* pack TRACE [LEVEL [plain|columns]]: packs the stream files of all traces at or below TRACE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ctf/pack.h"

int main(int argc, char **argv)
{
	struct pack_options options = { .level = argc > 2 ? atoi(argv[2]) : 0,
					.plain = argc > 3 && strcmp(argv[3], "plain") == 0 };
	guint count;

	if (argc < 2) {
		fprintf(stderr, "usage: pack_trace TRACE [LEVEL [plain|columns]]\n");
		return 2;
	}
	count = pack_traces(argv[1], &options);
	printf("%u stream files packed\n", count);
	return count ? 0 : 1;
}
