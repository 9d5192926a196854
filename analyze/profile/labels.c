#include "analyze/profile/labels.h"

#include <errno.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"
#include "base/json_depth.h"

/* Longer lines are skipped: a session's line has some KiB. */
#define LINE_MAX_BYTES (1u << 20)
#define FILE_MAX_BYTES (INT64_C(2) << 30)
#define READ_BYTES     (64u << 10)
#define LABELS_MAX     10000000u
#define DEPTH_MAX      16 /* nested brackets; ours has four */

struct use {
	uint64_t started_ns;
	const char *label; /* owned by texts */
	struct fdar_labels_seen seen;
};

struct fdar_labels {
	GHashTable *addresses; /* "address:port" -> GArray of struct use, by time */
	GHashTable *hosts;     /* "address" -> label, "" when it has several */
	GStringChunk *texts;
	GHashTable *latencies; /* label -> struct fdar_histogram, as in latency_ns */
	struct fdar_histogram latency_ns;
	double silent_ns; /* sum over sessions */
	guint talked;     /* sessions with exchanges */
	struct fdar_labels_made wanted;
	uint64_t first_ns, last_ns; /* from the first start to the last end; 0: no line tells */
	gboolean untimed;           /* a line with a label does not tell */
	gboolean of_another;        /* lines from here on were written for another recording */
	char *other;                /* the first of these; NULL: none were */
	guint count;
	guint skipped;
	guint outside;
};

static void array_free(gpointer data)
{
	g_array_unref(data);
}

/* IPv4 addresses come in two forms on sockets that take both kinds. */
static char *canonical(const char *address)
{
	static const char mapped[] = "::ffff:";
	gboolean bracket = *address == '[';
	const char *host = address + bracket;
	size_t length = bracket ? strcspn(host, "]") : strlen(host);

	if (!g_str_has_prefix(host, mapped) || !strchr(address, '.') ||
	    (bracket ? host[length] != ']' : !g_hostname_is_ip_address(host)))
		return g_strdup(address);
	length -= strlen(mapped);
	host += strlen(mapped);
	return g_strdup_printf("%.*s%s", (int)length, host, host + length + bracket);
}

char *fdar_labels_host(const char *peer)
{
	g_autofree char *address = canonical(peer);
	const char *colon = strrchr(address, ':'), *end = strchr(address, ']');

	if (*address == '[' && end)
		return g_strndup(address, (gsize)(end + 1 - address));
	if (colon && g_hostname_is_ip_address(address))
		return g_strdup_printf("[%s]", address);
	return colon ? g_strndup(address, (gsize)(colon - address)) : g_steal_pointer(&address);
}

static gint by_start(gconstpointer a, gconstpointer b)
{
	const struct use *left = a, *right = b;

	return (left->started_ns > right->started_ns) - (left->started_ns < right->started_ns);
}

static void add(struct fdar_labels *labels, const char *client, const char *label,
		uint64_t started_ns, const struct fdar_labels_seen *seen)
{
	g_autofree char *address = canonical(client);
	g_autofree char *host = fdar_labels_host(address);
	struct use use = { started_ns, g_string_chunk_insert_const(labels->texts, label), *seen };
	GArray *uses = g_hash_table_lookup(labels->addresses, address);
	const char *known = g_hash_table_lookup(labels->hosts, host);

	if (!uses) {
		uses = g_array_new(FALSE, FALSE, sizeof(struct use));
		g_hash_table_insert(labels->addresses, g_steal_pointer(&address), uses);
	}
	g_array_append_val(uses, use);
	if (!known || strcmp(known, label) != 0)
		g_hash_table_insert(labels->hosts, g_steal_pointer(&host),
				    (gpointer)(known ? "" : use.label));
	labels->count++;
}

static const char *text_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) &&
			       json_node_get_value_type(node) == G_TYPE_STRING
		       ? json_node_get_string(node)
		       : NULL;
}

