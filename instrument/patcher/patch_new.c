#include "instrument/patcher/patch_new.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES (4u << 20)
#define DEPTH_MAX      16u

static const struct {
	const char *call, *why;
} calls[] = {
	{ "accept", "accept" },
	{ "accept4", "accept" },
	{ "close", "close" },
	{ "closesocket", "close" },
	{ "pthread_cond_wait", "wait" },
	{ "pthread_cond_timedwait", "wait" },
	{ "epoll_wait", "wait" },
	{ "poll", "wait" },
};

static void place_free(gpointer data)
{
	struct fdar_patch_place *place = data;

	g_free(place->file);
	g_free(place->text);
	g_free(place);
}

/* Which of them the line calls, by its name alone; NULL: none. */
static const char *called_in(const char *line, gssize length)
{
	for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
		gsize size = strlen(calls[i].call);
		const char *at = line;

		while ((at = g_strstr_len(at, line + length - at, calls[i].call))) {
			gboolean whole = at == line || (!g_ascii_isalnum(at[-1]) && at[-1] != '_' &&
							at[-1] != '.' && at[-1] != '>');

			at += size;
			if (whole && at < line + length && *at == '(')
				return calls[i].why;
		}
	}
	return NULL;
}

static void look_at_file(GPtrArray *places, const char *path, const char *file)
{
	g_autofree char *content = NULL;
	gsize length;
	guint number = 1;

	if (!g_file_get_contents(path, &content, &length, NULL))
		return;
	for (const char *line = content; *line; number++) {
		const char *end = strchr(line, '\n');
		gssize size = end ? end - line : (gssize)strlen(line);
		const char *why = called_in(line, size);

		if (why && places->len < FDAR_PATCH_PLACES_MAX) {
			struct fdar_patch_place *place = g_new0(struct fdar_patch_place, 1);

			place->file = g_strdup(file);
			place->line = number;
			place->why = why;
			place->text = g_strstrip(g_strndup(line, (gsize)size));
			g_ptr_array_add(places, place);
		}
		line += size + (end != NULL);
	}
}

static gboolean look_in(GPtrArray *places, const char *directory, const char *prefix, guint depth,
			GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, error);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(directory, name, NULL);
		g_autofree char *file =
			*prefix ? g_build_filename(prefix, name, NULL) : g_strdup(name);
		GStatBuf status;

		if (*name == '.' || g_lstat(path, &status))
			continue;
		if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
			look_in(places, path, file, depth + 1, NULL);
		else if (S_ISREG(status.st_mode) && status.st_size <= FILE_MAX_BYTES &&
			 g_str_has_suffix(name, ".c"))
			look_at_file(places, path, file);
	}
	return dir != NULL;
}

static gint by_place(gconstpointer a, gconstpointer b)
{
	const struct fdar_patch_place *left = *(struct fdar_patch_place *const *)a;
	const struct fdar_patch_place *right = *(struct fdar_patch_place *const *)b;
	int order = strcmp(left->file, right->file);

	return order ? order : left->line < right->line ? -1 : left->line > right->line;
}

GPtrArray *fdar_patch_places(const char *tree, GError **error)
{
	g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(place_free);

	if (!look_in(places, tree, "", 0, error))
		return NULL;
	g_ptr_array_sort(places, by_place);
	return g_steal_pointer(&places);
}

/* ---- the skeleton ---- */

