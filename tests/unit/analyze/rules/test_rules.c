/* Rules: what events and functions become, what is counted, what is refused. */
#include "analyze/rules/rules.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/recording/doubts.h"
#include "tests/unit/kit/profile_script.h"

static struct fdar_rules *rules_of(const char *text, GError **error)
{
	g_autofree char *dir = g_dir_make_tmp("test-rules-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "r", NULL);
	struct fdar_rules *rules;

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	rules = fdar_rules_load(path, error);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
	return rules;
}

/* The events that came out, but those of functions: "begin 7 a; take 9 q" and so on. */
static char *told(struct fdar_rules_run *run, const struct fdar_event *events, size_t count)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < count; i++) {
		const struct fdar_event *event = &events[i];
		uint64_t key = event->addr >> 63 ? event->addr << 1 >> 33 : event->addr;

		if (event->kind == FDAR_EVENT_FUNC_ENTRY || event->kind == FDAR_EVENT_FUNC_EXIT ||
		    event->kind == FDAR_EVENT_OTHER)
			continue;
		g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT,
				       text->len ? "; " : "", event->time_ns,
				       fdar_event_kind_name(event->kind), key);
		if (event->data && *event->data)
			g_string_append_printf(text, " %s", event->data);
		if (event->name)
			g_string_append_printf(text, " %s", fdar_rules_run_text(run, event->name));
		if (event->fd >= 0)
			g_string_append_printf(text, " fd %d", event->fd);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *kinds_of(const struct fdar_event *events, size_t count)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < count; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "",
				       fdar_event_kind_name(events[i].kind));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

struct outcome {
	char *told;
	char *kinds; /* of all events */
	GArray *met;
	GPtrArray *doubts;
};

static void outcome_clear(struct outcome *outcome)
{
	g_free(outcome->told);
	g_free(outcome->kinds);
	g_array_unref(outcome->met);
	g_ptr_array_unref(outcome->doubts);
}

/* Processes live in a home each, but of the first nothing is known. */
static uint32_t namespace_of(const void *unused, uint16_t home)
{
	(void)unused;
	return home > 1 ? 4026530000u + home : 0;
}

/* A script under rules, with symbols as the script calls its functions. */
static struct outcome apply(const char *rules_text, const char *script_text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_rules) rules = rules_of(rules_text, &error);
	g_autofree char *dir = g_dir_make_tmp("test-rules-XXXXXX", NULL);
	g_autofree char *table = g_build_filename(dir, "de.txt", NULL);
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(dir);
	g_autoptr(script_auto) script = script_new(script_text);
	struct outcome outcome;
	size_t length;

	g_assert_no_error(error);
	script_add_symbols(script, symbols, &script_demo, table);
	for (guint i = 0; i < script->events->len; i++) {
		struct fdar_event *event = &g_array_index(script->events, struct fdar_event, i);

		event->home = (uint16_t)event->pid;
	}
	g_autoptr(fdar_rules_run) run =
		fdar_rules_run_new(rules, script_name, namespace_of, script, symbols);
	const struct fdar_event *events =
		fdar_rules_run_apply(run, script_events(script), script->events->len, &length);
	outcome.told = told(run, events, length);
	outcome.kinds = kinds_of(events, length);
	outcome.met = fdar_rules_run_met(run);
	outcome.doubts = fdar_doubts_new();
	fdar_rules_run_doubts(run, outcome.doubts);
	g_assert_cmpint(g_remove(table), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
	return outcome;
}

static const struct fdar_rule_met *met(const struct outcome *outcome, guint rule)
{
	return &g_array_index(outcome->met, struct fdar_rule_met, rule);
}

static void test_words(void)
{
	static const char rules[] =
		"[rule accepted]\nevent=log\ntext=msg\nmatch=^accept,(?<key>\\\\w+),"
		"(?<peer>[0-9.]+),(?<fd>[0-9]+)\ndo=session-begin\n"
		"[rule closed]\nevent=log\ntext=msg\nmatch=^close,(?<key>\\\\w+)\n"
		"do=session-end\n"
		"[rule asked]\nevent=log\ntext=msg\nmatch=^GET,(?<what>.*)\n"
		"do=request-begin\n";
	struct outcome outcome =
		apply(rules,
		      "A 1 other:log:accept,0x10,1.2.3.4,5 2 other:log:GET,/a 3 other:log:close,16 "
		      "4 other:log:close,16 5 other:log:accept,7,1.1.1.1,6 6 "
		      "other:log:accept,7,1.1.1.2,6 "
		      "7 other:else:close,7");

	g_assert_cmpstr(
		outcome.told, ==,
		"1 session_begin 16 1.2.3.4 fd 5; 2 request_begin 0 /a; 3 session_end 16; "
		"4 session_end 16; 5 session_begin 7 1.1.1.1 fd 6; 6 session_begin 7 1.1.1.2 fd 6");
	g_assert_cmpuint(met(&outcome, 0)->met, ==, 3);
	g_assert_cmpuint(met(&outcome, 0)->again, ==, 1);
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 1);
	g_assert_cmpuint(met(&outcome, 1)->met, ==, 2);
	g_assert_cmpuint(met(&outcome, 1)->stray, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->open, ==, 1);
	outcome_clear(&outcome);
}

