/* The dialogue's invariants: what a caller may not do is found. */
#include "replay/play/dialogue.h"
#include "tests/unit/kit/aborts.h"

static const struct fdar_session session = { .transport = FDAR_TCP };

static void moved_past_the_end(void)
{
	struct fdar_script script = { .session = &session };
	struct fdar_dialogue dialogue;

	fdar_dialogue_init(&dialogue, &script, 0, 0);
	fdar_dialogue_moved(&dialogue, 1);
}

static void moved_for_the_server(void)
{
	const struct fdar_piece piece = { .way = FDAR_FROM_SERVER, .length = 1 };
	struct fdar_script script = { .session = &session, .pieces = &piece, .count = 1 };
	struct fdar_dialogue dialogue;

	fdar_dialogue_init(&dialogue, &script, 0, 0);
	fdar_dialogue_moved(&dialogue, 1);
}

static void mark_ahead(void)
{
	const struct fdar_pace pace = { .speed = 1 };
	struct fdar_script script = { .session = &session, .complete = TRUE };
	struct fdar_dialogue dialogue;
	struct fdar_next_move next;

	fdar_dialogue_init(&dialogue, &script, 0, 0);
	dialogue.mark = 1;
	fdar_dialogue_next(&dialogue, &pace, 1, &next);
}

static void test_end(void)
{
	assert_aborts(moved_past_the_end, "dialogue->at < dialogue->script->count");
}

static void test_server(void)
{
	assert_aborts(moved_for_the_server, "FDAR_FROM_CLIENT");
}

static void test_mark(void)
{
	assert_aborts(mark_ahead, "dialogue->received >= dialogue->mark");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dialogue-check/end", test_end);
	g_test_add_func("/dialogue-check/server", test_server);
	g_test_add_func("/dialogue-check/mark", test_mark);
	return g_test_run();
}
