/* Flame graphs and exported trees: what is added up, what fits where, what a strange name does. */
#include <math.h>
#include <string.h>

#include "tests/unit/kit/profile_script.h"
#include "viz/export/export_tree.h"
#include "viz/flame/flame.h"

/* Two sessions: 10 us in all each; work() calls leaf() once in the first and twice in the second. */
static const char two[] = "1A 0 begin:1:c 100 +work 1100 +leaf 3100 -leaf 10100 -work "
			  "10200 end:1\n"
			  "2A 0 begin:2:c 100 +work 1100 +leaf 2100 -leaf 2200 +leaf 3200 "
			  "-leaf 10100 -work 10200 end:2\n";

static uint32_t find(const struct fdar_flame_tree *tree, const char *name)
{
	for (uint32_t i = 1; i < tree->count; i++)
		if (strcmp(tree->nodes[i].name, name) == 0)
			return i;
	g_assert_not_reached();
}

static void test_times(void)
{
	g_autoptr(fdar_profile) profile = script_profile(two);
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_profile(profile);
	const struct fdar_flame_node *work = &tree->nodes[find(tree, "work")];
	const struct fdar_flame_node *leaf = &tree->nodes[find(tree, "leaf")];

	g_assert_cmpstr(tree->unit, ==, "session");
	g_assert_cmpfloat(tree->units[FDAR_FLAME_SUBJECT], ==, 2);
	g_assert_cmpfloat(work->total_ns[FDAR_FLAME_SUBJECT], ==, 10000);
	g_assert_cmpfloat(work->own_ns[FDAR_FLAME_SUBJECT], ==, 8000);
	g_assert_cmpfloat(leaf->total_ns[FDAR_FLAME_SUBJECT], ==, 2000);
	g_assert_cmpfloat(leaf->calls[FDAR_FLAME_SUBJECT], ==, 1.5);
	g_assert_cmpuint(leaf->parent, ==, find(tree, "work"));
}

/* Whatever the tree: own times of all nodes are the root's total, children fit into their parent. */
static void test_sums(void)
{
	g_autoptr(fdar_profile) profile = script_profile(two);
	g_autoptr(fdar_diff) diff = fdar_diff_new(profile, profile, NULL, NULL);
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_diff(diff);
	g_autofree double *below = g_new0(double, tree->count);

	for (unsigned side = 0; side < FDAR_FLAME_SIDES; side++) {
		double own = 0;

		memset(below, 0, sizeof(double) * tree->count);
		for (uint32_t i = 0; i < tree->count; i++) {
			own += tree->nodes[i].own_ns[side];
			if (i)
				below[tree->nodes[i].parent] += tree->nodes[i].total_ns[side];
		}
		g_assert_cmpfloat_with_epsilon(own, tree->nodes[0].total_ns[side], 1e-6);
		for (uint32_t i = 0; i < tree->count; i++)
			g_assert_cmpfloat(below[i], <=, tree->nodes[i].total_ns[side] + 1e-6);
	}
}

static void test_folded(void)
{
	g_autoptr(fdar_profile) profile = script_profile(two);
	g_autoptr(fdar_diff) diff = fdar_diff_new(profile, profile, NULL, NULL);
	g_autoptr(fdar_flame_tree) one = fdar_flame_tree_of_profile(profile);
	g_autoptr(fdar_flame_tree) both = fdar_flame_tree_of_diff(diff);
	GString *text = fdar_export_folded(one);

	g_assert_cmpstr(text->str, ==, "work 8000\nwork;leaf 2000\n");
	g_string_free(text, TRUE);
	text = fdar_export_folded(both);
	g_assert_cmpstr(text->str, ==, "work 8000 8000\nwork;leaf 2000 2000\n");
	g_string_free(text, TRUE);
}

/* A name cannot end a stack, a line, an attribute or a document. */
static void test_hostile(void)
{
	struct fdar_flame_node nodes[2] = {
		{ .name = "",
		  .component = "",
		  .parent = FDAR_PROFILE_NONE,
		  .total_ns = { 0, 1000 } },
		{ .name = "a;b\"><script>\n\033[31m",
		  .component = "]]>&",
		  .own_ns = { 0, 1000 },
		  .total_ns = { 0, 1000 },
		  .calls = { 0, 1 } },
	};
	const struct fdar_flame_tree tree = {
		.nodes = nodes, .count = 2, .units = { 1, 1 }, .unit = "session"
	};
	const struct fdar_flame_options options = { .title = "<b>", .width = 600 };
	GString *svg = fdar_flame_svg(&tree, FDAR_FLAME_SUBJECT, &options);
	GString *folded = fdar_export_folded(&tree);
	g_autoptr(GMarkupParseContext) context = NULL;
	const GMarkupParser parser = { 0 };
	g_autoptr(GError) error = NULL;

	context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_assert_true(g_markup_parse_context_parse(context, svg->str, (gssize)svg->len, &error));
	g_assert_true(g_markup_parse_context_end_parse(context, &error));
	g_assert_null(strstr(svg->str, "<script"));
	g_assert_null(strchr(svg->str, '\033'));
	g_assert_true(g_str_has_prefix(folded->str, "a,b"));
	g_string_free(svg, TRUE);
	g_string_free(folded, TRUE);
}

