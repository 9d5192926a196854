#include "cli/reduce/way.h"

uint64_t fdar_way_plays(const struct fdar_reducing *reducing)
{
	return (uint64_t)reducing->kept.parts->len * MAX(reducing->result.intensity, 1);
}

uint32_t fdar_way_rate(const struct fdar_reducing *reducing, uint32_t level)
{
	return 1u << MIN(reducing->way.level_from + level - 1, FDAR_WAY_LEVEL_MAX);
}

void fdar_way_apply(const struct fdar_reducing *reducing, uint32_t asked,
		    struct fdar_trial_play *play)
{
	const struct fdar_reducing_way *way = &reducing->way;

	play->copies = way->lowering ? reducing->result.intensity : asked;
	play->at_once = way->lowering == FDAR_LOWERING_AT_ONCE ? asked : way->at_once;
	play->rate =
		way->lowering == FDAR_LOWERING_RATE ? fdar_way_rate(reducing, asked) : way->rate;
	if (play->rate && play->limit_ns)
		play->limit_ns += fdar_way_plays(reducing) * 1000000000 / play->rate;
	if (way->lowering == FDAR_LOWERING_ORDER) {
		play->capture = way->reversed[0];
		play->then = (const char *const *)way->reversed + 1;
	}
}

char *fdar_way_text(const struct fdar_reducing *reducing)
{
	const struct fdar_reducing_way *way = &reducing->way;
	GString *text = g_string_new(NULL);

	if (way->at_once > 1)
		g_string_append_printf(text, ", %u at once", way->at_once);
	else if (way->at_once && fdar_way_plays(reducing) > 1)
		g_string_append(text, ", one at a time");
	if (way->rate)
		g_string_append_printf(text, ", %u begun a second", way->rate);
	if (way->order)
		g_string_append(text, way->order == FDAR_ORDER_ANY ? ", in any order"
								   : ", in this order only");
	return g_string_free(text, FALSE);
}
