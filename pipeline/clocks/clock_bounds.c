#include "pipeline/clocks/clock_bounds.h"

#include <math.h>

#define KEPT_MAX 4096u /* of a side while they come in; then every second one goes */
#define USED_MAX 64u   /* of a side when all are in: the tightest of as many spans of time */
#define ROUNDING 0.5   /* ns */
#define FAR      (INT64_C(1) << 52)

enum side { BELOW, ABOVE };

/* Both relative to the first bound, so that doubles hold them to the nanosecond. */
struct bound {
	double time_ns;
	double offset_ns;
};

void fdar_clock_bounds_clear(struct fdar_clock_bounds *bounds)
{
	for (int i = 0; i < 2; i++)
		g_clear_pointer(&bounds->sides[i], g_array_unref);
	*bounds = (struct fdar_clock_bounds){ 0 };
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct bound *left = a, *right = b;

	return left->time_ns < right->time_ns ? -1 : left->time_ns > right->time_ns;
}

static gboolean is_tighter(enum side side, const struct bound *a, const struct bound *b)
{
	return side == ABOVE ? a->offset_ns < b->offset_ns : a->offset_ns > b->offset_ns;
}

/* The tightest of each of so many spans of time. To leave out bounds makes nothing untrue. */
static void thin(GArray *bounds, enum side side, guint left)
{
	guint count = bounds->len, kept = 0;

	if (count <= left)
		return;
	g_array_sort(bounds, by_time);
	for (guint i = 0; i < left; i++) {
		guint first = (guint)((uint64_t)count * i / left);
		guint end = (guint)((uint64_t)count * (i + 1) / left);
		struct bound best = g_array_index(bounds, struct bound, first);

		for (guint j = first + 1; j < end; j++)
			if (is_tighter(side, &g_array_index(bounds, struct bound, j), &best))
				best = g_array_index(bounds, struct bound, j);
		g_array_index(bounds, struct bound, kept++) = best;
	}
	g_array_set_size(bounds, kept);
}

/* One that is too far off to be counted in doubles is no clock's. */
static gboolean relative_to(int64_t value, int64_t zero, double *relative)
{
	int64_t difference;

	if (__builtin_sub_overflow(value, zero, &difference) || difference > FAR ||
	    difference < -FAR)
		return FALSE;
	*relative = (double)difference;
	return TRUE;
}

static void add(struct fdar_clock_bounds *bounds, enum side side, int64_t time_ns,
		int64_t offset_ns)
{
	struct bound bound;

	if (!bounds->sides[side]) {
		bounds->zero_ns = time_ns;
		bounds->zero_offset_ns = offset_ns;
		for (int i = 0; i < 2; i++)
			bounds->sides[i] = g_array_new(FALSE, FALSE, sizeof(struct bound));
	}
	if (!relative_to(time_ns, bounds->zero_ns, &bound.time_ns) ||
	    !relative_to(offset_ns, bounds->zero_offset_ns, &bound.offset_ns))
		return;
	bounds->count++;
	g_array_append_val(bounds->sides[side], bound);
	if (bounds->sides[side]->len == KEPT_MAX)
		thin(bounds->sides[side], side, KEPT_MAX / 2);
}

void fdar_clock_bounds_at_least(struct fdar_clock_bounds *bounds, int64_t time_ns,
				int64_t offset_ns)
{
	add(bounds, BELOW, time_ns, offset_ns);
}

void fdar_clock_bounds_at_most(struct fdar_clock_bounds *bounds, int64_t time_ns, int64_t offset_ns)
{
	add(bounds, ABOVE, time_ns, offset_ns);
}

/* ---- the lines that fit ---- */

struct line {
	double at_zero;
	double rate;
};

/* What is known of all lines that fit: the outermost at both ends of the time that bounds are of. */
struct fitting {
	const GArray *sides[2];
	double ends[2]; /* times */
	gboolean any;
	struct line outermost[2][2]; /* at each end the lowest, the highest */
};

static double value_at(struct line line, double time_ns)
{
	return line.at_zero + line.rate * time_ns;
}

/* Of the lines with that rate, the lowest and the highest at time 0 that all bounds let be; FALSE: none. */
static gboolean range_of(const struct fitting *fitting, double rate, double range[2])
{
	range[BELOW] = -INFINITY;
	range[ABOVE] = INFINITY;
	for (int side = 0; side < 2; side++)
		for (guint i = 0; i < fitting->sides[side]->len; i++) {
			const struct bound *bound =
				&g_array_index(fitting->sides[side], struct bound, i);
			double at_zero = bound->offset_ns - rate * bound->time_ns;

			if (side == BELOW)
				range[BELOW] = MAX(range[BELOW], at_zero);
			else
				range[ABOVE] = MIN(range[ABOVE], at_zero);
		}
	return range[BELOW] <= range[ABOVE] + ROUNDING;
}

