#include "cli/replay/replay_inputs.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"
#include "cli/kit/terminal.h"
#include "cli/replay/replay_options.h"

#define SUM_BYTES (256u << 10) /* read at once for a sum */

static char *label_of(const char *path)
{
	char *name = g_path_get_basename(path);
	char *dot;

	if (strcmp(path, "-") == 0) {
		g_free(name);
		return g_strdup("stdin");
	}
	dot = strchr(name + 1, '.');
	if (dot && name[0])
		*dot = '\0';
	return name;
}

/* The colon before "key=value,..."; NULL when the text is a file name only. */
static const char *keys_of(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon && strchr(colon, '=') ? colon : NULL;
}

static gboolean set_key(const char *pair, char **label, guint64 *clones, guint64 *rounds,
			GError **error)
{
	g_auto(GStrv) parts = g_strsplit(pair, "=", 2);

	if (parts[0] && parts[1] && strcmp(parts[0], "label") == 0 && parts[1][0]) {
		g_free(*label);
		*label = g_strdup(parts[1]);
		return TRUE;
	}
	if (parts[0] && parts[1] && strcmp(parts[0], "clones") == 0 &&
	    g_ascii_string_to_unsigned(parts[1], 10, 1, FDAR_REPLAY_CLONES_MAX, clones, NULL))
		return TRUE;
	if (parts[0] && parts[1] && strcmp(parts[0], "repeat") == 0 &&
	    g_ascii_string_to_unsigned(parts[1], 10, 0, UINT32_MAX, rounds, NULL))
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--mix: \"%s\": expected label=TEXT, clones=N or repeat=M", pair);
	return FALSE;
}

static gboolean set_keys(const char *text, char **label, guint64 *clones, guint64 *rounds,
			 GError **error)
{
	g_auto(GStrv) pairs = g_strsplit(text, ",", -1);

	for (char **pair = pairs; *pair; pair++)
		if (!set_key(*pair, label, clones, rounds, error))
			return FALSE;
	return TRUE;
}

gboolean fdar_replay_inputs_add(struct fdar_replay_inputs *inputs, const char *text, gboolean keys,
				const char *label, uint32_t clones, uint64_t rounds, GError **error)
{
	const char *colon = keys ? keys_of(text) : NULL;
	g_autofree char *path = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
	g_autofree char *own_label = label ? g_strdup(label) : label_of(path);
	guint64 own_clones = clones;
	guint64 own_rounds = rounds;
	size_t n = inputs->count;

	if (colon && !set_keys(colon + 1, &own_label, &own_clones, &own_rounds, error))
		return FALSE;
	inputs->paths = g_renew(char *, inputs->paths, n + 1);
	inputs->labels = g_renew(char *, inputs->labels, n + 1);
	inputs->sums = g_renew(char *, inputs->sums, n + 1);
	inputs->sums[n] = NULL;
	inputs->sessions = g_renew(struct fdar_sessions *, inputs->sessions, n + 1);
	inputs->scripts = g_renew(struct fdar_scripts *, inputs->scripts, n + 1);
	inputs->plan = g_renew(struct fdar_plan_input, inputs->plan, n + 1);
	inputs->names = g_renew(struct fdar_journal_input, inputs->names, n + 1);
	inputs->paths[n] = g_steal_pointer(&path);
	inputs->labels[n] = g_steal_pointer(&own_label);
	inputs->names[n].label = inputs->labels[n];
	inputs->names[n].capture = inputs->paths[n];
	inputs->names[n].sha256 = NULL;
	inputs->names[n].bytes = 0;
	inputs->sessions[n] = NULL;
	inputs->scripts[n] = NULL;
	inputs->plan[n].clones = (uint32_t)own_clones;
	inputs->plan[n].rounds = own_rounds;
	inputs->count++;
	return TRUE;
}

struct loading {
	const char *path;
	const volatile int *stop;
	gint64 shown_us;
};

