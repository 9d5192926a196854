#include "pipeline/clocks/clocks.h"

#include <math.h>
#include <string.h>

#include "pipeline/clocks/clock_bounds.h"
#include "pipeline/clocks/meetings.h"

#define NAMES_TOLD 4u /* of hosts in a line */

/* What two clocks say of each other: the second is ahead of the first. */
struct pair {
	guint first, second;
	struct fdar_clock_bounds bounds;
	uint64_t connections;
	enum fdar_clock_verdict verdict;
	struct fdar_clock_offset offset;
};

struct fdar_clocks {
	GPtrArray *names; /* char *: of clock 1 and up at index 0 and up */
	struct fdar_meetings *meetings;
	const char *last_host; /* and what it goes by; the source's texts stay where they are */
	uint32_t last;
};

/* While it is solved: how a clock is compared with the first one. */
struct compared {
	gboolean known;
	gboolean contradicts;
	struct fdar_clock_offset offset; /* it is ahead of the first one, at times of that */
	uint64_t messages, connections;  /* of the pair that told it */
};

struct solving {
	const struct fdar_clocks *clocks;
	GHashTable *pairs; /* first << 32 | second -> struct pair *, owned */
};

size_t fdar_clocks_name_length(const char *host)
{
	size_t name = strcspn(host, " ");

	if (name && g_str_has_prefix(host + name, " @"))
		name += 2 + strcspn(host + name + 2, " ");
	return name;
}

struct fdar_clocks *fdar_clocks_new(const GPtrArray *hosts)
{
	struct fdar_clocks *clocks = g_new0(struct fdar_clocks, 1);

	clocks->names = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < hosts->len && clocks->names->len < FDAR_CLOCKS_MAX; i++) {
		const char *host = g_ptr_array_index(hosts, i);
		g_autofree char *name = g_strndup(host, fdar_clocks_name_length(host));

		if (*name &&
		    !g_ptr_array_find_with_equal_func(clocks->names, name, g_str_equal, NULL))
			g_ptr_array_add(clocks->names, g_steal_pointer(&name));
	}
	clocks->meetings = fdar_meetings_new();
	return clocks;
}

void fdar_clocks_free(struct fdar_clocks *clocks)
{
	if (!clocks)
		return;
	g_ptr_array_unref(clocks->names);
	fdar_meetings_free(clocks->meetings);
	g_free(clocks);
}

guint fdar_clocks_count(const struct fdar_clocks *clocks)
{
	return clocks->names->len;
}

static gboolean is_clock_of(const char *clock, const char *host)
{
	size_t length = fdar_clocks_name_length(host);

	return length && strncmp(clock, host, length) == 0 && !clock[length];
}

void fdar_clocks_feed(struct fdar_clocks *clocks, const struct fdar_event *event, const char *host,
		      const char *name)
{
	if (host != clocks->last_host) {
		clocks->last_host = host;
		clocks->last = 0;
		for (guint i = 0; i < clocks->names->len && !clocks->last; i++)
			if (is_clock_of(g_ptr_array_index(clocks->names, i), host))
				clocks->last = i + 1;
	}
	fdar_meetings_feed(clocks->meetings, event, clocks->last, name);
}

/* ---- pairs ---- */

static void pair_free(void *data)
{
	struct pair *pair = data;

	fdar_clock_bounds_clear(&pair->bounds);
	g_free(pair);
}

static struct pair *pair_of(const struct solving *solving, uint32_t a, uint32_t b)
{
	guint64 key = (guint64)MIN(a, b) << 32 | MAX(a, b);
	struct pair *pair = g_hash_table_lookup(solving->pairs, &key);

	if (pair)
		return pair;
	pair = g_new0(struct pair, 1);
	pair->first = MIN(a, b);
	pair->second = MAX(a, b);
	g_hash_table_insert(solving->pairs, g_memdup2(&key, sizeof(key)), pair);
	return pair;
}

static void on_byte(void *user, const struct fdar_meetings_byte *byte)
{
	struct pair *pair = pair_of(user, byte->sender, byte->receiver);

	pair->connections += byte->first ? 1 : 0;
	if (byte->sender == pair->first)
		fdar_clock_bounds_at_most(&pair->bounds, byte->sent_ns,
					  byte->come_ns - byte->sent_ns);
	else
		fdar_clock_bounds_at_least(&pair->bounds, byte->come_ns,
					   byte->sent_ns - byte->come_ns);
}