/* What a reader of protocol buffers finds: gzip's magic, and as many bytes as it says. */
static void test_pprof(void)
{
	g_autoptr(fdar_profile) profile = script_profile(two);
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_profile(profile);
	g_autoptr(GByteArray) bytes = fdar_export_pprof(tree, FDAR_FLAME_SUBJECT, NULL);

	g_assert_nonnull(bytes);
	g_assert_cmpuint(bytes->len, >, 20);
	g_assert_cmphex(bytes->data[0], ==, 0x1f);
	g_assert_cmphex(bytes->data[1], ==, 0x8b);
}

/* ---- samples ---- */

/* What sampled.h reads, made by hand: stacks are texts of one-letter functions, outermost first. */
static struct fdar_sampled *sampled_new(uint64_t period_ns, guint sessions)
{
	struct fdar_sampled *sampled = g_new0(struct fdar_sampled, 1);

	sampled->samples = fdar_samples_new();
	sampled->samples->period_ns = period_ns;
	sampled->owners = g_new0(struct fdar_sampled_owner, 1000);
	sampled->sessions = g_array_new(FALSE, TRUE, sizeof(struct fdar_sampled_session));
	g_array_set_size(sampled->sessions, sessions);
	for (guint i = 0; i < sessions; i++)
		g_array_index(sampled->sessions, struct fdar_sampled_session, i).label =
			g_strdup(i ? "bad" : "good");
	return sampled;
}

static void sample(struct fdar_sampled *sampled, const char *stack, guint times, uint8_t place,
		   uint32_t session)
{
	struct fdar_sample one = { 0 };

	for (const char *c = stack; *c; c++) {
		const char name[] = { *c, 0 };
		uint32_t function = fdar_samples_function(sampled->samples, FDAR_SAMPLE_NAMED, name,
							  "server", "", 0);

		one.node = fdar_samples_node(sampled->samples, one.node, function);
	}
	for (; times; times--) {
		sampled->owners[sampled->samples->samples->len] =
			(struct fdar_sampled_owner){ session, place };
		fdar_samples_add(sampled->samples, &one);
	}
}

static void free_sampled(struct fdar_sampled *sampled)
{
	for (guint i = 0; i < sampled->sessions->len; i++)
		g_free(g_array_index(sampled->sessions, struct fdar_sampled_session, i).label);
	g_array_unref(sampled->sessions);
	fdar_samples_free(sampled->samples);
	g_free(sampled->owners);
	g_free(sampled);
}

/* Of sessions only, per session; a function that calls itself is one box; what recording costs is nowhere. */
static void test_samples(void)
{
	struct fdar_sampled *sampled = sampled_new(1000, 2);
	const struct fdar_sampled *sides[] = { NULL, sampled };
	static const char *const labels[] = { NULL, NULL }, *const bad[] = { NULL, "bad" };
	g_autoptr(fdar_flame_tree) all = NULL, one = NULL;

	sample(sampled, "mab", 3, FDAR_SAMPLED_SESSION, 0);
	sample(sampled, "maaab", 1, FDAR_SAMPLED_SESSION, 1);
	sample(sampled, "ma", 2, FDAR_SAMPLED_SESSION, 1);
	sample(sampled, "mp", 9, FDAR_SAMPLED_PRICE, 1);
	sample(sampled, "mw", 9, FDAR_SAMPLED_SERVER, FDAR_SAMPLED_NONE);
	all = fdar_flame_tree_of_samples(sides, labels, FDAR_UNIT_SESSION);
	g_assert_cmpstr(all->unit, ==, "session");
	g_assert_false(all->two_sides);
	g_assert_cmpfloat(all->nodes[0].total_ns[FDAR_FLAME_SUBJECT], ==, 3000);
	g_assert_cmpfloat(all->nodes[find(all, "a")].own_ns[FDAR_FLAME_SUBJECT], ==, 1000);
	g_assert_cmpfloat(all->nodes[find(all, "b")].own_ns[FDAR_FLAME_SUBJECT], ==, 2000);
	g_assert_cmpuint(all->nodes[find(all, "b")].parent, ==, find(all, "a"));
	g_assert_cmpfloat(all->nodes[find(all, "p")].total_ns[FDAR_FLAME_SUBJECT], ==, 0);
	one = fdar_flame_tree_of_samples(sides, bad, FDAR_UNIT_SESSION);
	g_assert_cmpfloat(one->nodes[0].total_ns[FDAR_FLAME_SUBJECT], ==, 3000);
	g_assert_cmpfloat(one->units[FDAR_FLAME_SUBJECT], ==, 1);
	free_sampled(sampled);
}