/* -1: there is none. */
static gint64 int_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64
		       ? json_node_get_int(node)
		       : -1;
}

/* 0: there is none. */
static uint64_t number_member(JsonObject *object, const char *name)
{
	return (uint64_t)MAX(int_member(object, name), 0);
}

static void histogram_free(gpointer data)
{
	fdar_histogram_clear(data);
	g_free(data);
}

static struct fdar_histogram *latency_of(struct fdar_labels *labels, const char *label)
{
	struct fdar_histogram *found = g_hash_table_lookup(labels->latencies, label);

	if (!found) {
		found = g_new0(struct fdar_histogram, 1);
		g_hash_table_insert(labels->latencies, g_strdup(label), found);
	}
	return found;
}

/* Exchanges that were not answered have no last_ns. */
static void add_exchanges(struct fdar_labels *labels, const char *label, JsonObject *session)
{
	struct fdar_histogram *of_label = latency_of(labels, label);
	JsonNode *node = json_object_get_member(session, "exchanges");
	JsonArray *exchanges =
		node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	gint64 answered = -1;

	for (guint i = 0; exchanges && i < json_array_get_length(exchanges); i++) {
		JsonNode *each = json_array_get_element(exchanges, i);
		JsonObject *exchange =
			each && JSON_NODE_HOLDS_OBJECT(each) ? json_node_get_object(each) : NULL;
		gint64 sent = exchange ? int_member(exchange, "sent_ns") : -1;
		gint64 last = exchange ? int_member(exchange, "last_ns") : -1;

		if (sent >= 0 && last >= sent) {
			fdar_histogram_add(&labels->latency_ns, (uint64_t)(last - sent), 1);
			fdar_histogram_add(of_label, (uint64_t)(last - sent), 1);
		}
		if (answered >= 0 && sent > answered)
			labels->silent_ns += (double)(sent - answered);
		answered = last;
		labels->talked += i == 0;
	}
}

/* Whether a session was open when it was recorded; who does not say when it was may have been. */
static gboolean is_of_time(struct fdar_labels *labels, uint64_t started_ns, uint64_t open_ns)
{
	uint64_t end_ns = started_ns + MIN(open_ns, UINT64_MAX - started_ns);

	if (!started_ns) {
		labels->untimed = TRUE;
		return TRUE;
	}
	labels->first_ns = labels->first_ns ? MIN(labels->first_ns, started_ns) : started_ns;
	labels->last_ns = MAX(labels->last_ns, end_ns);
	return started_ns <= labels->wanted.last_ns && end_ns >= labels->wanted.first_ns;
}

/* The first line of a journal says which recording it is of, if it was written into one. */
static gboolean is_of_recording(struct fdar_labels *labels, JsonObject *line)
{
	const char *name = text_member(line, "recording");

	if (!name || !labels->wanted.name[0])
		return !labels->of_another;
	labels->of_another = strcmp(name, labels->wanted.name) != 0;
	if (labels->of_another && !labels->other)
		labels->other = g_strdup(name);
	return !labels->of_another;
}

static gboolean parse_line(struct fdar_labels *labels, JsonParser *parser, const char *line,
			   gssize length)
{
	if (fdar_json_too_deep(line, DEPTH_MAX) ||
	    !json_parser_load_from_data(parser, line, length, NULL))
		return FALSE;
	JsonNode *root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return FALSE;
	JsonObject *object = json_node_get_object(root);
	const char *client = text_member(object, "client");
	const char *label = text_member(object, "label");
	JsonNode *started = json_object_get_member(object, "started_unix_ns");

	gboolean of_recording = is_of_recording(labels, object);

	if (!client || !label)
		return FALSE;
	gint64 ns = started && JSON_NODE_HOLDS_VALUE(started) ? json_node_get_int(started) : 0;
	uint64_t begin_ns = number_member(object, "start_ns");
	uint64_t end_ns = number_member(object, "end_ns");
	const struct fdar_labels_seen seen = {
		.open_ns = end_ns > begin_ns ? end_ns - begin_ns : 0,
		.first_byte_ns = number_member(object, "first_byte_ns"),
	};

	if (!is_of_time(labels, (uint64_t)MAX(ns, 0), seen.open_ns) || !of_recording) {
		labels->outside++;
		return TRUE;
	}
	add(labels, client, label, (uint64_t)MAX(ns, 0), &seen);
	add_exchanges(labels, label, object);
	return TRUE;
}

