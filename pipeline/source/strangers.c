#include "pipeline/source/strangers.h"

#include <string.h>

void fdar_strangers_init(struct fdar_strangers *strangers, const struct fdar_recording_info *info,
			 const struct fdar_shares *shares)
{
	*strangers = (struct fdar_strangers){
		.name = info->name && *info->name ? info->name : NULL,
		.shares = shares,
		.numbers = g_hash_table_new(NULL, NULL),
		.judged = g_hash_table_new(NULL, NULL),
	};
	for (guint i = 0; info->strangers && i < info->strangers->len; i++)
		g_hash_table_add(strangers->numbers,
				 GUINT_TO_POINTER(g_array_index(info->strangers, guint32, i)));
}

void fdar_strangers_clear(struct fdar_strangers *strangers)
{
	g_clear_pointer(&strangers->numbers, g_hash_table_destroy);
	g_clear_pointer(&strangers->judged, g_hash_table_destroy);
}

gboolean fdar_strangers_matter(const struct fdar_strangers *strangers)
{
	return strangers->shares || g_hash_table_size(strangers->numbers) > 0;
}

static void set(struct fdar_strangers *strangers, uint32_t number, gboolean stranger)
{
	if (!stranger)
		g_hash_table_remove(strangers->numbers, GUINT_TO_POINTER(number));
	else
		g_hash_table_add(strangers->numbers, GUINT_TO_POINTER(number));
}

/* The recording whose trace an event of the process is in; 0: there are no several. */
static guint share_of(const struct fdar_strangers *strangers, const struct fdar_whose *whose,
		      const struct fdar_texts *texts, uint32_t number)
{
	return strangers->shares
		       ? fdar_home_recording(
				 fdar_texts_get(texts, fdar_whose_process(whose, number).host))
		       : 0;
}

/* A process of several recordings' traces is looked up in the list of the one whose trace tells it. */
static void judge(struct fdar_strangers *strangers, const struct fdar_whose *whose,
		  const struct fdar_texts *texts, uint32_t number)
{
	guint share;

	if (!strangers->shares || !g_hash_table_add(strangers->judged, GUINT_TO_POINTER(number)))
		return;
	share = share_of(strangers, whose, texts, number);
	if (fdar_shares_is_stranger(strangers->shares, share,
				    fdar_whose_process(whose, number).pid))
		set(strangers, number, TRUE);
}

static void meet(struct fdar_strangers *strangers, const struct fdar_whose *whose,
		 const struct fdar_texts *texts, const struct fdar_event *event)
{
	const char *name = strangers->name;

	judge(strangers, whose, texts, event->pid);
	if (event->kind != FDAR_EVENT_PROCESS || !event->process.recording_len)
		return;
	if (strangers->shares)
		name = fdar_shares_name(strangers->shares,
					share_of(strangers, whose, texts, event->pid));
	if (name)
		set(strangers, event->pid, strcmp(event->process.recording, name) != 0);
}

size_t fdar_strangers_leave_out(struct fdar_strangers *strangers, const struct fdar_whose *whose,
				const struct fdar_texts *texts, struct fdar_event *batch, size_t n,
				uint64_t *left_out)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		meet(strangers, whose, texts, &batch[i]);
		if (g_hash_table_contains(strangers->numbers, GUINT_TO_POINTER(batch[i].pid)))
			*left_out += batch[i].kind != FDAR_EVENT_THREAD_NAME;
		else
			batch[kept++] = batch[i];
	}
	return kept;
}

static int compare_pids(gconstpointer a, gconstpointer b)
{
	guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

	return (left > right) - (left < right);
}

GArray *fdar_strangers_list(const struct fdar_strangers *strangers)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(guint32));
	GHashTableIter all;
	gpointer key;

	g_hash_table_iter_init(&all, strangers->numbers);
	while (g_hash_table_iter_next(&all, &key, NULL)) {
		guint32 pid = GPOINTER_TO_UINT(key);

		g_array_append_val(pids, pid);
	}
	g_array_sort(pids, compare_pids);
	return pids;
}
