#include "pipeline/recording/doubts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *const kind_names[FDAR_DOUBT_KINDS] = {
	[FDAR_DOUBT_UNFINISHED] = "unfinished", [FDAR_DOUBT_LOST] = "lost",
	[FDAR_DOUBT_MISSING] = "missing",       [FDAR_DOUBT_DAMAGED] = "damaged",
	[FDAR_DOUBT_FOREIGN] = "foreign",       [FDAR_DOUBT_WARNED] = "warned",
	[FDAR_DOUBT_RULES] = "rules",
};

const char *fdar_doubt_kind_name(enum fdar_doubt_kind kind)
{
	return kind_names[kind];
}

static void free_doubt(gpointer data)
{
	struct fdar_doubt *doubt = data;

	g_free(doubt->text);
	g_free(doubt);
}

GPtrArray *fdar_doubts_new(void)
{
	return g_ptr_array_new_with_free_func(free_doubt);
}

static gboolean is_there(const GPtrArray *doubts, const char *text)
{
	for (guint i = 0; i < doubts->len; i++)
		if (strcmp(((const struct fdar_doubt *)g_ptr_array_index(doubts, i))->text, text) ==
		    0)
			return TRUE;
	return FALSE;
}

void fdar_doubts_add(GPtrArray *doubts, enum fdar_doubt_kind kind, char *text)
{
	struct fdar_doubt *doubt;

	/* Many of one kind do not hide that there is another. */
	if (doubts->len >= FDAR_DOUBTS_MAX && fdar_doubts_any(doubts, kind)) {
		g_free(text);
		text = g_strdup("and more of the kind");
	}
	if (is_there(doubts, text)) {
		g_free(text);
		return;
	}
	doubt = g_new0(struct fdar_doubt, 1);
	doubt->kind = kind;
	doubt->text = text;
	g_ptr_array_add(doubts, doubt);
}

void fdar_doubts_add_all(GPtrArray *doubts, const GPtrArray *more)
{
	for (guint i = 0; i < more->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(more, i);

		fdar_doubts_add(doubts, doubt->kind, g_strdup(doubt->text));
	}
}

gboolean fdar_doubts_any(const GPtrArray *doubts, enum fdar_doubt_kind kind)
{
	for (guint i = 0; i < doubts->len; i++)
		if (((const struct fdar_doubt *)g_ptr_array_index(doubts, i))->kind == kind)
			return TRUE;
	return FALSE;
}

static void add(struct fdar_recording_state *state, enum fdar_doubt_kind kind, const char *format,
		...) G_GNUC_PRINTF(3, 4);