/* ---- from clock to clock ---- */

/* Times of a hostile trace are anywhere. */
static int64_t plus(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) || sum == INT64_MIN
		       ? (a < 0 ? -INT64_MAX : INT64_MAX)
		       : sum;
}

/* By how much it may be more or less so long before or behind a time: rates are known to no more than their limit. */
static double drift_ns(int64_t a_ns, int64_t b_ns)
{
	return 2 * FDAR_CLOCK_RATE_MAX * fabs((double)a_ns - (double)b_ns);
}

static int64_t ahead_ns(struct fdar_clock_offset offset, int64_t time_ns)
{
	return plus(offset.offset_ns,
		    (int64_t)llround(offset.rate * ((double)time_ns - (double)offset.at_ns)));
}

/* The same, of how much the first is ahead of the second. */
static struct fdar_clock_offset turned(struct fdar_clock_offset offset)
{
	return (struct fdar_clock_offset){
		.at_ns = plus(offset.at_ns, offset.offset_ns),
		.offset_ns = -offset.offset_ns,
		.rate = -offset.rate / (1 + offset.rate),
		.within_ns = offset.within_ns,
	};
}

/* How far b is ahead of the first clock, if it is so far ahead of a, and a of the first. */
static struct fdar_clock_offset joined(struct fdar_clock_offset a, struct fdar_clock_offset b)
{
	int64_t at_a = plus(a.at_ns, a.offset_ns);

	return (struct fdar_clock_offset){
		.at_ns = a.at_ns,
		.offset_ns = plus(a.offset_ns, ahead_ns(b, at_a)),
		.rate = a.rate + b.rate * (1 + a.rate),
		.within_ns = a.within_ns + b.within_ns + (uint64_t)drift_ns(at_a, b.at_ns),
	};
}

/* A clock that may well be right is let be. */
static gboolean is_off(const struct fdar_clock_offset *offset)
{
	int64_t ns = offset->offset_ns;

	return offset->rate != 0 || (uint64_t)(ns < 0 ? -ns : ns) > offset->within_ns;
}

/* One address is of two connections where networks have the same ones, behind NAT or in containers: each end is told once,
 * by another host, and what they sent when has nothing to do with each other. Two such pairs do not agree. */
static gboolean is_by_chance(const struct pair *pair)
{
	return pair->connections < FDAR_CLOCKS_CONNECTIONS_MIN && is_off(&pair->offset);
}

/* The pair that takes one clock further that is not known yet, as exactly as can be; NULL: there is none. */
static const struct pair *next_pair(const struct solving *solving, const struct compared *all)
{
	const struct pair *best = NULL;
	GHashTableIter pairs;
	gpointer value;

	g_hash_table_iter_init(&pairs, solving->pairs);
	while (g_hash_table_iter_next(&pairs, NULL, &value)) {
		const struct pair *pair = value;

		if (pair->verdict != FDAR_CLOCK_KNOWN ||
		    all[pair->first].known == all[pair->second].known)
			continue;
		if (!best || pair->offset.within_ns < best->offset.within_ns ||
		    (pair->offset.within_ns == best->offset.within_ns &&
		     (pair->first < best->first ||
		      (pair->first == best->first && pair->second < best->second))))
			best = pair;
	}
	return best;
}

/* Whether a pair says what was said of both by way of others. */
static gboolean agrees(const struct pair *pair, const struct compared *all)
{
	const struct fdar_clock_offset *first = &all[pair->first].offset;
	const struct fdar_clock_offset *second = &all[pair->second].offset;
	int64_t at = plus(pair->offset.at_ns, -ahead_ns(*first, pair->offset.at_ns));
	double ahead = (double)ahead_ns(*second, at) - (double)ahead_ns(*first, at);
	double within = (double)first->within_ns + (double)second->within_ns +
			(double)pair->offset.within_ns + drift_ns(at, second->at_ns);

	/* The first clock of all is ahead of itself by nothing, at any time. */
	if (pair->first != 1)
		within += drift_ns(at, first->at_ns);
	return fabs(ahead - (double)pair->offset.offset_ns) <= within;
}