static void test_queues(void)
{
	static const char rules[] = "[rule in]\nevent=in\ndo=put\nqueue=jobs\n"
				    "[rule out]\nevent=out\ndo=take\nqueue=jobs\n"
				    "[rule give]\nevent=give\ntext=t\nmatch=(?<object>.+)\ndo=put\n"
				    "[rule get]\nevent=get\ntext=t\nmatch=(?<object>.+)\ndo=take\n";
	struct outcome outcome =
		apply(rules, "A 1 other:in: 2 other:in: 3 other:out: 4 other:out: 5 other:out: "
			     "6 other:give:0x20 7 other:get:32 8 other:get:33");

	g_assert_cmpstr(outcome.told, ==,
			"1 handoff_put 1 jobs; 2 handoff_put 2 jobs; 3 handoff_take 1 jobs; "
			"4 handoff_take 2 jobs; 5 boundary 0; 6 handoff_put 32 queue; 7 "
			"handoff_take 32 queue; "
			"8 handoff_take 33 queue");
	g_assert_cmpuint(met(&outcome, 1)->stray, ==, 1);
	g_assert_cmpuint(met(&outcome, 3)->stray, ==, 1);
	outcome_clear(&outcome);
}

/* A server says that it puts when it has put: the taker was faster. What comes after that is in order again. */
static void test_early(void)
{
	static const char rules[] =
		"[rule accept]\nevent=accept\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"[rule end]\nevent=end\ntext=t\nmatch=(?<key>.+)\ndo=session-end\n"
		"[rule in]\nevent=in\ndo=put\nqueue=jobs\n"
		"[rule out]\nevent=out\ndo=take\nqueue=jobs\n"
		"[rule on]\nevent=on\ntext=t\nmatch=(?<key>.+)\ndo=session-resume\n";
	struct outcome outcome = apply(rules, "A 1 other:accept:7 3 other:in: 4 other:accept:8 5 "
					      "other:in:\nB 2 other:out: 6 other:out:");

	g_assert_cmpstr(
		outcome.told, ==,
		"1 session_begin 7; 2 boundary 0; 3 handoff_put 1 jobs; 3 session_suspend 7; "
		"3 handoff_take 1 jobs; 3 session_resume 7; 4 session_begin 8; "
		"5 handoff_put 2 jobs; 5 session_suspend 8; 6 handoff_take 2 jobs; "
		"6 session_resume 8");
	g_assert_cmpuint(met(&outcome, 3)->early, ==, 1);
	g_assert_cmpuint(met(&outcome, 3)->stray, ==, 0);
	outcome_clear(&outcome);
	/* The taker is done with it, or at something else. */
	outcome = apply(rules, "A 1 other:accept:7 4 other:in: 5 other:accept:8 8 other:in:\n"
			       "B 2 other:out: 3 other:end:7 6 other:out: 7 other:on:9");
	g_assert_cmpstr(
		outcome.told, ==,
		"1 session_begin 7; 2 boundary 0; 3 session_end 7; 4 handoff_put 1 jobs; "
		"4 session_suspend 7; 4 handoff_take 1 jobs; 5 session_begin 8; 6 boundary 0; "
		"7 session_resume 9; 8 handoff_put 2 jobs; 8 session_suspend 8; "
		"8 handoff_take 2 jobs");
	g_assert_cmpuint(met(&outcome, 3)->early, ==, 2);
	outcome_clear(&outcome);
	/* What was there before the recording, of a server that puts more often than that: a take before its putter
	 * had the session is of another one, and all later ones are in step. */
	outcome = apply(rules, "B 1 other:out:\nA 10 other:accept:7 11 other:in:\nB 12 other:out:\n"
			       "A 20 other:accept:8 21 other:in:\nB 22 other:out:");
	g_assert_cmpstr(
		outcome.told, ==,
		"1 boundary 0; 10 session_begin 7; 11 handoff_put 1 jobs; 11 session_suspend 7; "
		"12 handoff_take 1 jobs; 12 session_resume 7; 20 session_begin 8; "
		"21 handoff_put 2 jobs; 21 session_suspend 8; 22 handoff_take 2 jobs; "
		"22 session_resume 8");
	g_assert_cmpuint(met(&outcome, 3)->early, ==, 0);
	g_assert_cmpuint(met(&outcome, 3)->stray, ==, 1);
	outcome_clear(&outcome);
	/* What was there before the recording. */
	outcome = apply(rules, "A 1 other:out: 200000000 other:in: 200000001 other:out: 3000000000 "
			       "other:out:");
	g_assert_cmpstr(outcome.told, ==,
			"1 boundary 0; 200000000 handoff_put 1 jobs; "
			"200000001 handoff_take 1 jobs; 3000000000 boundary 0");
	g_assert_cmpuint(met(&outcome, 3)->stray, ==, 2);
	g_assert_cmpuint(met(&outcome, 3)->early, ==, 0);
	outcome_clear(&outcome);
}

/* Takes nobody knows of: what was handed over before may have been one off. */
static void test_uncertain(void)
{
	static const char rules[] =
		"[rule accept]\nevent=accept\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"[rule in]\nevent=in\ndo=put\nqueue=jobs\n"
		"[rule out]\nevent=out\ndo=take\nqueue=jobs\n";
	/* Of the three takes, one is of before: the first seemed early, for its putter had the session then. And
	 * nobody is idle at the end, so nothing shows that there were no more. */
	struct outcome outcome =
		apply(rules, "A 1 other:accept:7 3 other:in: 5 other:accept:8 7 other:in:\n"
			     "B 2 other:out: 4 other:out: 9 other:out:");

	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->uncertain, ==, 2);
	outcome_clear(&outcome);
	/* Empty for a while: what was before is settled. */
	outcome = apply(rules,
			"A 1 other:in: 3 other:in: 300000000 other:in:\n"
			"B 2 other:out: 4 other:out: 300000001 other:out: 300000002 other:out:");
	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->uncertain, ==, 1);
	outcome_clear(&outcome);
	/* Waited for in vain, by a putter who had its session all the time: the put may be late. */
	outcome = apply(rules, "A 1 other:accept:7 200000000 other:in: 200000001 other:in:\n"
			       "B 2 other:out: 200000002 other:out:");
	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->uncertain, ==, 1);
	outcome_clear(&outcome);
	/* In step, as the queue is empty for a while at the end; else nobody knows what was in it at the beginning. */
	outcome = apply(rules, "A 1 other:in: 2 other:in: 4 other:in: 300000000 other:x:\n"
			       "B 3 other:out: 5 other:out: 6 other:out:");
	g_assert_cmpuint(met(&outcome, 2)->stray + met(&outcome, 2)->uncertain, ==, 0);
	outcome_clear(&outcome);
	outcome = apply(rules, "A 1 other:in: 2 other:in: 4 other:in:\n"
			       "B 3 other:out: 5 other:out: 6 other:out:");
	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 0);
	g_assert_cmpuint(met(&outcome, 2)->uncertain, ==, 3);
	outcome_clear(&outcome);
}