/* One line, without its end; a NUL stands behind it. */
static void take_line(struct fdar_labels *labels, JsonParser *parser, GString *line)
{
	if (strspn(line->str, " \t\r") == line->len)
		return;
	if (strlen(line->str) != line->len || labels->count >= LABELS_MAX ||
	    !parse_line(labels, parser, line->str, (gssize)line->len))
		labels->skipped++;
}

/* What is longer than a line can be is passed over without being kept. */
static void read_lines(struct fdar_labels *labels, int fd)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *bytes = g_malloc(READ_BYTES);
	gboolean skipping = FALSE;
	ssize_t n;

	while ((n = read(fd, bytes, READ_BYTES)) > 0 || (n < 0 && errno == EINTR)) {
		for (const char *at = bytes, *end = bytes + MAX(n, 0); at < end;) {
			const char *stop = memchr(at, '\n', (size_t)(end - at));
			size_t length = (size_t)((stop ? stop : end) - at);

			if (line->len + length > LINE_MAX_BYTES) {
				labels->skipped += !skipping;
				skipping = TRUE;
				g_string_truncate(line, 0);
			}
			if (!skipping)
				g_string_append_len(line, at, (gssize)length);
			if (stop && !skipping)
				take_line(labels, parser, line);
			if (stop) {
				g_string_truncate(line, 0);
				skipping = FALSE;
			}
			at += length + (stop != NULL);
		}
	}
	if (line->len)
		take_line(labels, parser, line);
}

static gboolean is_too_large(int fd, const char *path, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_size <= FILE_MAX_BYTES)
		return FALSE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
		    "%s: expected the lines of a replay, 2 GiB of them at most", path);
	return TRUE;
}

static void set_none_left(const struct fdar_labels *labels, const char *path, GError **error)
{
	const struct fdar_labels_made *made = &labels->wanted;

	if (labels->other)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: not used: it was written for the recording %s, and this is %s "
			    "(--label-from uses it all the same)",
			    path, labels->other, made->name);
	else if (labels->outside) {
		g_autofree char *played = fdar_labels_times_text(labels->first_ns, labels->last_ns);
		g_autofree char *recorded = fdar_labels_times_text(made->first_ns, made->last_ns);

		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: not used: its sessions were played from %s, and the recording was "
			    "made from %s: it is of another replay, or a clock is wrong "
			    "(--label-from uses it all the same)",
			    path, played, recorded);
	} else {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "%s: expected lines of JSON with \"client\" and \"label\", found none",
			    path);
	}
}

struct fdar_labels *fdar_labels_load(const char *path, GError **error)
{
	const struct fdar_labels_made any = { .last_ns = UINT64_MAX };

	return fdar_labels_load_for(path, &any, error);
}

struct fdar_labels *fdar_labels_load_for(const char *path, const struct fdar_labels_made *made,
					 GError **error)
{
	g_autoptr(fdar_labels) labels = NULL;
	GHashTableIter iter;
	gpointer uses;
	int fd = fdar_file_open(path, error);

	if (fd < 0)
		return NULL;
	if (is_too_large(fd, path, error)) {
		close(fd);
		return NULL;
	}
	labels = g_new0(struct fdar_labels, 1);
	labels->wanted = *made;
	labels->texts = g_string_chunk_new(1024);
	labels->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);
	labels->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	labels->latencies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, histogram_free);
	read_lines(labels, fd);
	close(fd);
	if (!labels->count) {
		set_none_left(labels, path, error);
		return NULL;
	}
	g_hash_table_iter_init(&iter, labels->addresses);
	while (g_hash_table_iter_next(&iter, NULL, &uses))
		g_array_sort(uses, by_start);
	return g_steal_pointer(&labels);
}

