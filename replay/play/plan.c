#include "replay/play/plan.h"

#include <string.h>

/* Times beyond this (146 years) are not told apart: nobody waits for them. */
#define FAR_NS ((uint64_t)1 << 62)

/* One clone of one capture, going through its sessions round by round. */
struct lane {
	uint64_t due_ns; /* of its next start */
	uint64_t phase_ns;
	uint64_t round;
	uint32_t at; /* in scripts->order */
	uint32_t input;
	uint32_t clone;
};

struct fdar_plan {
	struct fdar_plan_options options;
	struct fdar_plan_input *inputs;
	uint64_t *first_client; /* per input: number of its first client host in a round */
	uint64_t clients;       /* hosts in a round */
	size_t count;
	struct lane *heap; /* by due_ns */
	size_t lanes;
	uint64_t started;
};

static uint64_t period_of(const struct fdar_plan_input *input)
{
	return MAX(input->scripts->duration_ns, 1);
}

static uint64_t scaled(const struct fdar_plan *plan, unsigned __int128 time_ns)
{
	long double due = (long double)time_ns / (long double)plan->options.speed;

	return due < (long double)FAR_NS ? (uint64_t)due : FAR_NS;
}

static void lane_schedule(const struct fdar_plan *plan, struct lane *lane)
{
	const struct fdar_plan_input *input = &plan->inputs[lane->input];
	const struct fdar_scripts *scripts = input->scripts;
	uint64_t start = scripts->scripts[scripts->order[lane->at]].session->start_ns;

	lane->due_ns = scaled(plan, (unsigned __int128)lane->round * period_of(input) +
					    lane->phase_ns + start);
}

static gboolean before(const struct lane *a, const struct lane *b)
{
	if (a->due_ns != b->due_ns)
		return a->due_ns < b->due_ns;
	if (a->clone != b->clone)
		return a->clone < b->clone;
	return a->input < b->input;
}

static void sift_down(struct fdar_plan *plan, size_t i)
{
	struct lane moving = plan->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= plan->lanes)
			break;
		if (child + 1 < plan->lanes && before(&plan->heap[child + 1], &plan->heap[child]))
			child++;
		if (!before(&plan->heap[child], &moving))
			break;
		plan->heap[i] = plan->heap[child];
		i = child;
	}
	plan->heap[i] = moving;
}

static uint64_t phase_of(const struct fdar_plan *plan, const struct fdar_plan_input *input,
			 uint32_t clone, GRand *random)
{
	switch (plan->options.phase) {
	case FDAR_PHASE_UNIFORM:
		return (uint64_t)((unsigned __int128)period_of(input) * clone / input->clones);
	case FDAR_PHASE_RANDOM:
		return (uint64_t)(g_rand_double(random) * (double)period_of(input));
	case FDAR_PHASE_NONE:
		break;
	}
	return 0;
}

static void lanes_init(struct fdar_plan *plan)
{
	GRand *random = g_rand_new_with_seed(plan->options.seed);

	for (size_t i = 0; i < plan->count; i++) {
		const struct fdar_plan_input *input = &plan->inputs[i];

		for (uint32_t c = 0; c < input->clones && input->scripts->fit; c++) {
			struct lane *lane = &plan->heap[plan->lanes++];

			lane->input = (uint32_t)i;
			lane->clone = c;
			lane->phase_ns = phase_of(plan, input, c, random);
			lane_schedule(plan, lane);
		}
	}
	g_rand_free(random);
	for (size_t i = plan->lanes / 2; i-- > 0;)
		sift_down(plan, i);
}

struct fdar_plan *fdar_plan_new(const struct fdar_plan_input *inputs, size_t count,
				const struct fdar_plan_options *options)
{
	struct fdar_plan *plan = g_new0(struct fdar_plan, 1);
	size_t lanes = 0;

	plan->options = *options;
	plan->inputs = g_memdup2(inputs, count * sizeof(*inputs));
	plan->first_client = g_new0(uint64_t, count);
	plan->count = count;
	for (size_t i = 0; i < count; i++) {
		plan->first_client[i] = plan->clients;
		plan->clients += (uint64_t)inputs[i].clones * inputs[i].scripts->hosts;
		lanes += inputs[i].clones;
	}
	plan->heap = g_new0(struct lane, lanes);
	lanes_init(plan);
	return plan;
}

static uint64_t due_of(const struct fdar_plan *plan, const struct lane *lane)
{
	long double due;

	if (plan->options.asap)
		return 0;
	if (plan->options.rate <= 0)
		return lane->due_ns;
	due = (long double)plan->started * 1e9L / (long double)plan->options.rate;
	return due < (long double)FAR_NS ? (uint64_t)due : FAR_NS;
}

gboolean fdar_plan_next(struct fdar_plan *plan, struct fdar_start *start)
{
	struct lane *lane = &plan->heap[0];
	const struct fdar_plan_input *input;
	const struct fdar_scripts *scripts;

	if (!plan->lanes)
		return FALSE;
	input = &plan->inputs[lane->input];
	scripts = input->scripts;
	start->script = &scripts->scripts[scripts->order[lane->at]];
	start->input = lane->input;
	start->clone = lane->clone;
	start->round = (uint32_t)lane->round;
	start->due_ns = due_of(plan, lane);
	start->client = lane->round * plan->clients + plan->first_client[lane->input] +
			(uint64_t)lane->clone * scripts->hosts + start->script->host;
	plan->started++;
	if (++lane->at == scripts->fit) {
		lane->at = 0;
		lane->round++;
	}
	if (input->rounds && lane->round == input->rounds)
		*lane = plan->heap[--plan->lanes];
	else
		lane_schedule(plan, lane);
	if (plan->lanes)
		sift_down(plan, 0);
	return TRUE;
}

uint64_t fdar_plan_asked(const struct fdar_plan *plan, uint32_t input)
{
	const struct fdar_plan_input *in = &plan->inputs[input];

	return in->rounds * in->clones * in->scripts->count;
}

uint64_t fdar_plan_length_ns(const struct fdar_plan *plan)
{
	uint64_t length = 0;

	if (plan->options.asap || plan->options.rate > 0)
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		const struct fdar_plan_input *input = &plan->inputs[i];
		unsigned __int128 end = (unsigned __int128)input->rounds * period_of(input);

		if (!input->rounds)
			return 0;
		if (plan->options.phase != FDAR_PHASE_NONE)
			end += period_of(input) / input->clones * (input->clones - 1);
		length = MAX(length, scaled(plan, end));
	}
	return length;
}

void fdar_plan_free(struct fdar_plan *plan)
{
	if (!plan)
		return;
	g_free(plan->heap);
	g_free(plan->first_client);
	g_free(plan->inputs);
	g_free(plan);
}
