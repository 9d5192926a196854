/* The sequence diagram as text: what is in it, how wide it is, and what strange names do. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "tests/unit/kit/story_fixture.h"
#include "viz/plain/plain.h"

#define HOSTILE \
	"</text><script>\"\\n#35;;$$%%date()--__x__**~~[[http://x]]{}\n\t\x01\xe2\x80\xae|`'end"

struct pair {
	struct fixture base, subject;
	struct fdar_story_row rows[64];
	struct fdar_sequence sequence;
};

static void make_pair(struct pair *pair)
{
	fixture_baseline(&pair->base);
	fixture_subject(&pair->subject);
	pair->sequence = (struct fdar_sequence){
		.sides = { { &pair->base.story, "baseline", "base" },
			   { &pair->subject.story, "subject", "bad" } },
		.side_count = 2,
		.rows = pair->rows,
		.row_count = fixture_rows(pair->rows),
		.heading = "pcre2_match_8 runs 415x longer",
	};
}

static unsigned width(const char *line, gsize length)
{
	unsigned columns = 0;

	for (const char *c = line; c < line + length; c = g_utf8_next_char(c))
		columns += g_unichar_iswide(g_utf8_get_char(c)) ? 2 : 1;
	return columns;
}

static void check_lines(const GString *text, unsigned columns)
{
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);

	g_assert_true(g_utf8_validate(text->str, (gssize)text->len, NULL));
	g_assert_null(strstr(text->str, "\xe2\x80\xae"));
	for (gsize i = 0; i < text->len; i++)
		g_assert_true(text->str[i] == '\n' || (guchar)text->str[i] >= 0x20);
	for (char **line = lines; *line; line++)
		g_assert_cmpuint(width(*line, strlen(*line)), <=, columns);
}

static void test_text(void)
{
	const struct fdar_sequence_options options = { 0 };
	struct pair pair;

	make_pair(&pair);
	for (unsigned columns = 60; columns <= 160; columns += 20) {
		GString *text = fdar_plain_text(&pair.sequence, &options, columns);

		check_lines(text, columns);
		g_assert_nonnull(strstr(text->str, "── listener "));
		g_assert_nonnull(strstr(text->str, "baseline: base, session 127.0.0.1:51234"));
		if (columns >= 100)
			g_assert_nonnull(strstr(text->str, "worker_queue: "));
		g_assert_nonnull(strstr(text->str, "calls itself 1.20 M×, 23 deep"));
		g_assert_nonnull(strstr(text->str, "● 412"));
		g_string_free(text, TRUE);
	}
}

static const char *line_of(const GString *text, const char *what)
{
	const char *at = strstr(text->str, what);

	g_assert_nonnull(at);
	return at;
}

/* Every activation ends; loops do, too. */
static void check_balance(const GString *text)
{
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
	int active = 0, loops = 0;

	for (char **line = lines; *line; line++) {
		active += g_str_has_prefix(*line, "activate ");
		active -= g_str_has_prefix(*line, "deactivate ");
		loops += g_str_has_prefix(*line, "loop ");
		loops -= strcmp(*line, "end") == 0;
		g_assert_cmpint(active, >=, 0);
		g_assert_cmpint(loops, >=, 0);
	}
	g_assert_cmpint(active, ==, 0);
	g_assert_cmpint(loops, ==, 0);
}

static void test_diagrams(void)
{
	const struct fdar_sequence_options options = { 0 };
	const struct fdar_sequence one = { .side_count = 1, .heading = "a heading" };
	struct fdar_sequence sequence = one;
	struct pair pair;
	GString *mermaid, *plantuml;

	make_pair(&pair);
	mermaid = fdar_plain_mermaid(&pair.sequence, &options, NULL);
	plantuml = fdar_plain_plantuml(&pair.sequence, &options);
	check_balance(mermaid);
	check_balance(plantuml);
	g_assert_true(g_str_has_prefix(mermaid->str, "sequenceDiagram\n"));
	line_of(mermaid, "participant p4 as worker 1 · libpcre2-8\n");
	line_of(mermaid, "p1-)p2: worker_queue · 18.4 ms in the queue\n");
	line_of(mermaid, "p2->>p4: pcre2_match_8 · ● 412 206 ms · 420× the baseline\n");
	line_of(plantuml, "p1 ->> p2 : worker_queue · 18.4 ms in the queue\n");
	g_assert_true(g_str_has_suffix(plantuml->str, "@enduml\n"));
	g_string_free(mermaid, TRUE);
	g_string_free(plantuml, TRUE);
	/* Loops: the baseline alone has one. */
	sequence.sides[0] = pair.sequence.sides[0];
	mermaid = fdar_plain_mermaid(&sequence, &options, NULL);
	check_balance(mermaid);
	line_of(mermaid, "loop 12 times\n");
	g_string_free(mermaid, TRUE);
}

