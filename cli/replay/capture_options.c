#include "cli/replay/capture_options.h"

#include <string.h>
#include <sys/stat.h>

#include "replay/tls/keylog.h"

gboolean fdar_capture_options_read_ports(struct fdar_capture_texts *texts, GError **error)
{
	guint count = texts->servers ? g_strv_length(texts->servers) : 0;

	g_free(texts->ports);
	texts->ports = g_new0(uint16_t, count + 1);
	for (guint i = 0; i < count; i++) {
		guint64 port;

		if (!g_ascii_string_to_unsigned(texts->servers[i], 10, 1, UINT16_MAX, &port,
						NULL)) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
				    "--server: \"%s\": expected a port, 1 to 65535",
				    texts->servers[i]);
			return FALSE;
		}
		texts->ports[i] = (uint16_t)port;
	}
	return TRUE;
}

gboolean fdar_capture_options_read(struct fdar_capture_texts *texts, int argc, char **argv,
				   struct fdar_capture_options *capture, const uint16_t **ports,
				   GError **error)
{
	unsigned standard = 0;

	if (!fdar_capture_options_read_ports(texts, error))
		return FALSE;
	if (argc < 2) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "which capture?");
		return FALSE;
	}
	for (int i = 1; i < argc; i++)
		standard += strcmp(argv[i], "-") == 0;
	if (standard > 1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "standard input can be read only once");
		return FALSE;
	}
	texts->paths = argv + 1;
	capture->more = (const char *const *)(argv + 2);
	capture->filter = texts->filter;
	*ports = texts->ports;
	return TRUE;
}

const struct fdar_tls_keys *fdar_capture_options_keys(struct fdar_capture_texts *texts,
						      GError **error)
{
	if (!texts->keys)
		return NULL;
	texts->tls_keys = fdar_tls_keys_new();
	/* The capture's own, which are always taken, are asked for by name where that changes anything. */
	if (strcmp(texts->keys, "-") == 0)
		return texts->tls_keys;
	return fdar_tls_keys_load(texts->tls_keys, texts->keys, error) ? texts->tls_keys : NULL;
}

static gboolean is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0 || stat(a, &first) != 0 ||
	    stat(b, &second) != 0)
		return FALSE;
	return S_ISREG(first.st_mode) && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

gboolean fdar_capture_check_other(const char *input, const char *what, const char *output,
				  GError **error)
{
	if (!input || !output || !is_same_file(input, output))
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "-o %s: is %s that is read: writing it would destroy it", output, what);
	return FALSE;
}

gboolean fdar_capture_check_output(const struct fdar_capture_texts *texts, const char *output,
				   GError **error)
{
	for (char **path = texts->paths; output && *path; path++)
		if (!fdar_capture_check_other(*path, "the capture", output, error))
			return FALSE;
	return !output || !texts->keys ||
	       fdar_capture_check_other(texts->keys, "the file of secrets", output, error);
}

void fdar_capture_texts_clear(struct fdar_capture_texts *texts)
{
	g_free(texts->filter);
	g_strfreev(texts->servers);
	g_free(texts->ports);
	g_free(texts->keys);
	fdar_tls_keys_free(texts->tls_keys);
}