static void say(struct script *script, const char *what, guint64 time_ns, guint32 tid)
{
	struct fdar_event event = { .time_ns = time_ns,
				    .pid = 1,
				    .tid = tid,
				    .fd = -1,
				    .data = "",
				    .name = script_text(script, what) };

	g_array_append_val(script->events, event);
}

#define PUTTER 1u
#define TAKER  1000u /* and the number of the take: each is a thread's of its own */

/* A random server: so many objects are in its queue when the recording begins, and it says that it puts before or,
 * if late, some time after it has. */
static void random_server(GRand *rand, struct script *script, guint initial, gboolean late)
{
	guint in = initial, untold = 0, takes = 0;
	guint64 now = 1;

	for (guint i = 0; i < 60; i++) {
		gboolean rest = g_rand_int_range(rand, 0, 12) == 0;

		now += (guint64)g_rand_int_range(rand, 1, 5000000);
		/* Who has nothing to do takes what is there. */
		for (; rest && in; in--)
			say(script, "out", now += 1000, TAKER + takes++);
		for (; rest && untold; untold--)
			say(script, "in", ++now, PUTTER);
		if (rest) {
			now += 150000000;
		} else if (g_rand_boolean(rand)) {
			in++;
			untold++;
		} else if (in) {
			say(script, "out", now, TAKER + takes++);
			in--;
		}
		for (; untold && !(late && g_rand_boolean(rand)); untold--)
			say(script, "in", ++now, PUTTER);
	}
}

/* How many of the hand-overs that are told are of another put than they are in truth. */
static guint wrong_ones(const struct fdar_event *events, size_t count, guint initial)
{
	g_autoptr(GArray) puts = g_array_new(FALSE, FALSE, sizeof(guint64));
	guint wrong = 0;

	for (size_t i = 0; i < count; i++) {
		guint take = events[i].tid - TAKER;

		if (events[i].kind == FDAR_EVENT_HANDOFF_PUT)
			g_array_append_val(puts, events[i].addr);
		if (events[i].kind == FDAR_EVENT_HANDOFF_TAKE)
			wrong += take < initial || take - initial >= puts->len ||
				 g_array_index(puts, guint64, take - initial) != events[i].addr;
	}
	return wrong;
}

/* What is told wrongly is told to be uncertain, or early: over random servers. */
static void test_uncertain_random(void)
{
	static const char text[] = "[rule in]\nevent=in\ndo=put\nqueue=jobs\n"
				   "[rule out]\nevent=out\ndo=take\nqueue=jobs\n";
	g_autoptr(fdar_rules) rules = rules_of(text, NULL);
	guint right = 0, wrong_runs = 0;

	for (guint32 seed = 0; seed < 400; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);
		g_autoptr(script_auto) script = script_new("");
		g_autoptr(fdar_rules_run) run =
			fdar_rules_run_new(rules, script_name, NULL, script, NULL);
		g_autoptr(GArray) met = NULL;
		const struct fdar_event *events;
		const struct fdar_rule_met *takes;
		size_t count;
		guint wrong;

		random_server(rand, script, seed % 4, seed % 8 >= 4);
		events = fdar_rules_run_apply(run, script_events(script), script->events->len,
					      &count);
		wrong = wrong_ones(events, count, seed % 4);
		met = fdar_rules_run_met(run);
		takes = &g_array_index(met, struct fdar_rule_met, 1);
		g_assert_cmpuint(wrong, <=, takes->uncertain + takes->early);
		right += !wrong && !takes->uncertain;
		wrong_runs += wrong > 0;
		g_rand_free(rand);
	}
	/* There are some of both kinds. */
	g_assert_cmpuint(right, >, 50);
	g_assert_cmpuint(wrong_runs, >, 20);
}

static void assert_doubt(const struct outcome *outcome, guint index, enum fdar_doubt_kind kind,
			 const char *words)
{
	const struct fdar_doubt *doubt;

	g_assert_cmpuint(outcome->doubts->len, >, index);
	doubt = g_ptr_array_index(outcome->doubts, index);
	g_assert_cmpint(doubt->kind, ==, kind);
	if (!strstr(doubt->text, words))
		g_error("%s, not %s", doubt->text, words);
}