static void add(struct fdar_recording_state *state, enum fdar_doubt_kind kind, const char *format,
		...)
{
	va_list arguments;

	va_start(arguments, format);
	fdar_doubts_add(state->doubts, kind, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* ---- what recording.json says ---- */

static void add_losses(struct fdar_recording_state *state)
{
	const struct fdar_recording_info *info = &state->info;
	const struct {
		uint64_t count;
		enum fdar_doubt_kind kind;
		const char *what;
	} losses[] = {
		{ info->discarded, FDAR_DOUBT_LOST, "events were lost: the buffers were full" },
		{ info->dropped, FDAR_DOUBT_LOST,
		  "events were dropped: the recorder's memory or the disk was full" },
		{ info->packets_lost, FDAR_DOUBT_LOST, "packets of events were lost" },
		{ info->calls_lost, FDAR_DOUBT_LOST,
		  "calls were not recorded, as the server's libraries say" },
		{ info->calls_missing, FDAR_DOUBT_MISSING,
		  "calls that the server's libraries counted are not in the trace" },
		{ info->events_missing, FDAR_DOUBT_MISSING,
		  "events that the server's libraries counted are not in the trace" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(losses); i++)
		if (losses[i].count)
			add(state, losses[i].kind, "%" G_GUINT64_FORMAT " %s", losses[i].count,
			    losses[i].what);
}

static void add_said(struct fdar_recording_state *state)
{
	const struct fdar_recording_info *info = &state->info;

	if (info->unfinished)
		add(state, FDAR_DOUBT_UNFINISHED,
		    "unfinished: %s; what is missing at its end is not known", info->ended);
	if (info->damaged)
		add(state, FDAR_DOUBT_DAMAGED, "incomplete: %s",
		    info->warnings && info->warnings[0] ? info->warnings[0] : info->ended);
	add_losses(state);
	for (char **warning = info->warnings; warning && *warning; warning++)
		if (!info->damaged || warning != info->warnings)
			add(state, FDAR_DOUBT_WARNED, "%s", *warning);
}

/* FALSE and error: of a later flowdar. */
static gboolean load_info(struct fdar_recording_state *state, const char *dir, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (fdar_recording_info_load(dir, &state->info, &cause)) {
		state->is_recording = state->has_info = TRUE;
		return TRUE;
	}
	if (g_error_matches(cause, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_MISSING))
		return TRUE;
	if (g_error_matches(cause, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_LATER)) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return FALSE;
	}
	state->is_recording = TRUE;
	add(state, FDAR_DOUBT_DAMAGED, "%s", cause->message);
	return TRUE;
}

/* ---- what the manifest says ---- */

static gboolean is_small(const struct fdar_manifest_file *file, uint64_t summed)
{
	return file->bytes <= FDAR_DOUBTS_SMALL_BYTES &&
	       summed + file->bytes <= FDAR_DOUBTS_SUMS_BYTES &&
	       !g_str_has_suffix(file->path, ".zst"); /* that have check sums of their own */
}

static gboolean compare_size(struct fdar_recording_state *state, const char *dir,
			     const struct fdar_manifest_file *file)
{
	g_autofree char *path = g_build_filename(dir, file->path, NULL);
	struct stat st;

	if (lstat(path, &st) != 0)
		add(state, FDAR_DOUBT_DAMAGED, "%s is missing: it had %" G_GUINT64_FORMAT " bytes",
		    file->path, file->bytes);
	else if (!S_ISREG(st.st_mode))
		add(state, FDAR_DOUBT_FOREIGN,
		    "%s is no file: it was one of %" G_GUINT64_FORMAT " bytes", file->path,
		    file->bytes);
	else if ((uint64_t)st.st_size != file->bytes)
		add(state, FDAR_DOUBT_DAMAGED,
		    "%s has %" G_GUINT64_FORMAT " bytes, and was written with %" G_GUINT64_FORMAT,
		    file->path, (uint64_t)st.st_size, file->bytes);
	else
		return TRUE;
	return FALSE;
}

static gboolean compare_sum(struct fdar_recording_state *state, const char *dir,
			    const struct fdar_manifest_file *file)
{
	struct fdar_manifest_file now = { 0 };

	if (fdar_manifest_sum(dir, file->path, &now) && strcmp(now.sha256, file->sha256) == 0)
		return TRUE;
	add(state, FDAR_DOUBT_DAMAGED, "%s is not as it was written (check sum)", file->path);
	return FALSE;
}

static void look_for_others(struct fdar_recording_state *state, const char *dir)
{
	g_autoptr(GPtrArray) paths = fdar_manifest_list(dir);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = g_ptr_array_index(paths, i);

		/* Manifests of older flowdars are without samples. */
		if (!fdar_manifest_find(state->manifest, path) &&
		    strcmp(path, FDAR_RECORDING_SAMPLES) != 0)
			add(state, FDAR_DOUBT_FOREIGN, "%s was not written with this recording",
			    path);
	}
}

/* recording.json of somebody else: its numbers and rules are not this trace's. */
static void compare_name(struct fdar_recording_state *state)
{
	const char *name = state->info.name ? state->info.name : "";
	const char *ours = state->manifest->recording;

	if (strcmp(name, ours) == 0)
		return;
	if (state->has_info)
		add(state, FDAR_DOUBT_FOREIGN,
		    "recording.json is of another recording (%s, and this is %s): what it says is "
		    "not used",
		    *name ? name : "one without a name", ours);
	fdar_recording_info_clear(&state->info);
	state->info.name = g_strdup(ours);
	state->has_info = FALSE;
}

static void compare_files(struct fdar_recording_state *state, const char *dir, gboolean all,
			  struct fdar_recording_checked *checked)
{
	const GPtrArray *files = state->manifest->files;
	uint64_t summed = 0;

	for (guint i = 0; i < files->len; i++) {
		const struct fdar_manifest_file *file = g_ptr_array_index(files, i);

		if (!compare_size(state, dir, file))
			continue;
		if (!all && !is_small(file, summed))
			continue;
		summed += file->bytes;
		if (!compare_sum(state, dir, file) || !checked)
			continue;
		checked->files++;
		checked->bytes += file->bytes;
	}
	look_for_others(state, dir);
}

static void load_manifest(struct fdar_recording_state *state, const char *dir)
{
	g_autoptr(GError) cause = NULL;
	gboolean missing;

	state->manifest = fdar_manifest_load(dir, &cause);
	if (state->manifest) {
		state->is_recording = TRUE;
		return;
	}
	missing = g_error_matches(cause, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_MISSING);
	if (!missing || (state->info.manifest && !state->info.unfinished))
		add(state, FDAR_DOUBT_DAMAGED, "%s",
		    missing ? "the manifest is missing: nothing says whether all is there"
			    : cause->message);
}

/* ---- all of it ---- */

gboolean fdar_recording_state_load(const char *dir, struct fdar_recording_state *state,
				   GError **error)
{
	state->doubts = fdar_doubts_new();
	if (!load_info(state, dir, error))
		return FALSE;
	load_manifest(state, dir);
	if (state->manifest)
		compare_name(state);
	if (state->has_info)
		add_said(state);
	if (state->manifest)
		compare_files(state, dir, FALSE, NULL);
	return TRUE;
}

/* Streams by path, the paths' owner being the list. */
static GHashTable *by_path(const GArray *streams)
{
	GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < streams->len; i++) {
		struct fdar_recording_stream *stream =
			&g_array_index(streams, struct fdar_recording_stream, i);

		g_hash_table_insert(table, stream->path, stream);
	}
	return table;
}