static gboolean show_loading(uint64_t read_bytes, uint64_t size_bytes, void *user)
{
	struct loading *loading = user;
	gint64 now = g_get_monotonic_time();

	if (*loading->stop)
		return FALSE;
	if (!fdar_terminal_is_ours() || now - loading->shown_us < 250000)
		return TRUE;
	loading->shown_us = now;
	if (size_bytes)
		fprintf(stderr, "\rreading %s: %.0f %%\033[K", loading->path,
			100.0 * (double)read_bytes / (double)size_bytes);
	else
		fprintf(stderr, "\rreading %s: %.0f MB\033[K", loading->path,
			(double)read_bytes / 1e6);
	return TRUE;
}

gboolean fdar_replay_inputs_load(struct fdar_replay_inputs *inputs, const struct fdar_usage *usage,
				 const struct fdar_load_options *options, const volatile int *stop,
				 GError **error)
{
	for (size_t i = 0; i < inputs->count; i++) {
		struct loading loading = { inputs->paths[i], stop, g_get_monotonic_time() };
		struct fdar_load_options own = *options;
		gint64 shown = loading.shown_us;

		if (i > 0) /* what others files are is only said of the first */
			own.capture.more = NULL;
		own.progress = show_loading;
		own.user = &loading;
		inputs->sessions[i] = fdar_sessions_load(inputs->paths[i], &own, error);
		if (loading.shown_us != shown)
			fputs("\r\033[K", stderr);
		if (!inputs->sessions[i])
			return FALSE;
		if (fdar_sessions_damage(inputs->sessions[i]))
			fdar_warning(usage, "%s", fdar_sessions_damage(inputs->sessions[i]));
		/* What loading a large capture took and gave back goes to the system. */
		malloc_trim(0);
		inputs->scripts[i] = fdar_scripts_new(inputs->sessions[i], inputs->half_open);
		inputs->plan[i].scripts = inputs->scripts[i];
	}
	return TRUE;
}

/* NULL: it could not be read to its end, or was stopped. */
static char *sum_of(const char *path, struct loading *loading, uint64_t *bytes)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guchar *buffer = g_malloc(SUM_BYTES);
	int fd = fdar_file_open(path, NULL);
	struct stat st = { 0 };
	ssize_t n = -1;

	*bytes = 0;
	if (fd < 0)
		return NULL;
	fstat(fd, &st);
	while (show_loading(*bytes, (uint64_t)st.st_size, loading) &&
	       ((n = read(fd, buffer, SUM_BYTES)) > 0 || (n < 0 && errno == EINTR))) {
		g_checksum_update(sum, buffer, MAX(n, 0));
		*bytes += (uint64_t)MAX(n, 0);
	}
	close(fd);
	return n == 0 ? g_strdup(g_checksum_get_string(sum)) : NULL;
}

gboolean fdar_replay_inputs_sum(struct fdar_replay_inputs *inputs, const volatile int *stop)
{
	for (size_t i = 0; i < inputs->count && !*stop; i++) {
		struct loading loading = { inputs->paths[i], stop, g_get_monotonic_time() };
		gint64 shown = loading.shown_us;

		inputs->sums[i] = sum_of(inputs->paths[i], &loading, &inputs->names[i].bytes);
		inputs->names[i].sha256 = inputs->sums[i];
		if (loading.shown_us != shown)
			fputs("\r\033[K", stderr);
	}
	return !*stop;
}

void fdar_replay_inputs_clear(struct fdar_replay_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++) {
		fdar_scripts_free(inputs->scripts[i]);
		fdar_sessions_free(inputs->sessions[i]);
		g_free(inputs->paths[i]);
		g_free(inputs->labels[i]);
		g_free(inputs->sums[i]);
	}
	g_free(inputs->scripts);
	g_free(inputs->sessions);
	g_free(inputs->paths);
	g_free(inputs->labels);
	g_free(inputs->sums);
	g_free(inputs->plan);
	g_free(inputs->names);
	memset(inputs, 0, sizeof(*inputs));
}