/* What looks wrong speaks against all that is told: much of it by its kind. */
static void test_doubts(void)
{
	static const char rules[] =
		"[rule accept]\nevent=accept\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"[rule close]\nevent=close\ntext=t\nmatch=(?<key>.+)\ndo=session-end\n"
		"[rule out]\nevent=out\ndo=take\n";
	g_autoptr(GString) many = g_string_new("A");
	struct outcome outcome = apply(rules, "A 1 other:accept:7 2 other:accept:7 3 other:close:8 "
					      "4 other:out:");

	g_assert_cmpuint(outcome.doubts->len, ==, 4);
	assert_doubt(&outcome, 0, FDAR_DOUBT_RULES, "rule accept: begins of what was open: 1 of 2");
	assert_doubt(&outcome, 1, FDAR_DOUBT_RULES, "rule accept: begins without an end: 2 of 2");
	assert_doubt(&outcome, 2, FDAR_DOUBT_RULES, "rule close: nothing was open");
	assert_doubt(&outcome, 3, FDAR_DOUBT_RULES, "rule out: takes without a put: 1 of 1");
	outcome_clear(&outcome);

	outcome = apply(rules, "A 1 begin:5:p 2 other:accept:7 3 other:close:7");
	g_assert_cmpuint(outcome.doubts->len, ==, 1);
	assert_doubt(&outcome, 0, FDAR_DOUBT_RULES, "sessions by rules are counted beside");
	outcome_clear(&outcome);
	outcome = apply(rules, "A 1 other:opened:7");
	g_assert_cmpuint(outcome.doubts->len, ==, 1);
	assert_doubt(&outcome, 0, FDAR_DOUBT_RULES, "none of the rules met anything");
	outcome_clear(&outcome);

	/* One of more than a hundred; and who is open at the end may be. */
	for (guint i = 0; i < 150; i++)
		g_string_append_printf(many, " %u other:accept:%u %u other:close:%u", 2 * i, i + 1,
				       2 * i + 1, i + 1);
	g_string_append(many, " 1000 other:close:999 1001 other:accept:999");
	outcome = apply(rules, many->str);
	g_assert_cmpuint(outcome.doubts->len, ==, 1);
	assert_doubt(&outcome, 0, FDAR_DOUBT_WARNED, "rule close: nothing was open");
	outcome_clear(&outcome);
}

/* A session begins in the parent and goes on in the child. Who was there before the fork is no child; where a number is
 * used again before the child says a word, none of these children is anybody's. */
static void test_forks(void)
{
	static const char rules[] =
		"[rule accept]\nevent=accept\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"forks=true\n"
		"[rule serve]\nevent=serve\ntext=t\nmatch=(?<key>.+)\ndo=session-resume\n"
		"[rule end]\nevent=end\ntext=t\nmatch=(?<key>.+)\ndo=session-end\n";
	struct outcome outcome = apply(rules, "A 1 other:x: 3 other:accept:7 12 other:accept:8 14 "
					      "other:end:8\n"
					      "5A 2 other:x: 13 other:serve:8\n"
					      "2A 4 other:serve:7 5 other:end:7\n"
					      "6A 15 other:serve:8");

	g_assert_cmpstr(
		outcome.told, ==,
		"3 session_begin 7; 3 forking 0; 4 process 1; 4 session_end 7; 4 session_resume 7; "
		"5 session_end 7; 12 session_begin 8; 12 forking 0; 13 session_resume 8; "
		"14 session_end 8; 15 session_resume 8");
	g_assert_cmpuint(met(&outcome, 0)->again, ==, 0);
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 0);
	g_assert_cmpuint(met(&outcome, 1)->stray, ==, 2);
	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 0);
	outcome_clear(&outcome);
	outcome = apply(rules, "A 1 other:accept:7 2 other:accept:7 4 other:accept:7 7 "
			       "other:accept:7\n"
			       "2A 3 other:serve:7\n"
			       "3A 5 other:serve:7\n"
			       "4A 6 other:serve:7\n"
			       "5A 8 other:serve:7");
	g_assert_cmpstr(outcome.told, ==,
			"1 session_begin 7; 1 forking 0; 2 session_begin 7; 2 forking 0; "
			"3 session_resume 7; 4 session_begin 7; 4 forking 0; 5 session_resume 7; "
			"6 session_resume 7; 7 session_begin 7; 7 forking 0; 8 process 1; "
			"8 session_end 7; 8 session_resume 7");
	g_assert_cmpuint(met(&outcome, 1)->stray, ==, 3);
	outcome_clear(&outcome);
}

/* Processes by their namespace: the number is the whole of it, and who tells none is in none. */
static void test_namespaces(void)
{
	static const char rules[] =
		"[rule a]\nevent=x\npid_ns=4026530002\ntext=t\nmatch=(?<key>.+)\n"
		"do=session-begin\n"
		"[rule b]\nfunction=f\npid_ns=4026530003\ndo=session\n"
		"[rule c]\nevent=y\npid_ns=40265\ndo=put\n";
	struct outcome outcome =
		apply(rules, "A 1 other:x:1 2 +f 3 other:y:\n2A 4 other:x:2 5 +f 6 other:y:\n"
			     "3A 7 other:x:3 8 +f 9 -f 10 other:y:\n");

	g_assert_cmpstr(outcome.told, ==, "4 session_begin 2; 8 session_begin 1; 9 session_end 1");
	g_assert_cmpuint(met(&outcome, 0)->met, ==, 1);
	g_assert_cmpuint(met(&outcome, 1)->met, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->met, ==, 0);
	outcome_clear(&outcome);
}

/* Events of many names, in one rule. */
static void test_event_globs(void)
{
	static const char rules[] = "[rule a]\nevent=lttng_ust_tracelog:*\ntext=msg\n"
				    "match=^accept (?<key>.+)\ndo=session-begin\n"
				    "[rule b]\nevent=lttng_ust_tracelog:*\ntext=msg\n"
				    "match=^close\ndo=session-end\n"
				    "[rule c]\nevent=srv:[xy]\nkey=k\ndo=session-begin\n";
	g_autoptr(fdar_rules) made = rules_of(rules, NULL);
	const struct fdar_event_maps *maps = fdar_rules_maps(made);
	const struct fdar_event_map *row =
		fdar_event_map_find_in(maps, "lttng_ust_tracelog:TRACE_INFO");
	struct outcome outcome =
		apply("[rule a]\nevent=log*\ntext=msg\nmatch=^accept,(?<key>.+)\n"
		      "do=session-begin\n",
		      "A 1 other:log_info:accept,7 2 other:log_debug:accept,8 3 other:lo:accept,9");

	g_assert_nonnull(row);
	g_assert_cmpstr(row->fields[0].name, ==, "msg");
	g_assert_cmpint(row->fields[0].role, ==, FDAR_ROLE_DATA);
	g_assert_true(fdar_event_map_find_in(maps, "srv:x") ==
		      fdar_event_map_find_in(maps, "srv:y"));
	g_assert_null(fdar_event_map_find_in(maps, "srv:z"));
	g_assert_cmpint(fdar_event_map_find_in(maps, "flowdar:note")->kind, ==, FDAR_EVENT_NOTE);
	g_assert_cmpstr(outcome.told, ==, "1 session_begin 7; 2 session_begin 8");
	outcome_clear(&outcome);
}