static void make_hostile(struct pair *pair)
{
	make_pair(pair);
	for (unsigned s = 0; s < 2; s++) {
		struct fixture *f = s ? &pair->subject : &pair->base;

		for (uint32_t i = 0; i < f->story.step_count; i++)
			f->steps[i].name = f->steps[i].text = HOSTILE;
		for (uint32_t i = 0; i < f->story.lane_count; i++)
			f->lanes[i].thread = f->lanes[i].component = HOSTILE;
		f->story.peer = HOSTILE;
	}
	pair->sequence.heading = HOSTILE;
}

/* A line stays a line, and what a language would understand is not there. */
static void test_hostile(void)
{
	static const char *const not_mermaid[] = { "%%", "$$", "<", "\\", "{", "\"", ";;", NULL };
	static const char *const not_plantuml[] = { "%date", "<scr", "\\n", "[[", "--_", "__x",
						    "**",    "~",    "`",   "{",  "|",   NULL };
	const struct fdar_sequence_options options = { 0 };
	g_autoptr(JsonParser) parser = json_parser_new();
	struct pair pair;
	GString *texts[4];

	make_hostile(&pair);
	texts[0] = fdar_plain_text(&pair.sequence, &options, 80);
	texts[1] = fdar_plain_mermaid(&pair.sequence, &options, NULL);
	texts[2] = fdar_plain_plantuml(&pair.sequence, &options);
	texts[3] = fdar_plain_json(&pair.sequence);
	check_lines(texts[0], 80);
	for (unsigned i = 1; i < 4; i++)
		check_lines(texts[i], 10000);
	for (const char *const *bad = not_mermaid; *bad; bad++)
		g_assert_null(strstr(texts[1]->str, *bad));
	for (const char *const *bad = not_plantuml; *bad; bad++)
		g_assert_null(strstr(texts[2]->str, *bad));
	check_balance(texts[1]);
	check_balance(texts[2]);
	g_assert_true(
		json_parser_load_from_data(parser, texts[3]->str, (gssize)texts[3]->len, NULL));
	for (unsigned i = 0; i < 4; i++)
		g_string_free(texts[i], TRUE);
}

static void test_json(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	struct pair pair;
	GString *text;
	JsonObject *root, *side, *step;
	JsonArray *rows;

	make_pair(&pair);
	text = fdar_plain_json(&pair.sequence);
	g_assert_true(json_parser_load_from_data(parser, text->str, (gssize)text->len, NULL));
	root = json_node_get_object(json_parser_get_root(parser));
	g_assert_cmpint(json_object_get_int_member(root, "format"), ==, 1);
	side = json_array_get_object_element(json_object_get_array_member(root, "sides"), 1);
	g_assert_cmpstr(json_object_get_string_member(side, "role"), ==, "subject");
	step = json_array_get_object_element(json_object_get_array_member(side, "steps"), 2);
	g_assert_cmpstr(json_object_get_string_member(step, "kind"), ==, "handoff");
	g_assert_cmpint(json_object_get_int_member(step, "lane_to"), ==, 1);
	g_assert_cmpint(json_object_get_int_member(step, "duration_ns"), ==, 18400000);
	rows = json_object_get_array_member(root, "rows");
	g_assert_cmpuint(json_array_get_length(rows), ==, pair.sequence.row_count);
	g_string_free(text, TRUE);
}

/* What Mermaid would refuse is not written. */
static void test_limits(void)
{
	const struct fdar_sequence_options options = { 0 };
	struct fdar_story_lane lane = { .thread = "t", .component = "c" };
	g_autofree struct fdar_story_step *steps = g_new0(struct fdar_story_step, 2500);
	struct fdar_story story = {
		.lanes = &lane, .steps = steps, .lane_count = 1, .step_count = 2500, .peer = ""
	};
	const struct fdar_sequence sequence = { .sides = { { &story, NULL, "" } },
						.side_count = 1,
						.heading = "many" };
	g_autoptr(GError) error = NULL;

	for (uint32_t i = 0; i < story.step_count; i++)
		steps[i] = (struct fdar_story_step){
			.name = "f", .text = "", .parent = FDAR_STORY_NONE, .end = i + 1, .count = 1
		};
	g_assert_null(fdar_plain_mermaid(&sequence, &options, &error));
	g_assert_error(error, FDAR_PLAIN_ERROR, FDAR_PLAIN_ERROR_LARGE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plain/text", test_text);
	g_test_add_func("/plain/diagrams", test_diagrams);
	g_test_add_func("/plain/hostile", test_hostile);
	g_test_add_func("/plain/json", test_json);
	g_test_add_func("/plain/limits", test_limits);
	return g_test_run();
}
