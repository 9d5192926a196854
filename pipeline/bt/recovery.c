#include "pipeline/bt/recovery.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "pipeline/bt/recovery_packets.h"

struct work {
	struct fdar_recovery *recovery;
	fdar_recovery_probe_fn probe;
	void *user;
	char *trace;       /* absolute: the one in hand */
	char *shadow;      /* what is tried: metadata and one stream file */
	char *rescued;     /* what was found sound */
	guint damaged;     /* stream files, of all traces */
	gboolean stuck;    /* the trace in hand is given up */
	gboolean finished; /* nobody wants to know any more */
	GError *first;     /* refusal */
};

/* ---- folders ---- */

static void remove_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
}

static gboolean link_into(const char *folder, const char *trace, const char *name)
{
	g_autofree char *from = g_build_filename(folder, name, NULL);
	g_autofree char *to = g_build_filename(trace, name, NULL);

	return symlink(to, from) == 0;
}

/* A folder below the recovery's own with the trace's metadata in it, or NULL. */
static char *make_folder(struct fdar_recovery *recovery, const char *trace, const char *kind,
			 guint index)
{
	g_autofree char *name = g_strdup_printf("%s-%u", kind, index);
	g_autofree char *folder = NULL;

	if (!recovery->place.path && !fdar_workplace_make("recovery", &recovery->place, NULL))
		return NULL;
	folder = g_build_filename(recovery->place.path, name, NULL);
	if (g_mkdir(folder, 0700) != 0 || !link_into(folder, trace, "metadata"))
		return NULL;
	return g_steal_pointer(&folder);
}

/* ---- one stream file ---- */

static gboolean copy_range(int from, int to, goffset begin, goffset end)
{
	g_autofree char *buffer = g_malloc(65536);

	while (begin < end) {
		size_t want = (size_t)MIN(end - begin, 65536);
		ssize_t n = pread(from, buffer, want, begin);

		if (n <= 0 || pwrite(to, buffer, (size_t)n, begin) != n)
			return FALSE;
		begin += n;
	}
	return TRUE;
}

static gboolean set_length(int from, int to, goffset *length, goffset wanted)
{
	gboolean ok = wanted < *length ? ftruncate(to, wanted) == 0
				       : copy_range(from, to, *length, wanted);

	*length = wanted;
	return ok;
}

static gboolean ask(struct work *work, const char *trace, GError **error)
{
	g_autoptr(GError) refusal = NULL;

	if (work->stuck || work->finished) {
		g_set_error_literal(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_STUCK, "given up");
		return FALSE;
	}
	if (work->probe(trace, work->user, &refusal))
		return TRUE;
	work->finished = refusal->domain != FDAR_SOURCE_ERROR;
	work->stuck = g_error_matches(refusal, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_STUCK);
	g_propagate_error(error, g_steal_pointer(&refusal));
	return FALSE;
}

static gboolean sound(struct work *work, GError **error)
{
	return ask(work, work->shadow, error);
}

/* The longest run of whole packets from the start that the decoder takes, in bytes, left in the
 * shadow's copy. 0: none. Refusals come with the first bad packet: so it is a binary search. */
static goffset longest_prefix(struct work *work, int from, int to, const GArray *packets)
{
	guint good = 0, bad = packets->len; /* as numbers of packets; bad is the whole file */
	goffset length = 0;

	while (bad - good > 1) {
		guint middle = good + (bad - good) / 2;

		if (!set_length(from, to, &length, g_array_index(packets, goffset, middle)))
			return 0;
		if (sound(work, NULL))
			good = middle;
		else
			bad = middle;
	}
	if (!good || !set_length(from, to, &length, g_array_index(packets, goffset, good)))
		return 0;
	return length;
}

static goffset cut_file(struct work *work, const char *name)
{
	g_autofree char *original = g_build_filename(work->trace, name, NULL);
	g_autofree char *copy = g_build_filename(work->shadow, name, NULL);
	g_autoptr(GArray) packets = fdar_recovery_packets(original);
	goffset length = 0;
	int from, to;

	g_unlink(copy);
	from = open(original, O_RDONLY | O_CLOEXEC);
	to = open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (from >= 0 && to >= 0)
		length = longest_prefix(work, from, to, packets);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (!length)
		g_unlink(copy);
	return length;
}

/* The refusal speaks of the shadow; the user knows the trace. */
static char *reason_of(const struct work *work, const GError *why)
{
	const char *colon = strstr(why->message, ": ");
	g_autoptr(GString) text = g_string_new(colon ? colon + 2 : why->message);
	g_autoptr(GRegex) stream = g_regex_new(" stream=\"[^\"]*\",", 0, 0, NULL);

	g_string_replace(text, work->shadow, work->trace, 0);
	return g_regex_replace_literal(stream, text->str, (gssize)text->len, 0, "", 0, NULL);
}