static void test_functions(void)
{
	static const char rules[] = "[rule connection]\nfunction=serve*\ndo=session\n"
				    "[rule request]\nfunction=handle\ndo=request\n";
	struct outcome outcome = apply(rules, "A 1 +main 2 +serve_one 3 +handle 4 +handle 5 "
					      "-handle 6 -handle 7 -serve_one 8 +serve_two "
					      /* An exit further out ends it, too. */
					      "9 +handle 10 -main 11 +serve_one 12 unwound:1 13 "
					      "+serve_one 14 tend: 15 +serve_one");

	g_assert_cmpstr(
		outcome.told, ==,
		"2 session_begin 1; 3 request_begin 0 request; 6 request_end 0; 7 session_end 1; "
		"8 session_begin 2; 9 request_begin 0 request; 10 request_end 0; 10 session_end 2; "
		"11 session_begin 3; 12 func_unwound 1; 12 session_end 3; 13 session_begin 4; "
		"14 thread_end 0; 14 session_end 4; 15 session_begin 5");
	g_assert_cmpuint(met(&outcome, 0)->met, ==, 5);
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 1);
	g_assert_cmpuint(met(&outcome, 1)->met, ==, 2);
	outcome_clear(&outcome);
}

/* Sessions without a key go with what is put first in, first out; a thread's is over when it takes the next. */
static void test_until(void)
{
	static const char rules[] = "[rule accept]\nevent=accept\ndo=session\nuntil=accept\n"
				    "[rule put]\nevent=put\ndo=put\nqueue=jobs\n"
				    "[rule next]\nevent=next\ndo=take\nqueue=jobs\nuntil=take\n"
				    "[rule done]\nfunction=finish\nat=exit\ndo=session-end\n";
	struct outcome outcome =
		apply(rules,
		      "A 1 other:accept: 2 other:put: 3 other:accept: 4 other:put: 5 other:accept: "
		      "6 other:put:\n"
		      "B 7 other:next: 8 other:next: 9 +finish 10 -finish 11 +finish 12 -finish "
		      "13 other:next:");

	g_assert_cmpstr(
		outcome.told, ==,
		"1 session_begin 1; 2 handoff_put 2 jobs; 2 session_suspend 1; 3 session_begin 3; "
		"4 handoff_put 4 jobs; 4 session_suspend 3; 5 session_begin 5; "
		"6 handoff_put 6 jobs; 6 session_suspend 5; 7 handoff_take 2 jobs; "
		"7 session_resume 1; 8 session_end 1; 8 handoff_take 4 jobs; "
		"8 session_resume 3; 10 session_end 3; 13 handoff_take 6 jobs; "
		"13 session_resume 5");
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 1); /* the third */
	g_assert_cmpuint(met(&outcome, 2)->met, ==, 3);
	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 0);
	g_assert_cmpuint(met(&outcome, 3)->met, ==, 2);
	g_assert_cmpuint(met(&outcome, 3)->stray, ==, 1); /* there was none to end */
	outcome_clear(&outcome);
}

/* One that never was given away ends with the next of its thread. */
static void test_until_same(void)
{
	static const char rules[] =
		"[rule line]\nevent=line\ndo=session\nuntil=line\n"
		"[rule key]\nevent=key\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\nuntil=over\n"
		"[rule over]\nevent=over\ndo=session-suspend\n";
	struct outcome outcome =
		apply(rules, "A 1 other:line: 2 other:line: 3 other:key:7 4 "
			     "other:line: 5 other:key:8 6 other:over: 7 other:over:");

	g_assert_cmpstr(outcome.told, ==,
			"1 session_begin 1; 2 session_end 1; 2 session_begin 2; 3 session_begin 7; "
			"4 session_begin 3; 5 session_begin 8; 6 session_end 8");
	g_assert_cmpuint(met(&outcome, 2)->stray, ==, 2);
	outcome_clear(&outcome);
}

static void test_threads(void)
{
	static const char rules[] = "[rule worker]\nfunction=serve\nthread=work*\ndo=request\n"
				    "[rule main]\nfunction=serve\nthread=main\ndo=put\n"
				    "[rule said]\nevent=e\nthread=main\ndo=take\n";
	struct outcome outcome = apply(rules, "A 0 name:main 1 +serve 2 other:e: 3 -serve\n"
					      "B 0 name:worker-1 4 +serve 5 other:e: 6 -serve\n"
					      "C 7 +serve 8 -serve\n");

	g_assert_cmpuint(met(&outcome, 0)->met, ==, 1);
	g_assert_cmpuint(met(&outcome, 1)->met, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->met, ==, 1);
	outcome_clear(&outcome);
}