static const char rules_text[] = "# What the semantic patches here mark. `flowdar patch --set DIR "
				 "--check TREE` says whether they fit, and\n"
				 "# where; all rules have to, or nothing is changed.\n"
				 "[server]\n"
				 "title = %s\n"
				 "# The version they are made from, and how a tree tells its own: "
				 "a file, and a regular expression whose\n"
				 "# captures are the version.\n"
				 "made-for = 1.0\n"
				 "version-file = %s\n"
				 "version = VERSION \"([0-9.]+)\"\n"
				 "# Where flowdar.h is put: where #include <flowdar/flowdar.h> or "
				 "\"flowdar/flowdar.h\" finds it.\n"
				 "header = flowdar/flowdar.h\n"
				 "# macros = a file of #define lines, where Coccinelle cannot "
				 "parse the server's own macros\n"
				 "\n"
				 "# A rule: the file in the tree, the patch, what it adds there "
				 "and how often (1 unless said).\n"
				 "[session begin]\n"
				 "file = %s\n"
				 "patch = session.cocci\n"
				 "adds = FLOWDAR_SESSION_BEGIN(fd, (const char *)NULL, fd)\n"
				 "marks = a client was accepted; its key is its descriptor\n"
				 "\n"
				 "[session end]\n"
				 "file = %s\n"
				 "patch = session.cocci\n"
				 "adds = FLOWDAR_SESSION_END(fd)\n"
				 "times = 1\n"
				 "marks = before the descriptor is free for the next\n"
				 "\n"
				 "# Where a thread puts clients into a queue and another takes "
				 "them out: take the # away, here and in\n"
				 "# queue.cocci, and write what your server calls there.\n"
				 "#[queue put]\n"
				 "#file = %s\n"
				 "#patch = queue.cocci\n"
				 "#adds = FLOWDAR_HANDOFF_PUT(client, \"clients\")\n"
				 "#marks = the client waits for a thread\n"
				 "#\n"
				 "#[queue take]\n"
				 "#file = %s\n"
				 "#patch = queue.cocci\n"
				 "#adds = FLOWDAR_HANDOFF_TAKE(client, \"clients\")\n"
				 "#marks = a thread takes it\n";

static const char session_text[] = "// A client's connection is a session. The key is its "
				   "descriptor; where clients go through a queue, take the\n"
				   "// object that is queued instead, here and at the end, and the "
				   "queue is the session's, too.\n"
				   "@@ @@\n"
				   "  #include <sys/socket.h>\n"
				   "+ #include \"flowdar/flowdar.h\"\n"
				   "\n"
				   "@@\n"
				   "expression fd, listener;\n"
				   "@@\n"
				   "  fd = accept(listener, ...);\n"
				   "+ if (fd >= 0)\n"
				   "+ \tFLOWDAR_SESSION_BEGIN(fd, (const char *)NULL, fd);\n"
				   "\n"
				   "@@\n"
				   "expression fd;\n"
				   "@@\n"
				   "+ FLOWDAR_SESSION_END(fd);\n"
				   "  close(fd);\n"
				   "\n"
				   "// An event loop turns to a client and away from it again:\n"
				   "//@@\n"
				   "//symbol client;\n"
				   "//@@\n"
				   "//+ FLOWDAR_SESSION_RESUME(client);\n"
				   "//  serve(client);\n"
				   "//+ FLOWDAR_SESSION_SUSPEND(client);\n";

static const char queue_text[] = "// Put before others can see it, take when it is ours: both "
				 "inside the lock of the queue.\n"
				 "//@@ @@\n"
				 "//  #include <pthread.h>\n"
				 "//+ #include \"flowdar/flowdar.h\"\n"
				 "//\n"
				 "//@@\n"
				 "//symbol client;\n"
				 "//@@\n"
				 "//+ FLOWDAR_HANDOFF_PUT(client, \"clients\");\n"
				 "//  queue_append(client);\n"
				 "//\n"
				 "//@@\n"
				 "//symbol client;\n"
				 "//@@\n"
				 "//  client = queue_first();\n"
				 "//+ FLOWDAR_HANDOFF_TAKE(client, \"clients\");\n";

static gboolean write_one(const char *directory, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	return g_file_set_contents(path, text, -1, error);
}

gboolean fdar_patch_new(const char *directory, const GPtrArray *places, GError **error)
{
	g_autofree char *title = g_path_get_basename(directory);
	g_autofree char *rules = NULL;
	const char *file = "server.c";

	for (guint i = 0; places && i < places->len; i++) {
		const struct fdar_patch_place *place = g_ptr_array_index(places, i);

		if (strcmp(place->why, "accept") == 0) {
			file = place->file;
			break;
		}
	}
	rules = g_strdup_printf(rules_text, title, file, file, file, file, file);
	if (g_mkdir(directory, 0755) < 0) {
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s",
			    directory, g_strerror(errno));
		return FALSE;
	}
	return write_one(directory, "session.cocci", session_text, error) &&
	       write_one(directory, "queue.cocci", queue_text, error) &&
	       write_one(directory, "rules.ini", rules, error);
}