/* Which of them is wrong nobody knows. */
static void forget_all(const struct solving *solving, struct compared *all)
{
	for (guint i = 2; i <= solving->clocks->names->len; i++) {
		all[i].contradicts = all[i].contradicts || all[i].known;
		all[i].known = FALSE;
	}
}

static void check_all(const struct solving *solving, struct compared *all)
{
	gboolean agree = TRUE;
	GHashTableIter pairs;
	gpointer value;

	g_hash_table_iter_init(&pairs, solving->pairs);
	while (g_hash_table_iter_next(&pairs, NULL, &value)) {
		const struct pair *pair = value;

		if (pair->verdict == FDAR_CLOCK_KNOWN && all[pair->first].known)
			agree = agree && agrees(pair, all);
	}
	if (!agree)
		forget_all(solving, all);
}

static void compare_all(const struct solving *solving, struct compared *all)
{
	const struct pair *pair;
	GHashTableIter pairs;
	gpointer value;

	g_hash_table_iter_init(&pairs, solving->pairs);
	while (g_hash_table_iter_next(&pairs, NULL, &value)) {
		struct pair *each = value;

		each->verdict = fdar_clock_bounds_solve(&each->bounds, &each->offset);
		if (each->verdict == FDAR_CLOCK_CONTRADICT)
			all[each->first].contradicts = all[each->second].contradicts = TRUE;
		if (each->verdict == FDAR_CLOCK_KNOWN && is_by_chance(each))
			each->verdict = FDAR_CLOCK_FEW;
	}
	all[1].known = TRUE;
	while ((pair = next_pair(solving, all))) {
		gboolean forward = all[pair->first].known;
		guint from = forward ? pair->first : pair->second;
		struct compared *to = &all[forward ? pair->second : pair->first];
		struct fdar_clock_offset step = forward ? pair->offset : turned(pair->offset);

		to->known = TRUE;
		to->offset = from == 1 ? step : joined(all[from].offset, step);
		to->messages = pair->bounds.count;
		to->connections = pair->connections;
	}
	check_all(solving, all);
}

/* ---- what is said and done ---- */

static char *name_of(const struct fdar_clocks *clocks, guint clock)
{
	const char *name = g_ptr_array_index(clocks->names, clock - 1);
	size_t length = strcspn(name, " ");

	for (guint i = 0; i < clocks->names->len; i++) {
		const char *other = g_ptr_array_index(clocks->names, i);

		if (i != clock - 1 && strcspn(other, " ") == length &&
		    strncmp(name, other, length) == 0 && g_str_has_prefix(name + length, " @"))
			return g_strdup_printf("%.*s (boot %.8s)", (int)length, name,
					       name + length + 2);
	}
	return g_strndup(name, length);
}

/* To two digits, or as exactly as it is known. */
static char *duration(uint64_t ns, uint64_t within_ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
	size_t i = 0;
	int digits = 1;

	while (i + 1 < G_N_ELEMENTS(units) && (double)ns < units[i].ns)
		i++;
	while (digits < 9 && pow(10, -digits) * units[i].ns > (double)within_ns / 10)
		digits++;
	return g_strdup_printf("%.*f %s", digits, (double)ns / units[i].ns, units[i].unit);
}

static char *line_of(const struct fdar_clocks *clocks, guint number, const struct compared *clock)
{
	g_autofree char *name = name_of(clocks, number), *first = name_of(clocks, 1);
	int64_t offset = clock->offset.offset_ns;
	uint64_t within_ns = clock->offset.within_ns;
	g_autofree char *off = duration((uint64_t)(offset < 0 ? -offset : offset), within_ns);
	g_autofree char *within = duration(within_ns, within_ns);
	g_autofree char *rate =
		clock->offset.rate != 0
			? g_strdup_printf(", and goes %.1f ppm %s", fabs(clock->offset.rate) * 1e6,
					  clock->offset.rate > 0 ? "faster" : "slower")
			: g_strdup("");

	if (!clock->known)
		return g_strdup_printf(
			"the clock of host %s is not compared: by what it and others "
			"sent each other it would be ahead and behind; its times are "
			"its own",
			name);
	if (!is_off(&clock->offset))
		return g_strdup_printf(
			"the clocks of hosts %s and %s agree, +-%s, by %" G_GUINT64_FORMAT
			" messages of %" G_GUINT64_FORMAT " connections",
			name, first, within, clock->messages, clock->connections);
	return g_strdup_printf(
		"the clock of host %s is %s %s that of %s%s, +-%s, by %" G_GUINT64_FORMAT
		" messages of %" G_GUINT64_FORMAT " connections: put right",
		name, off, offset > 0 ? "ahead of" : "behind", first, rate, within, clock->messages,
		clock->connections);
}