static void test_processes(void)
{
	static const char rules[] = "[rule web]\nfunction=serve\nprocess=web*\ndo=request\n"
				    "[rule pool]\nevent=e\nprocess=web\nthread=pool\ndo=put\n";
	struct outcome outcome = apply(rules, "A 0 name:web 2 +serve 3 -serve 4 other:e:\n"
					      "B 0 name:pool 2 +serve 3 -serve 4 other:e:\n"
					      "2A 0 name:db 2 +serve 3 -serve 4 other:e:\n"
					      "2B 0 name:pool 4 other:e:\n"
					      "3A 2 +serve 3 -serve\n");

	g_assert_cmpuint(met(&outcome, 0)->met, ==, 2);
	g_assert_cmpuint(met(&outcome, 1)->met, ==, 1);
	outcome_clear(&outcome);
}

/* 0 is a key as any other: sessions, objects and requests with it, and who works for it. */
static void test_zero(void)
{
	static const char rules[] =
		"[rule begin]\nevent=begin\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"[rule ask]\nevent=ask\ntext=t\nmatch=(?<key>.+)\ndo=request-begin\n"
		"[rule put]\nevent=put\ndo=put\nqueue=q\n"
		"[rule take]\nevent=take\ndo=take\nqueue=q\n"
		"[rule end]\nevent=end\ndo=session-end\n";
	struct outcome outcome = apply(rules, "A 1 other:begin:0 2 other:ask:0 3 other:put:\n"
					      "B 4 other:take: 5 other:end:");
	struct outcome other = apply(rules, "A 1 other:begin:9 2 other:ask:9 3 other:put:\n"
					    "B 4 other:take: 5 other:end:");
	g_auto(GStrv) parts = g_strsplit(other.told, " 9", -1);
	g_autofree char *same = g_strjoinv(" 0", parts);

	g_assert_cmpstr(outcome.told, ==, same);
	g_assert_cmpuint(met(&outcome, 4)->stray, ==, 0);
	outcome_clear(&outcome);
	outcome_clear(&other);
}

/* A key that is a field with a text; and events that have no such field. */
static void test_text_keys(void)
{
	static const char rules[] = "[rule begin]\nevent=begin\nkey=conn\ndo=session-begin\n"
				    "[rule end]\nevent=end\nkey=conn\ndo=session-end\n"
				    "[rule other]\nevent=begin\nkey=id\ndo=session-resume\n";
	struct outcome outcome = apply(rules, "A 1 other:begin:7 2 other:begin:abc 3 other:begin: "
					      "4 other:end:abc 5 other:end:abd");

	g_assert_cmpuint(met(&outcome, 0)->no_key, ==, 1);
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 1);
	g_assert_cmpuint(met(&outcome, 1)->stray, ==, 1);
	g_assert_true(g_str_has_prefix(outcome.told, "1 session_begin 7; 2 session_begin "));
	/* The event's one text is another field's. */
	g_assert_cmpuint(met(&outcome, 2)->no_key, ==, 3);
	outcome_clear(&outcome);
}

static void test_labels(void)
{
	struct outcome lacking =
		apply("[rule a]\nevent=a\nkey=k\nlabel=l\ndo=session-begin\n", "A 1 other:a:");
	static const char rules[] = "[rule begin]\nevent=begin\ntext=t\n"
				    "match=(?<key>[0-9]+)(/(?<label>.+))?\ndo=session-begin\n";
	struct outcome outcome = apply(rules, "A 1 other:begin:1/gold 2 other:begin:2");

	g_assert_cmpstr(outcome.told, ==, "1 session_begin 1 gold; 2 session_begin 2");
	g_assert_cmpuint(met(&outcome, 0)->no_field, ==, 0);
	outcome_clear(&outcome);
	g_assert_cmpuint(met(&lacking, 0)->no_field, ==, 1);
	outcome_clear(&lacking);
}

/* Who has a key can be resumed, who has none cannot. */
static void test_boundary(void)
{
	static const char rules[] = "[rule none]\nevent=none\ndo=session\nuntil=none\n"
				    "[rule key]\nevent=key\ntext=t\nmatch=(?<key>.+)\n"
				    "do=session-begin\n"
				    "[rule loop]\nfunction=dispatch\ndo=boundary\n"
				    "[rule end]\nevent=end\ndo=session-end\n";
	struct outcome outcome = apply(rules, "A 1 other:none: 2 +dispatch 3 -dispatch "
					      "4 other:key:7 5 +dispatch 6 -dispatch 7 other:end:");

	g_assert_cmpstr(outcome.told, ==,
			"1 session_begin 1; 2 session_end 1; 2 boundary 0; 4 session_begin 7; "
			"5 boundary 0");
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 0);
	g_assert_cmpuint(met(&outcome, 1)->open, ==, 1);
	g_assert_cmpuint(met(&outcome, 3)->stray, ==, 1);
	outcome_clear(&outcome);
}

/* A process that is left by a call which never returns: what is open in it, of functions and of keys, ends with it,
 * and not what is open in another one. */
static void test_process_end(void)
{
	static const char rules[] =
		"[rule serve]\nfunction=serve\ndo=session\n"
		"[rule key]\nevent=key\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"[rule done]\nfunction=dispatch\ndo=process-end\n";
	struct outcome outcome = apply(rules, "A 1 other:key:7 2 +serve 4 +dispatch 5 +give\n"
					      "2A 3 other:key:8 6 -main");

	g_assert_cmpstr(outcome.told, ==,
			"1 session_begin 7; 2 session_begin 1; 3 session_begin 8; "
			"4 process_end 0");
	g_assert_cmpuint(met(&outcome, 0)->open, ==, 0);
	g_assert_cmpuint(met(&outcome, 1)->open, ==, 1);
	g_assert_cmpuint(met(&outcome, 2)->met, ==, 1);
	outcome_clear(&outcome);
}