/* Where it is that something is missing, or too much. */
static void compare_streams(struct fdar_recording_state *state, const GArray *read)
{
	static const struct fdar_recording_stream none = { 0 };
	const GArray *streams = state->manifest->streams;
	g_autoptr(GHashTable) table = by_path(read);

	for (guint i = 0; read->len && i < streams->len; i++) {
		const struct fdar_recording_stream *written =
			&g_array_index(streams, struct fdar_recording_stream, i);
		const struct fdar_recording_stream *there =
			g_hash_table_lookup(table, written->path);

		there = there ? there : &none;
		if (there->events == written->events && there->calls == written->calls)
			continue;
		add(state,
		    there->events < written->events   ? FDAR_DOUBT_MISSING
		    : there->events > written->events ? FDAR_DOUBT_FOREIGN
						      : FDAR_DOUBT_DAMAGED,
		    "%s: %" G_GUINT64_FORMAT " events with %" G_GUINT64_FORMAT
		    " calls were read, and the recorder had counted %" G_GUINT64_FORMAT
		    " with %" G_GUINT64_FORMAT,
		    written->path, there->events, there->calls, written->events, written->calls);
	}
}

void fdar_recording_state_compare(struct fdar_recording_state *state, uint64_t events,
				  uint64_t calls, const GArray *streams)
{
	const struct fdar_manifest *manifest = state->manifest;
	uint64_t written = manifest ? manifest->events : state->info.events;

	if ((!manifest && (!state->has_info || state->info.unfinished)) || !written)
		return;
	if (events != written)
		add(state, events < written ? FDAR_DOUBT_MISSING : FDAR_DOUBT_FOREIGN,
		    "%" G_GUINT64_FORMAT " events were read, and the recorder had counted "
		    "%" G_GUINT64_FORMAT,
		    events, written);
	else if (manifest && calls != manifest->calls)
		add(state, FDAR_DOUBT_DAMAGED,
		    "%" G_GUINT64_FORMAT " calls were read, and the recorder had counted "
		    "%" G_GUINT64_FORMAT,
		    calls, manifest->calls);
	if (manifest)
		compare_streams(state, streams);
}

void fdar_recording_state_check(struct fdar_recording_state *state, const char *dir,
				struct fdar_recording_checked *checked)
{
	*checked = (struct fdar_recording_checked){ 0 };
	if (state->manifest)
		compare_files(state, dir, TRUE, checked);
}

void fdar_recording_state_clear(struct fdar_recording_state *state)
{
	fdar_recording_info_clear(&state->info);
	g_clear_pointer(&state->manifest, fdar_manifest_free);
	g_clear_pointer(&state->doubts, g_ptr_array_unref);
	memset(state, 0, sizeof(*state));
}
