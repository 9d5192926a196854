#include "cli/diff/diff_compare.h"

#include "cli/diff/diff_few.h"

/* More than one question a session, and not as many on both sides: then a question is what can be
 * compared. */
#define ASKED_RATIO 2.0

gboolean fdar_diff_read_asked(struct fdar_diff_side_input inputs[2],
			      struct fdar_diff_compared *compared, double *asked, GError **error)
{
	*asked = 0;
	for (int s = 0; s < 2; s++)
		inputs[s].input.unit = compared->unit;
	if (!fdar_diff_sides_read(inputs, &compared->sides, error))
		return FALSE;
	double times = fdar_diff_sides_asked(&compared->sides);
	if (!compared->unit_is_open || (times < ASKED_RATIO && times > 1 / ASKED_RATIO))
		return TRUE;
	*asked = times;
	fdar_diff_sides_clear(&compared->sides);
	if (compared->again)
		compared->again(compared->user);
	compared->unit = FDAR_UNIT_REQUEST;
	for (int s = 0; s < 2; s++) {
		inputs[s].input.unit = FDAR_UNIT_REQUEST;
		inputs[s].input.again = TRUE;
	}
	return fdar_diff_sides_read(inputs, &compared->sides, error);
}

static gboolean decide(struct fdar_diff_side_input inputs[2], struct fdar_diff_compared *compared,
		       GError **error)
{
	struct fdar_diff_samples samples;
	const char *before = compared->diff->verdict.function;
	gboolean good = fdar_diff_samples_read(inputs, compared->labels, &samples, error);

	if (good)
		fdar_diff_samples_decide(&samples, compared->diff);
	compared->by_samples = compared->diff->verdict.function != before;
	fdar_diff_samples_clear(&samples);
	return good;
}

gboolean fdar_diff_compare(struct fdar_diff_side_input inputs[2],
			   struct fdar_diff_compared *compared, GError **error)
{
	struct fdar_diff_options options = { .label = compared->labels[1],
					     .baseline_label = compared->labels[0] };

	if (!fdar_diff_read_asked(inputs, compared, &options.asked, error))
		return FALSE;
	fdar_diff_sides_options(&compared->sides, &options);
	compared->diff = fdar_diff_new(fdar_diff_side(&compared->sides, 0),
				       fdar_diff_side(&compared->sides, 1), &options, error);
	return compared->diff && decide(inputs, compared, error) &&
	       fdar_diff_few_name(&inputs[1], compared->labels[1], compared->diff, error);
}

void fdar_diff_compared_clear(struct fdar_diff_compared *compared)
{
	fdar_diff_sides_clear(&compared->sides);
	fdar_diff_free(compared->diff);
	compared->diff = NULL;
}