/* A request until its session ends, of whatever kind that is; the next is not begun again. */
static void test_requests_over(void)
{
	static const char rules[] =
		"[rule serve]\nfunction=serve\ndo=session\n"
		"[rule key]\nevent=key\ntext=t\nmatch=(?<key>.+)\ndo=session-begin\n"
		"[rule end]\nevent=end\ntext=t\nmatch=(?<key>.+)\ndo=session-end\n"
		"[rule turn]\nevent=turn\ndo=session\nuntil=turn\n"
		"[rule loop]\nevent=loop\ndo=boundary\n"
		"[rule ask]\nevent=ask\ndo=request-begin\nuntil=session\n";
	struct outcome outcome =
		apply(rules, "A 1 +serve 2 other:ask: 3 -serve 4 other:key:7 5 other:ask: "
			     "6 other:end:7 7 other:turn: 8 other:ask: 9 other:turn: 10 other:ask: "
			     "11 other:loop:");

	g_assert_cmpstr(
		outcome.told, ==,
		"1 session_begin 1; 2 request_begin 0 ask; 3 request_end 0; 3 session_end 1; "
		"4 session_begin 7; 5 request_begin 0 ask; 6 request_end 0; 6 session_end 7; "
		"7 session_begin 2; 8 request_begin 0 ask; 9 request_end 0; 9 session_end 2; "
		"9 session_begin 3; 10 request_begin 0 ask; 11 request_end 0; "
		"11 session_end 3; 11 boundary 0");
	g_assert_cmpuint(met(&outcome, 5)->again, ==, 0);
	g_assert_cmpuint(met(&outcome, 5)->open, ==, 0);
	outcome_clear(&outcome);
}

/* All rules of a function; and its exit where nobody tells it. */
static void test_several(void)
{
	static const char rules[] = "[rule put]\nfunction=give*\ndo=put\n"
				    "[rule loop]\nfunction=*\nthread=worker\ndo=boundary\n"
				    "[rule request]\nfunction=give\ndo=request\n"
				    "[rule left]\nfunction=give\nat=exit\ndo=take\n";
	struct outcome outcome = apply(rules, "A 1 +main 2 +give 3 -main 4 +give 5 unwound:1");

	g_assert_cmpstr(outcome.told, ==,
			"2 handoff_put 1 queue; 2 request_begin 0 request; 3 request_end 0; "
			"3 handoff_take 1 queue; 4 handoff_put 2 queue; 4 request_begin 0 request; "
			"5 func_unwound 1; 5 request_end 0; 5 handoff_take 2 queue");
	outcome_clear(&outcome);
}

static void test_waits(void)
{
	static const char rules[] = "[rule lock]\nevent=want\ndo=wait-begin\nwait=lock\n"
				    "[rule got]\nevent=got\ndo=wait-end\n";
	struct outcome outcome = apply(rules, "A 1 other:want: 2 other:got:");

	g_assert_cmpstr(outcome.told, ==, "1 wait_begin 0 lock; 2 wait_end 0");
	outcome_clear(&outcome);
}

/* A function that waits: the wait is in it, from its entry to its exit, and not around it. What waits between two
 * functions is in neither. */
static void test_waits_inside(void)
{
	static const char rules[] =
		"[rule in]\nfunction=give\ndo=wait-begin\n[rule out]\nfunction=give\nat=exit\n"
		"do=wait-end\n[rule from]\nfunction=dispatch\nat=exit\ndo=wait-begin\n"
		"[rule to]\nfunction=serve\ndo=wait-end\n";
	struct outcome outcome =
		apply(rules, "A 1 +give 2 -give 3 +dispatch 4 -dispatch 5 +serve 6 -serve");

	g_assert_cmpstr(outcome.kinds, ==,
			"func_entry wait_begin wait_end func_exit func_entry func_exit wait_begin "
			"wait_end func_entry func_exit");
	outcome_clear(&outcome);
}

static void test_components(void)
{
	g_autoptr(fdar_rules) rules =
		rules_of("[component parser]\nfunctions=parse_*;lex\n[hide]\nfunctions=buf_*\n",
			 NULL);

	g_assert_cmpstr(fdar_rules_component(rules, "srv", "parse_line"), ==, "parser");
	g_assert_cmpstr(fdar_rules_component(rules, "srv", "lex"), ==, "parser");
	g_assert_cmpstr(fdar_rules_component(rules, "srv", "lexer"), ==, "srv");
	g_assert_true(fdar_rules_hide(rules, "srv", "buf_add"));
	g_assert_false(fdar_rules_hide(rules, "srv", "abuf_add"));
}

static void test_maps(void)
{
	g_autoptr(fdar_rules) rules =
		rules_of("[rule a]\nevent=srv:accept\nkey=conn\npeer=addr\nfd=sock\n"
			 "do=session-begin\n",
			 NULL);
	const struct fdar_event_map *row =
		g_hash_table_lookup(fdar_rules_maps(rules)->rows, "srv:accept");

	g_assert_nonnull(row);
	g_assert_cmpuint(row->kind, ==, FDAR_EVENT_OTHER);
	g_assert_cmpstr(row->fields[0].name, ==, "conn");
	g_assert_cmpint(row->fields[0].role, ==, FDAR_ROLE_ADDR);
	g_assert_cmpstr(row->fields[1].name, ==, "sock");
	g_assert_cmpint(row->fields[1].role, ==, FDAR_ROLE_FD);
	g_assert_cmpstr(row->fields[2].name, ==, "addr");
	g_assert_cmpint(row->fields[2].role, ==, FDAR_ROLE_DATA);
	g_assert_true(fdar_event_map_find_in(fdar_rules_maps(rules), "srv:accept") == row);
	g_assert_null(fdar_event_map_find_in(fdar_rules_maps(rules), "srv:other"));
	g_assert_null(fdar_event_map_find_in(NULL, "srv:accept"));
}