static void note_damage(struct work *work, const char *name, goffset length, const GError *why)
{
	g_autofree char *file = g_build_filename(work->trace, name, NULL);
	g_autofree char *reason = NULL;

	if (work->damaged++)
		return;
	reason = reason_of(work, why);
	g_free(work->recovery->damage); /* of a whole trace: this says more */
	work->recovery->damage = g_strdup_printf("stream file %s: read up to byte %" G_GINT64_FORMAT
						 ", the rest is damaged (%s)",
						 file, (gint64)length, reason);
}

/* Moves what is sound of the file to the rescued ones. */
static gboolean take_file(struct work *work, const char *name)
{
	g_autofree char *here = g_build_filename(work->shadow, name, NULL);
	g_autofree char *there = g_build_filename(work->rescued, name, NULL);
	g_autoptr(GError) error = NULL;
	goffset length;

	if (!link_into(work->shadow, work->trace, name))
		return FALSE;
	if (!sound(work, &error)) {
		if (g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY)) {
			g_unlink(here);
			return FALSE;
		}
		length = cut_file(work, name);
		note_damage(work, name, length, error);
		if (!length)
			return FALSE;
	}
	return g_rename(here, there) == 0;
}

/* ---- one trace ---- */

static int compare_names(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *stream_files(const char *trace)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(trace, 0, NULL);
	const char *name;

	while (dir && files->len < FDAR_RECOVERY_FILES_MAX && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(trace, name, NULL);
		struct stat st;

		if (name[0] != '.' && strcmp(name, "metadata") != 0 && stat(path, &st) == 0 &&
		    S_ISREG(st.st_mode) && st.st_size > 0)
			g_ptr_array_add(files, g_strdup(name));
	}
	g_ptr_array_sort(files, compare_names);
	return files;
}

/* Whether the metadata is understood: with it alone, the trace is taken for an empty one. */
static gboolean metadata_sound(struct work *work)
{
	g_autoptr(GError) error = NULL;

	if (sound(work, &error) ||
	    g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY))
		return TRUE;
	if (work->first)
		work->first->code = FDAR_SOURCE_ERROR_FORMAT;
	return FALSE;
}

static void rescue_trace(struct work *work, guint index)
{
	g_autoptr(GPtrArray) files = stream_files(work->trace);
	guint rescued = 0;

	work->shadow = make_folder(work->recovery, work->trace, "try", index);
	work->rescued = make_folder(work->recovery, work->trace, "trace", index);
	if (work->shadow && work->rescued && metadata_sound(work)) {
		for (guint i = 0; i < files->len; i++)
			rescued += take_file(work, g_ptr_array_index(files, i)) != FALSE;
	}
	if (rescued)
		g_ptr_array_add(work->recovery->traces, g_strdup(work->rescued));
	else if (work->rescued)
		remove_folder(work->rescued);
	if (work->shadow)
		remove_folder(work->shadow);
	g_clear_pointer(&work->shadow, g_free);
	g_clear_pointer(&work->rescued, g_free);
}

static void try_trace(struct work *work, const char *trace, guint index)
{
	g_autoptr(GError) error = NULL;

	work->stuck = FALSE;
	if (ask(work, trace, &error)) {
		g_ptr_array_add(work->recovery->traces, g_strdup(trace));
		return;
	}
	if (g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY))
		return;
	if (!work->first)
		work->first = g_error_copy(error);
	if (work->stuck || work->finished) {
		if (!work->recovery->damage)
			work->recovery->damage = g_strdup(error->message);
		return;
	}
	work->trace = realpath(trace, NULL);
	if (work->trace) {
		guint before = work->damaged;

		rescue_trace(work, index);
		if (work->damaged == before && !work->recovery->damage)
			work->recovery->damage = g_strdup(error->message);
	}
	free(work->trace);
}

static void tell_more(struct work *work)
{
	char *line = work->recovery->damage;

	if (work->damaged < 2)
		return;
	work->recovery->damage =
		g_strdup_printf("%s; and %u more stream files", line, work->damaged - 1);
	g_free(line);
}

struct fdar_recovery *fdar_recovery_new(const GPtrArray *traces, fdar_recovery_probe_fn probe,
					void *user, GError **error)
{
	struct fdar_recovery *recovery = g_new0(struct fdar_recovery, 1);
	struct work work = { .recovery = recovery, .probe = probe, .user = user };

	recovery->traces = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < traces->len; i++)
		try_trace(&work, g_ptr_array_index(traces, i), i);
	tell_more(&work);
	if (recovery->traces->len && !work.finished) {
		g_clear_error(&work.first);
		return recovery;
	}
	if (work.first)
		g_propagate_error(error, work.first);
	else
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY,
			    "%s: the trace holds no event",
			    (const char *)g_ptr_array_index(traces, 0));
	fdar_recovery_free(recovery);
	return NULL;
}

void fdar_recovery_free(struct fdar_recovery *recovery)
{
	if (!recovery)
		return;
	fdar_workplace_remove(&recovery->place);
	g_ptr_array_unref(recovery->traces);
	g_free(recovery->damage);
	g_free(recovery);
}
