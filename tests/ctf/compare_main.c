/* compare TRACE...: reads each with both decoders; fails when they differ, or ours refuses one. */
#include <stdio.h>

#include "tests/ctf/compare.h"

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		struct compared compared = compare_decoders(argv[i]);

		if (!compared.ours)
			printf("%s: refused: %s\n", argv[i],
			       compared.refusal ? compared.refusal : "no trace");
		else if (compared.difference)
			printf("%s: differs: %s\n", argv[i], compared.difference);
		else
			printf("%s: %" G_GUINT64_FORMAT " events, the same\n", argv[i],
			       compared.events);
		failed |= !compared.ours || compared.difference;
		compared_clear(&compared);
	}
	return failed;
}