static void test_refused(void)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{ "[rule a]\nevent=x\ndo=dance\n", "[rule a] do: expected session-begin" },
		{ "[rule a]\ndo=put\n", "[rule a] event: expected" },
		{ "[rule a]\nevent=x\nfunction=f\ndo=put\n", "[rule a] event: expected" },
		{ "[rule a]\nevent=x\ndo=session-begin\n", "[rule a] key: expected" },
		{ "[rule a]\nevent=x\ndo=session\n", "[rule a] do: expected a function" },
		{ "[rule a]\nevent=x\ndo=put\nkeys=k\n", "[rule a] keys: expected event" },
		{ "[rule a]\nevent=x\ntext=t\nmatch=(\ndo=put\n", "[rule a] match: expected" },
		{ "[rule a]\nevent=x\ntext=t\ndo=put\n", "[rule a] text: expected" },
		{ "[rule a]\nfunction=f\nkey=k\ndo=session-begin\n",
		  "[rule a] key: expected nothing" },
		{ "[rule a]\nevent=x\ndo=session-begin\nkey=k\npeer=p\ntext=t\nmatch=m\n",
		  "[rule a] peer: expected" },
		{ "[rule a]\nevent=x\ndo=session\nuntil=b\n", "[rule a] until: expected the name" },
		{ "[rule a]\nevent=x\ndo=put\nuntil=a\n", "[rule a] until: expected a take" },
		{ "[rule a]\nevent=x\ndo=request-begin\nuntil=session\nkey=k\n",
		  "[rule a] key: expected nothing with until=session" },
		{ "[rule a]\nevent=x\ndo=put\nat=exit\n", "[rule a] at: expected" },
		{ "[rule a]\nevent=x\ndo=put\nwait=lock\n", "[rule a] wait: expected" },
		{ "[rule a]\nevent=x\ndo=wait-begin\nwait=processor\n", "[rule a] wait: expected" },
		{ "[rule a]\nevent=x\ndo=session-resume\n", "[rule a] key: expected" },
		{ "[rule a]\nevent=x\ndo=boundary\nkey=k\n", "[rule a] key: expected nothing" },
		{ "[rule a]\nevent=x\ndo=session-end\nlabel=k\n",
		  "[rule a] label: expected session-begin" },
		{ "[rule a]\nevent=flowdar:*\ndo=put\n", "[rule a] event: expected the full name" },
		{ "[rule a]\nevent=srv:a*\ndo=put\n[rule b]\nevent=srv:abc\ndo=take\n",
		  "[rule b] event: expected srv:a*, as in [rule a]" },
		{ "[rule a]\nevent=srv:a*\ndo=put\n[rule b]\nevent=srv:*b\ndo=take\n",
		  "[rule b] event: expected srv:a*, as in [rule a]" },
		{ "[rule a]\nevent=x\ndo=put\nforks=true\n",
		  "[rule a] forks: expected true, with" },
		{ "[rule a]\nevent=x\ndo=put\npid_ns=0x12\n", "[rule a] pid_ns: expected" },
		{ "[rule a]\nevent=x\ndo=put\npid_ns=0\n", "[rule a] pid_ns: expected" },
		{ "[rule a]\nevent=x\ndo=put\nqueue=a\\nb\n", "[rule a] queue: expected a name" },
		{ "[rules]\n", "[rules]: expected [rule NAME]" },
		{ "[hide]\n", "[hide] functions: expected" },
		{ "rule\n", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(rules_of(cases[i].text, &error));
		g_assert_nonnull(error);
		if (!strstr(error->message, cases[i].expected))
			g_error("case %zu: %s", i, error->message);
	}
}

/* Nothing is waited for, and nothing long is read: a recording of a stranger has rules of its own. */
static void test_no_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("test-rules-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "rules", NULL);
	g_autoptr(GError) pipe = NULL, large = NULL;

	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	g_assert_null(fdar_rules_load(path, &pipe));
	g_assert_error(pipe, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
	g_assert_cmpint(truncate(path, (off_t)8 << 30), ==, 0);
	g_assert_null(fdar_rules_load(path, &large));
	g_assert_error(large, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpint(g_rmdir(dir), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rules/words", test_words);
	g_test_add_func("/rules/queues", test_queues);
	g_test_add_func("/rules/early", test_early);
	g_test_add_func("/rules/uncertain", test_uncertain);
	g_test_add_func("/rules/uncertain-random", test_uncertain_random);
	g_test_add_func("/rules/doubts", test_doubts);
	g_test_add_func("/rules/forks", test_forks);
	g_test_add_func("/rules/event-globs", test_event_globs);
	g_test_add_func("/rules/functions", test_functions);
	g_test_add_func("/rules/until", test_until);
	g_test_add_func("/rules/until-same", test_until_same);
	g_test_add_func("/rules/threads", test_threads);
	g_test_add_func("/rules/processes", test_processes);
	g_test_add_func("/rules/namespaces", test_namespaces);
	g_test_add_func("/rules/zero", test_zero);
	g_test_add_func("/rules/text-keys", test_text_keys);
	g_test_add_func("/rules/labels", test_labels);
	g_test_add_func("/rules/boundary", test_boundary);
	g_test_add_func("/rules/requests-over", test_requests_over);
	g_test_add_func("/rules/process-end", test_process_end);
	g_test_add_func("/rules/several", test_several);
	g_test_add_func("/rules/waits", test_waits);
	g_test_add_func("/rules/waits-inside", test_waits_inside);
	g_test_add_func("/rules/components", test_components);
	g_test_add_func("/rules/maps", test_maps);
	g_test_add_func("/rules/refused", test_refused);
	g_test_add_func("/rules/no-file", test_no_file);
	return g_test_run();
}