/* The last one that had begun by then: a client connects before the server sees it. */
static const struct use *use_at(const GArray *uses, uint64_t begin_ns)
{
	guint at = 0;

	while (at + 1 < uses->len && g_array_index(uses, struct use, at + 1).started_ns <= begin_ns)
		at++;
	return &g_array_index(uses, struct use, at);
}

const char *fdar_labels_find(const struct fdar_labels *labels, const char *peer, uint64_t begin_ns)
{
	g_autofree char *address = canonical(peer);
	g_autofree char *host = fdar_labels_host(address);
	const GArray *uses = g_hash_table_lookup(labels->addresses, address);

	if (!uses) {
		const char *label = g_hash_table_lookup(labels->hosts, host);

		return label && *label ? label : NULL;
	}
	return use_at(uses, begin_ns)->label;
}

gboolean fdar_labels_seen(const struct fdar_labels *labels, const char *peer, uint64_t begin_ns,
			  struct fdar_labels_seen *seen)
{
	g_autofree char *address = canonical(peer);
	const GArray *uses = g_hash_table_lookup(labels->addresses, address);

	if (!uses)
		return FALSE;
	*seen = use_at(uses, begin_ns)->seen;
	return seen->open_ns > 0;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **fdar_labels_names(const struct fdar_labels *labels)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer uses;
	gpointer *names;
	guint count;

	g_hash_table_iter_init(&iter, labels->addresses);
	while (g_hash_table_iter_next(&iter, NULL, &uses))
		for (guint i = 0; i < ((GArray *)uses)->len; i++)
			g_hash_table_add(
				seen, (gpointer)g_array_index((GArray *)uses, struct use, i).label);
	names = g_hash_table_get_keys_as_array(seen, &count);
	qsort(names, count, sizeof *names, by_text);
	return (const char **)names;
}

const char **fdar_labels_clients(const struct fdar_labels *labels)
{
	guint count;
	gpointer *clients = g_hash_table_get_keys_as_array(labels->addresses, &count);

	qsort(clients, count, sizeof *clients, by_text);
	return (const char **)clients;
}

guint fdar_labels_count(const struct fdar_labels *labels)
{
	return labels->count;
}

const struct fdar_histogram *fdar_labels_latency(const struct fdar_labels *labels,
						 const char *label)
{
	static const struct fdar_histogram none;
	const struct fdar_histogram *found =
		label ? g_hash_table_lookup(labels->latencies, label) : &labels->latency_ns;

	return found ? found : &none;
}

gboolean fdar_labels_silence(const struct fdar_labels *labels, double *mean_ns)
{
	*mean_ns = labels->talked ? labels->silent_ns / labels->talked : 0;
	return labels->talked > 0;
}

guint fdar_labels_skipped(const struct fdar_labels *labels)
{
	return labels->skipped;
}

guint fdar_labels_outside(const struct fdar_labels *labels)
{
	return labels->outside;
}

gboolean fdar_labels_told(const struct fdar_labels *labels, uint64_t *first_ns, uint64_t *last_ns)
{
	*first_ns = labels->first_ns;
	*last_ns = labels->last_ns;
	return labels->first_ns && !labels->untimed;
}

void fdar_labels_free(struct fdar_labels *labels)
{
	if (!labels)
		return;
	g_hash_table_unref(labels->addresses);
	g_hash_table_unref(labels->hosts);
	g_hash_table_unref(labels->latencies);
	g_string_chunk_free(labels->texts);
	fdar_histogram_clear(&labels->latency_ns);
	g_free(labels->other);
	g_free(labels);
}