static void shift_clear(void *data)
{
	g_free(((struct fdar_clock_shift *)data)->clock);
}

/* Hosts of one kernel go by one clock, unless somebody says otherwise. */
static gboolean is_same_kernel(const struct fdar_clocks *clocks, guint number)
{
	const char *name = g_ptr_array_index(clocks->names, number - 1);
	const char *first = g_ptr_array_index(clocks->names, 0);
	const char *boot = strstr(name, " @"), *first_boot = strstr(first, " @");

	return boot && first_boot && strcmp(boot, first_boot) == 0;
}

/* Of all that too little is told of: there may be hundreds. */
static void tell_few(const struct fdar_clocks *clocks, const struct compared *all, GPtrArray *lines)
{
	g_autoptr(GString) names = g_string_new(NULL);
	guint count = 0;

	for (guint i = 2; i <= clocks->names->len; i++) {
		g_autofree char *name = name_of(clocks, i);

		if (all[i].known || all[i].contradicts || is_same_kernel(clocks, i))
			continue;
		if (count++ < NAMES_TOLD)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", name);
	}
	if (count == 1)
		g_ptr_array_add(
			lines,
			g_strdup_printf("the clock of host %s is not compared: too little is told "
					"by both ends of a connection; its times are its own",
					names->str));
	if (count > 1)
		g_ptr_array_add(
			lines,
			g_strdup_printf("the clocks of %u hosts are not compared: too little is "
					"told by both ends of a connection; their times are their "
					"own (%s%s)",
					count, names->str, count > NAMES_TOLD ? ", ..." : ""));
}

static void tell(const struct fdar_clocks *clocks, const struct compared *all, GPtrArray *lines,
		 GArray *shifts)
{
	for (guint i = 2; i <= clocks->names->len; i++) {
		const struct fdar_clock_offset *offset = &all[i].offset;
		struct fdar_clock_shift shift = { .rate = 0 };

		if ((all[i].known || all[i].contradicts) &&
		    (is_off(&all[i].offset) || !is_same_kernel(clocks, i)))
			g_ptr_array_add(lines, line_of(clocks, i, &all[i]));
		if (!all[i].known || !is_off(&all[i].offset))
			continue;
		shift.clock = g_strdup(g_ptr_array_index(clocks->names, i - 1));
		shift.from_ns = plus(offset->at_ns, offset->offset_ns);
		shift.to_ns = offset->at_ns;
		shift.rate = -offset->rate / (1 + offset->rate);
		g_array_append_val(shifts, shift);
	}
	tell_few(clocks, all, lines);
}

void fdar_clocks_solve(const struct fdar_clocks *clocks, GPtrArray **lines, GArray **shifts)
{
	g_autofree struct compared *all = g_new0(struct compared, clocks->names->len + 2);
	struct solving solving = { .clocks = clocks };

	*lines = g_ptr_array_new_with_free_func(g_free);
	*shifts = g_array_new(FALSE, FALSE, sizeof(struct fdar_clock_shift));
	g_array_set_clear_func(*shifts, shift_clear);
	solving.pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pair_free);
	fdar_meetings_tell(clocks->meetings, on_byte, &solving);
	compare_all(&solving, all);
	tell(clocks, all, *lines, *shifts);
	g_hash_table_unref(solving.pairs);
}

const struct fdar_clock_shift *fdar_clock_shift_find(const GArray *shifts, const char *host)
{
	for (guint i = 0; shifts && i < shifts->len; i++) {
		const struct fdar_clock_shift *shift =
			&g_array_index(shifts, struct fdar_clock_shift, i);

		if (is_clock_of(shift->clock, host))
			return shift;
	}
	return NULL;
}