static void consider(struct fitting *fitting, double rate)
{
	double range[2];

	if (!(ABS(rate) <= FDAR_CLOCK_RATE_MAX) || !range_of(fitting, rate, range))
		return;
	for (int end = 0; end < 2; end++) {
		const struct line low = { range[BELOW], rate }, high = { range[ABOVE], rate };
		double time = fitting->ends[end];
		struct line *out = fitting->outermost[end];

		if (!fitting->any || value_at(low, time) < value_at(out[BELOW], time))
			out[BELOW] = low;
		if (!fitting->any || value_at(high, time) > value_at(out[ABOVE], time))
			out[ABOVE] = high;
	}
	fitting->any = TRUE;
}

/* The lines that fit are a polygon in offset and rate: its corners have the rate of a line through two bounds, or
 * the greatest there is. */
static void consider_corners(struct fitting *fitting)
{
	guint lower = fitting->sides[BELOW]->len, count = lower + fitting->sides[ABOVE]->len;

	consider(fitting, -FDAR_CLOCK_RATE_MAX);
	consider(fitting, FDAR_CLOCK_RATE_MAX);
	for (guint i = 0; i < count; i++)
		for (guint j = 0; j < i; j++) {
			const struct bound *a =
				i < lower ? &g_array_index(fitting->sides[BELOW], struct bound, i)
					  : &g_array_index(fitting->sides[ABOVE], struct bound,
							   i - lower);
			const struct bound *b =
				j < lower ? &g_array_index(fitting->sides[BELOW], struct bound, j)
					  : &g_array_index(fitting->sides[ABOVE], struct bound,
							   j - lower);

			if (a->time_ns != b->time_ns)
				consider(fitting,
					 (a->offset_ns - b->offset_ns) / (a->time_ns - b->time_ns));
		}
}

static void find_ends(struct fitting *fitting)
{
	fitting->ends[0] = INFINITY;
	fitting->ends[1] = -INFINITY;
	for (int side = 0; side < 2; side++)
		for (guint i = 0; i < fitting->sides[side]->len; i++) {
			double time = g_array_index(fitting->sides[side], struct bound, i).time_ns;

			fitting->ends[0] = MIN(fitting->ends[0], time);
			fitting->ends[1] = MAX(fitting->ends[1], time);
		}
}

/* A clock that may well be steady is taken for steady; else the middle of the corners is a line that fits. */
static struct line middle_of(const struct fitting *fitting)
{
	struct line middle = { 0, 0 };
	double range[2];

	if (range_of(fitting, 0, range))
		return (struct line){ (range[BELOW] + range[ABOVE]) / 2, 0 };
	for (int end = 0; end < 2; end++)
		for (int side = 0; side < 2; side++) {
			middle.at_zero += fitting->outermost[end][side].at_zero / 4;
			middle.rate += fitting->outermost[end][side].rate / 4;
		}
	return middle;
}

static double farthest_from(const struct fitting *fitting, struct line line)
{
	double most = 0;

	for (int end = 0; end < 2; end++)
		for (int side = 0; side < 2; side++) {
			double time = fitting->ends[end];

			most = MAX(most, fabs(value_at(fitting->outermost[end][side], time) -
					      value_at(line, time)));
		}
	return most;
}

static void tell(const struct fdar_clock_bounds *bounds, const struct fitting *fitting,
		 struct fdar_clock_offset *offset)
{
	struct line line = middle_of(fitting);
	double at = floor((fitting->ends[0] + fitting->ends[1]) / 2);

	*offset = (struct fdar_clock_offset){
		.at_ns = bounds->zero_ns + (int64_t)at,
		.offset_ns = bounds->zero_offset_ns + (int64_t)llround(value_at(line, at)),
		.rate = line.rate,
		.within_ns = (uint64_t)ceil(farthest_from(fitting, line)) + 1,
	};
}

enum fdar_clock_verdict fdar_clock_bounds_solve(const struct fdar_clock_bounds *bounds,
						struct fdar_clock_offset *offset)
{
	struct fitting fitting = { .any = FALSE };
	enum fdar_clock_verdict verdict = FDAR_CLOCK_KNOWN;

	for (int side = 0; side < 2; side++)
		if (!bounds->sides[side] || bounds->sides[side]->len < FDAR_CLOCK_BOUNDS_MIN)
			return FDAR_CLOCK_FEW;
	for (int side = 0; side < 2; side++) {
		GArray *used = g_array_copy(bounds->sides[side]);

		thin(used, (enum side)side, USED_MAX);
		fitting.sides[side] = used;
	}
	find_ends(&fitting);
	consider_corners(&fitting);
	if (fitting.any)
		tell(bounds, &fitting, offset);
	else
		verdict = FDAR_CLOCK_CONTRADICT;
	for (int side = 0; side < 2; side++)
		g_array_unref((GArray *)fitting.sides[side]);
	return verdict;
}
