#include "cli/kit/suggest.h"

#include <string.h>

#define LENGTH_MAX 63

guint fdar_word_distance(const char *a, const char *b)
{
	guint rows[3][LENGTH_MAX + 1];
	gsize of_a = MIN(strlen(a), LENGTH_MAX), of_b = MIN(strlen(b), LENGTH_MAX);
	guint *before = rows[0], *last = rows[1], *row = rows[2];

	for (guint j = 0; j <= of_b; j++)
		last[j] = before[j] = j;
	for (guint i = 1; i <= of_a; i++) {
		row[0] = i;
		for (guint j = 1; j <= of_b; j++) {
			guint changed = last[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = MIN(changed, MIN(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		guint *free_row = before;

		before = last;
		last = row;
		row = free_row;
	}
	return last[of_b];
}

const char *fdar_suggest(const char *text, const char *const *words)
{
	guint allowed = MAX(1, (guint)strlen(text) / 3), best = allowed + 1, begins = 0;
	const char *nearest = NULL, *begun = NULL;

	if (!*text)
		return NULL;
	for (; *words; words++) {
		guint distance = fdar_word_distance(text, *words);

		if (distance < best) {
			best = distance;
			nearest = *words;
		}
		if (g_str_has_prefix(*words, text)) {
			begins++;
			begun = *words;
		}
	}
	return nearest ? nearest : begins == 1 ? begun : NULL;
}
