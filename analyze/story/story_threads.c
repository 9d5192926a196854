#include <string.h>

#include "analyze/story/story_lanes.h"

/* A thread of one of the stories: its lanes are neighbours, the first of them is told here. */
struct thread {
	const char *name;
	char *role; /* the name without the number at its end */
	uint32_t lane;
};

static void thread_clear(gpointer data)
{
	g_free(((struct thread *)data)->role);
}

/* "worker" of "worker-14", "worker · 4711" and "worker#3"; the name itself where no more is left. */
static char *role_of(const char *name)
{
	size_t length = strlen(name);

	while (length > 0 && g_ascii_isdigit(name[length - 1]))
		length--;
	if (name[length] == '\0')
		return g_strdup(name);
	while (length > 0 && strchr(" -_#:./", name[length - 1]))
		length--;
	if (length >= 2 && memcmp(name + length - 2, "\xc2\xb7", 2) == 0)
		length -= 2;
	while (length > 0 && name[length - 1] == ' ')
		length--;
	return length > 0 ? g_strndup(name, length) : g_strdup(name);
}

static GArray *threads_of(const struct fdar_story *story)
{
	GArray *threads = g_array_new(FALSE, FALSE, sizeof(struct thread));

	g_array_set_clear_func(threads, thread_clear);
	for (uint32_t i = 0; i < story->lane_count; i++) {
		struct thread thread = { .name = story->lanes[i].thread, .lane = i };

		if (i > 0 && story->lanes[i].thread_index == story->lanes[i - 1].thread_index)
			continue;
		thread.role = role_of(thread.name);
		g_array_append_val(threads, thread);
	}
	return threads;
}

static const struct thread *thread_at(const GArray *threads, guint index)
{
	return &g_array_index(threads, struct thread, index);
}

static guint count_role(const GArray *threads, const char *role)
{
	guint count = 0;

	for (guint i = 0; i < threads->len; i++)
		count += strcmp(thread_at(threads, i)->role, role) == 0;
	return count;
}

static gboolean has_name(const GArray *threads, const char *name)
{
	for (guint i = 0; i < threads->len; i++)
		if (strcmp(thread_at(threads, i)->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* Whether all of a role have the names of the other side already. */
static gboolean are_the_same(const GArray *threads, const GArray *others, const char *role)
{
	for (guint i = 0; i < threads->len; i++)
		if (strcmp(thread_at(threads, i)->role, role) == 0 &&
		    !has_name(others, thread_at(threads, i)->name))
			return FALSE;
	return TRUE;
}

static void rename_role(struct fdar_story *story, const GArray *threads, const char *role,
			gboolean numbered)
{
	guint number = 0;

	for (guint i = 0; i < threads->len; i++) {
		const struct thread *thread = thread_at(threads, i);
		g_autofree char *name = NULL;
		const char *kept;

		if (strcmp(thread->role, role) != 0)
			continue;
		name = numbered ? g_strdup_printf("%s %u", role, ++number) : g_strdup(role);
		kept = g_string_chunk_insert_const(story->texts, name);
		for (uint32_t l = thread->lane;
		     l < story->lane_count &&
		     story->lanes[l].thread_index == story->lanes[thread->lane].thread_index;
		     l++)
			story->lanes[l].thread = kept;
	}
}

/* The tracer's name for want of the server's own. */
static gboolean is_nameless(const struct thread *thread, const char *program)
{
	return strcmp(thread->role, program) == 0 || strcmp(thread->role, "thread") == 0;
}

static guint index_of(const GArray *threads, const struct fdar_story *story, uint32_t lane)
{
	guint index = 0;

	while (index + 1 < threads->len && thread_at(threads, index + 1)->lane <= lane)
		index++;
	return lane < story->lane_count ? index : G_MAXUINT;
}

/* The other side's thread that most of a thread's steps stand beside, G_MAXUINT: none. */
static guint beside(GArray *const threads[2], struct fdar_story *const stories[2], unsigned side,
		    guint index, const struct fdar_story_row *rows, uint32_t row_count)
{
	g_autofree guint *votes = g_new0(guint, threads[!side]->len + 1);
	guint best = G_MAXUINT;

	for (uint32_t r = 0; r < row_count; r++) {
		uint32_t own = rows[r].step[side], other = rows[r].step[!side];
		guint there;

		if (own == FDAR_STORY_NONE || other == FDAR_STORY_NONE ||
		    index_of(threads[side], stories[side], stories[side]->steps[own].lane) != index)
			continue;
		there = index_of(threads[!side], stories[!side], stories[!side]->steps[other].lane);
		if (there != G_MAXUINT &&
		    (++votes[there], best == G_MAXUINT || votes[there] > votes[best]))
			best = there;
	}
	return best;
}

/* Whoever has no name of its own has the role of the one that it stands beside. */
static void name_nameless(GArray *const threads[2], struct fdar_story *const stories[2],
			  const char *const programs[2], const struct fdar_story_row *rows,
			  uint32_t row_count)
{
	for (unsigned side = 0; side < 2; side++) {
		for (guint i = 0; i < threads[side]->len; i++) {
			struct thread *thread = &g_array_index(threads[side], struct thread, i);
			const struct thread *other;
			guint there;

			if (!is_nameless(thread, programs[side]))
				continue;
			there = beside(threads, stories, side, i, rows, row_count);
			other = there == G_MAXUINT ? NULL : thread_at(threads[!side], there);
			if (!other || is_nameless(other, programs[!side]))
				continue;
			g_free(thread->role);
			thread->role = g_strdup(other->role);
		}
	}
}

void story_same_threads(struct fdar_story *const stories[2], const char *const programs[2],
			const struct fdar_story_row *rows, uint32_t row_count)
{
	g_autoptr(GArray) base = threads_of(stories[0]);
	g_autoptr(GArray) subject = threads_of(stories[1]);
	GArray *threads[2] = { base, subject };
	g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);

	name_nameless(threads, stories, programs, rows, row_count);
	for (guint i = 0; i < base->len; i++) {
		char *role = thread_at(base, i)->role;
		guint counts[2] = { count_role(base, role), count_role(subject, role) };

		if (counts[1] == 0 || !g_hash_table_add(done, role) ||
		    (are_the_same(base, subject, role) && are_the_same(subject, base, role)))
			continue;
		for (unsigned s = 0; s < 2; s++)
			rename_role(stories[s], threads[s], role, counts[0] > 1 || counts[1] > 1);
	}
}
