#include "cli/diff/self_check.h"

#include "analyze/diff/diff.h"

#define QUARTERS 4u /* of the run, by the sessions' order */
#define HANDS    8u /* into which sessions are dealt at random */

struct dealer {
	guint64 sessions;
	char label[16];
};

/* Fixed, so that the same recording gives the same answer; mixed well (splitmix64). */
static guint64 mix(guint64 value)
{
	value += 0x9e3779b97f4a7c15u;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
	return value ^ (value >> 31);
}

static const char *deal(void *user, const struct fdar_walk_session *session)
{
	struct dealer *dealer = user;
	guint64 quarter = (session->id - 1) * QUARTERS / MAX(dealer->sessions, 1);

	g_snprintf(dealer->label, sizeof(dealer->label), "%u %u", (guint)MIN(quarter, QUARTERS - 1),
		   (guint)(mix(session->id) % HANDS));
	return dealer->label;
}

/* Which side a group is on, when the bits of its quarter or hand say so. */
static gboolean is_subject(const char *dealt, guint quarters, guint hands)
{
	guint quarter = (guint)(dealt[0] - '0'), hand = (guint)(dealt[2] - '0');

	return (quarters ? quarters >> quarter : hands >> hand) % 2 == 1;
}

/* Compares two halves of a dealt profile. TRUE: something is claimed. */
static gboolean is_alarm(struct fdar_profile *dealt, char **labels, guint quarters, guint hands)
{
	const struct fdar_diff_options options = { .label = "subject",
						   .baseline_label = "baseline" };
	g_autoptr(fdar_profile) halves = fdar_profile_new();
	char subject[] = "subject", baseline[] = "baseline";

	for (guint i = 1; i < dealt->group_count; i++)
		dealt->groups[i].label =
			is_subject(labels[i], quarters, hands) ? subject : baseline;
	fdar_profile_merge(halves, dealt);
	for (guint i = 1; i < dealt->group_count; i++)
		dealt->groups[i].label = labels[i];
	g_autoptr(fdar_diff) diff = fdar_diff_new(halves, halves, &options, NULL);
	/* That a session is far out says nothing of the halves. */
	return diff && !diff->verdict.refused && !diff->verdict.few_only &&
	       diff->verdict.change != FDAR_CHANGE_NONE;
}

static guint ones(guint bits)
{
	return bits ? (bits & 1) + ones(bits >> 1) : 0;
}

/* All ways to choose half of count: how many there are, and in how many something is claimed. */
static guint try_all(struct fdar_profile *dealt, char **labels, guint count, gboolean by_time,
		     guint *alarms)
{
	guint tried = 0;

	for (guint bits = 1; bits < 1u << count; bits++) {
		if (ones(bits) != count / 2)
			continue;
		tried++;
		*alarms += is_alarm(dealt, labels, by_time ? bits : 0, bits) ? 1 : 0;
	}
	return tried;
}

gboolean fdar_self_check(const struct fdar_profile_input *input, guint64 sessions, FILE *out,
			 GError **error)
{
	struct dealer dealer = { .sessions = sessions };
	struct fdar_profile_input again = *input;
	guint random = 0, timed = 0;

	again.again = TRUE;
	again.label = deal;
	again.label_user = &dealer;
	g_autoptr(fdar_profile) dealt = fdar_profile_input_read(&again, error);
	if (!dealt)
		return FALSE;
	g_autofree char **labels = g_new0(char *, dealt->group_count);
	for (guint i = 0; i < dealt->group_count; i++)
		labels[i] = dealt->groups[i].label;
	guint halves = try_all(dealt, labels, HANDS, FALSE, &random);
	guint times = try_all(dealt, labels, QUARTERS, TRUE, &timed);
	fprintf(out,
		"self-check of %s: %u of %u random halves and %u of %u halves by time differ\n",
		input->path, random, halves, timed, times);
	return TRUE;
}
