/* Fuzzing the lines of an earlier search: any bytes, line by line, then a search that is given them. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/reduce/reduce.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum fdar_answer oracle(void *user, const struct fdar_try *asked, double *figure)
{
	(void)user;
	*figure = 1;
	return asked->units[0] <= 3 && asked->units[asked->count - 1] >= 3 ? FDAR_ANSWER_HURTS
									   : FDAR_ANSWER_NOT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdar_tries *tries = fdar_tries_new(oracle, NULL, NULL);
	struct fdar_reduce_options options = { .units = 12, .intensity = 1, .trust = 2 };
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct fdar_reduced result;

	for (char **line = lines; *line; line++)
		fdar_tries_recall(tries, *line);
	fdar_reduce_run(tries, &options, &result);
	fdar_reduced_clear(&result);
	fdar_tries_free(tries);
	return 0;
}