static gboolean is_filled(const char *svg, const char *name, const char *color)
{
	g_autofree char *begin = g_strdup_printf("data-name=\"%s\"", name);
	const char *box = strstr(svg, begin), *end = box ? strstr(box, "</g>") : NULL;
	const char *fill = box ? strstr(box, color) : NULL;

	g_assert_nonnull(end);
	return fill && fill < end;
}

/* One more or less is chance, and no colour; twenty times as many are none. */
static void test_samples_compared(void)
{
	struct fdar_sampled *base = sampled_new(1000, 2), *bad = sampled_new(1000, 2);
	const struct fdar_sampled *sides[] = { base, bad };
	static const char *const labels[] = { NULL, NULL };
	const struct fdar_flame_options options = { .width = 1000 };
	g_autoptr(fdar_flame_tree) tree = NULL;
	GString *svg;

	sample(base, "ma", 2, FDAR_SAMPLED_SESSION, 0);
	sample(base, "mb", 2, FDAR_SAMPLED_SESSION, 0);
	sample(bad, "ma", 3, FDAR_SAMPLED_SESSION, 0);
	sample(bad, "mb", 60, FDAR_SAMPLED_SESSION, 1);
	sample(bad, "mc", 40, FDAR_SAMPLED_SESSION, 1);
	sample(bad, "md", 1, FDAR_SAMPLED_SESSION, 1);
	tree = fdar_flame_tree_of_samples(sides, labels, FDAR_UNIT_SESSION);
	svg = fdar_flame_svg(tree, FDAR_FLAME_SUBJECT, &options);
	g_assert_true(is_filled(svg->str, "a", "#e4e7eb"));
	g_assert_true(is_filled(svg->str, "b", "#f4a259"));
	g_assert_true(is_filled(svg->str, "c", "#e3b8ec"));
	g_assert_true(is_filled(svg->str, "d", "#e4e7eb"));
	g_string_free(svg, TRUE);
	free_sampled(base);
	free_sampled(bad);
}

/* Three times as long is next to nothing beside what was added, and nearly as pale; what is most of it is deep. */
static void test_weight(void)
{
	struct fdar_flame_node nodes[] = {
		{ .name = "",
		  .component = "",
		  .parent = FDAR_PROFILE_NONE,
		  .total_ns = { 20, 1040 } },
		{ .name = "caller",
		  .component = "",
		  .own_ns = { 10, 30 },
		  .total_ns = { 20, 1040 },
		  .calls = { 1, 1 } },
		{ .name = "culprit",
		  .component = "",
		  .parent = 1,
		  .own_ns = { 10, 1010 },
		  .total_ns = { 10, 1010 },
		  .calls = { 1, 1 } },
	};
	const struct fdar_flame_tree tree = {
		.nodes = nodes, .count = 3, .two_sides = TRUE, .units = { 1, 1 }, .unit = "session"
	};
	const struct fdar_flame_options options = { .width = 1000 };
	GString *svg = fdar_flame_svg(&tree, FDAR_FLAME_SUBJECT, &options);

	g_assert_true(is_filled(svg->str, "caller", "#e7d9ce"));
	g_assert_true(is_filled(svg->str, "culprit", "#f4a259"));
	g_string_free(svg, TRUE);
	/* Hardly anything was added at all: pale. */
	nodes[0].total_ns[0] = nodes[1].total_ns[0] = 1035;
	nodes[1].own_ns[0] = 25;
	nodes[2].own_ns[0] = nodes[2].total_ns[0] = 1010;
	svg = fdar_flame_svg(&tree, FDAR_FLAME_SUBJECT, &options);
	g_assert_false(is_filled(svg->str, "caller", "#f4a259"));
	g_string_free(svg, TRUE);
}

/* One side: the colour is its own time's, not that of what it calls. */
static void test_own_color(void)
{
	g_autoptr(fdar_profile) profile =
		script_profile("1A 0 begin:1:c 100 +outer 110 +leaf 9900 -leaf 9910 -outer 10000 "
			       "end:1\n");
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_profile(profile);
	const struct fdar_flame_options options = { .width = 1000 };
	GString *svg = fdar_flame_svg(tree, FDAR_FLAME_SUBJECT, &options);

	g_assert_true(is_filled(svg->str, "leaf", "#f4a259"));
	g_assert_false(is_filled(svg->str, "outer", "#f4a259"));
	g_string_free(svg, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flame/times", test_times);
	g_test_add_func("/flame/sums", test_sums);
	g_test_add_func("/flame/folded", test_folded);
	g_test_add_func("/flame/hostile", test_hostile);
	g_test_add_func("/flame/pprof", test_pprof);
	g_test_add_func("/flame/samples", test_samples);
	g_test_add_func("/flame/samples-compared", test_samples_compared);
	g_test_add_func("/flame/weight", test_weight);
	g_test_add_func("/flame/own-color", test_own_color);
	return g_test_run();
}
