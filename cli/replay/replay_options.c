#include "cli/replay/replay_options.h"

#include <string.h>

#include "replay/play/driver.h"

gboolean fdar_replay_bad_value(GError **error, const char *option, const char *text,
			       const char *expected)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: \"%s\": expected %s",
		    option, text, expected);
	return FALSE;
}

gboolean fdar_replay_read_word(const char *option, const char *text, const char *const *words,
			       unsigned *value, GError **error)
{
	g_autofree char *all = g_strjoinv(" or ", (char **)words);

	*value = 0;
	if (!text)
		return TRUE;
	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*value = i;
			return TRUE;
		}
	}
	return fdar_replay_bad_value(error, option, text, all);
}

gboolean fdar_replay_read_span(const char *option, const char *text, uint64_t otherwise_ns,
			       uint64_t *value, GError **error)
{
	guint64 ns = otherwise_ns;

	/* Where milliseconds are usual, nobody means seconds by a bare number. */
	if (text && otherwise_ns && otherwise_ns < G_GUINT64_CONSTANT(1000000000) &&
	    !fdar_parse_fine_duration(text, &ns))
		return fdar_replay_bad_value(error, option, text,
					     "a duration with its unit, like 250ms");
	if (text && !fdar_parse_duration(text, &ns))
		return fdar_replay_bad_value(error, option, text,
					     "a duration like 250ms, 5s or 2m");
	*value = ns;
	return TRUE;
}

gboolean fdar_replay_read_duration(const char *text, uint64_t *value, GError **error)
{
	if (!fdar_replay_read_span("--duration", text, 0, value, error))
		return FALSE;
	return !text || *value ||
	       fdar_replay_bad_value(error, "--duration", text, "a duration above 0, like 30s");
}

gboolean fdar_replay_read_routes(struct fdar_routes *routes, char **to, char **map, char **sources,
				 GError **error)
{
	const struct {
		const char *option;
		gboolean (*add)(struct fdar_routes *routes, const char *text, GError **error);
		char **texts;
	} options[] = { { "--to", fdar_routes_add_target, to },
			{ "--map", fdar_routes_add_map, map },
			{ "--sources", fdar_routes_add_sources, sources } };

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		for (char **text = options[i].texts; text && *text; text++) {
			if (!options[i].add(routes, *text, error)) {
				g_prefix_error(error, "%s: ", options[i].option);
				return FALSE;
			}
		}
	}
	return TRUE;
}

gboolean fdar_replay_check_routes(const struct fdar_routes *routes, gboolean allow_remote,
				  GError **error)
{
	if (!routes->count) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "where to? give --to HOST:PORT");
		return FALSE;
	}
	for (size_t i = 0; i < routes->count && !allow_remote; i++) {
		const struct fdar_endpoint *target = &routes->routes[i].target;
		char text[FDAR_ENDPOINT_TEXT_MAX];

		if (fdar_endpoint_is_local(target))
			continue;
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "%s is another machine: give --allow-remote if you may load it",
			    fdar_endpoint_text(target, text));
		return FALSE;
	}
	return TRUE;
}

uint64_t fdar_replay_make_room(const struct fdar_usage *usage, uint64_t wanted, gboolean asked)
{
	uint64_t possible;

	wanted = CLAMP(wanted, 1, FDAR_REPLAY_CONCURRENCY_MAX);
	possible = fdar_files_raise(wanted);
	if (asked && possible < wanted)
		fdar_warning(usage,
			     "at most %" G_GUINT64_FORMAT
			     " sessions can be open at once, not %" G_GUINT64_FORMAT
			     ": the limit of open files is too low (ulimit -n)",
			     possible, wanted);
	return MAX(MIN(wanted, possible), 1);
}
