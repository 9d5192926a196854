#include "pipeline/recording/shares.h"

#include <string.h>

#include "pipeline/recording/recording.h"

struct share {
	char *dir;
	struct fdar_recording_info info;
};

struct fdar_shares {
	GPtrArray *all; /* struct share * */
};

static void share_free(gpointer data)
{
	struct share *share = data;

	g_free(share->dir);
	fdar_recording_info_clear(&share->info);
	g_free(share);
}

/* The folder "trace" is the recording's; below it LTTng has folders of its own. NULL: there is none. */
static char *recording_of(const char *trace)
{
	g_autofree char *at = g_strdup(trace);
	char *slash;

	while ((slash = strrchr(at, '/')) && slash != at) {
		gboolean named = strcmp(slash + 1, FDAR_RECORDING_TRACE) == 0;

		*slash = '\0';
		if (named)
			return g_steal_pointer(&at);
	}
	return NULL;
}

static struct share *find(const struct fdar_shares *shares, const char *dir, guint *number)
{
	for (*number = 1; *number <= shares->all->len; ++*number) {
		struct share *share = g_ptr_array_index(shares->all, *number - 1);

		if (strcmp(share->dir, dir) == 0)
			return share;
	}
	*number = 0;
	return NULL;
}

static void add(struct fdar_shares *shares, const char *trace)
{
	g_autofree char *dir = recording_of(trace);
	struct share *share;
	guint number;

	if (!dir || find(shares, dir, &number))
		return;
	share = g_new0(struct share, 1);
	if (!fdar_recording_info_load(dir, &share->info, NULL)) {
		g_free(share);
		return;
	}
	share->dir = g_steal_pointer(&dir);
	g_ptr_array_add(shares->all, share);
}

struct fdar_shares *fdar_shares_new(const GPtrArray *traces)
{
	struct fdar_shares *shares = g_new0(struct fdar_shares, 1);

	shares->all = g_ptr_array_new_with_free_func(share_free);
	for (guint i = 0; i < traces->len; i++)
		add(shares, g_ptr_array_index(traces, i));
	if (shares->all->len > 1)
		return shares;
	fdar_shares_free(shares);
	return NULL;
}

void fdar_shares_free(struct fdar_shares *shares)
{
	if (!shares)
		return;
	g_ptr_array_unref(shares->all);
	g_free(shares);
}

guint fdar_shares_find(const struct fdar_shares *shares, const char *trace)
{
	g_autofree char *dir = shares ? recording_of(trace) : NULL;
	guint number = 0;

	if (dir)
		find(shares, dir, &number);
	return number;
}

static const struct fdar_recording_info *info_of(const struct fdar_shares *shares, guint number)
{
	return number && number <= shares->all->len
		       ? &((const struct share *)g_ptr_array_index(shares->all, number - 1))->info
		       : NULL;
}

const char *fdar_shares_name(const struct fdar_shares *shares, guint number)
{
	const struct fdar_recording_info *info = info_of(shares, number);

	return info && info->name && *info->name ? info->name : NULL;
}

gboolean fdar_shares_is_stranger(const struct fdar_shares *shares, guint number, guint32 pid)
{
	const struct fdar_recording_info *info = info_of(shares, number);

	for (guint i = 0; info && info->strangers && i < info->strangers->len; i++)
		if (g_array_index(info->strangers, guint32, i) == pid)
			return TRUE;
	return FALSE;
}
