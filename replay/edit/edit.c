#include "replay/edit/edit.h"

#include <string.h>

#include "replay/edit/frames.h"
#include "replay/edit/template.h"

struct fdar_edit {
	const struct fdar_edit_rules *rules;
	uint64_t seed;
	GHashTable *clients; /* uint64_t -> struct client */
	struct fdar_edit_counts counts;
};

/* A value of an answer, by which rule it is known. */
struct known {
	size_t rule;
	GBytes *captured, *now;
};

/* What is known to the sessions of one client host. */
struct client {
	GArray *known; /* struct known; a captured value is there once a rule */
	unsigned sessions;
};

struct fdar_edit_session {
	struct fdar_edit *edit;
	struct fdar_edit_who who;
	struct client *client;
	GByteArray *heard, *captured; /* since the last message */
	GByteArray *message, *out;
	struct fdar_frames frames;
	uint64_t fitted[FDAR_EDIT_RULES_MAX];
};

/* ---- a run, its clients and sessions ---- */

static void clear_known(gpointer data)
{
	struct known *known = data;

	g_bytes_unref(known->captured);
	g_bytes_unref(known->now);
}

static void client_free(gpointer data)
{
	struct client *client = data;

	g_array_unref(client->known);
	g_free(client);
}

struct fdar_edit *fdar_edit_new(const struct fdar_edit_rules *rules, uint64_t seed)
{
	struct fdar_edit *edit = g_new0(struct fdar_edit, 1);

	edit->rules = rules;
	edit->seed = seed;
	edit->clients = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, client_free);
	return edit;
}

void fdar_edit_free(struct fdar_edit *edit)
{
	if (!edit)
		return;
	g_hash_table_unref(edit->clients);
	g_free(edit);
}

const struct fdar_edit_counts *fdar_edit_counts(const struct fdar_edit *edit)
{
	return &edit->counts;
}

void fdar_edit_counts_add(struct fdar_edit_counts *sum, const struct fdar_edit_counts *counts)
{
	sum->replaced += counts->replaced;
	sum->messages += counts->messages;
	sum->unknown += counts->unknown;
	sum->unmatched += counts->unmatched;
	sum->refused += counts->refused;
	sum->too_large += counts->too_large;
}

static void add_count(GString *text, uint64_t count, const char *what)
{
	if (count)
		g_string_append_printf(text, "; %" G_GUINT64_FORMAT " %s", count, what);
}

char *fdar_edit_counts_text(const struct fdar_edit_counts *counts)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text,
			"%" G_GUINT64_FORMAT " values replaced in %" G_GUINT64_FORMAT " messages",
			counts->replaced, counts->messages);
	add_count(text, counts->unknown,
		  "captured answers had a value that this run's answer did not have");
	add_count(text, counts->unmatched, "requests had a value that no captured answer had");
	add_count(text, counts->refused,
		  "kept as captured: their length was sent before, or they are in HTTP/2");
	add_count(text, counts->too_large, "messages too large to be rewritten");
	return g_string_free(text, FALSE);
}

/* Two captures of a run have clients of the same numbers. */
static uint64_t client_key(const struct fdar_edit_who *who)
{
	return fdar_template_mix(who->input) ^ who->client;
}

struct fdar_edit_session *fdar_edit_begin(struct fdar_edit *edit, const struct fdar_edit_who *who)
{
	struct fdar_edit_session *session = g_new0(struct fdar_edit_session, 1);
	uint64_t key = client_key(who);
	struct client *client = g_hash_table_lookup(edit->clients, &key);

	if (!client) {
		client = g_new0(struct client, 1);
		client->known = g_array_new(FALSE, FALSE, sizeof(struct known));
		g_array_set_clear_func(client->known, clear_known);
		g_hash_table_insert(edit->clients, g_memdup2(&key, sizeof(key)), client);
	}
	client->sessions++;
	session->edit = edit;
	session->who = *who;
	session->client = client;
	session->heard = g_byte_array_sized_new(64);
	session->captured = g_byte_array_sized_new(64);
	session->message = g_byte_array_sized_new(64);
	session->out = g_byte_array_sized_new(64);
	return session;
}

void fdar_edit_end(struct fdar_edit_session *session)
{
	if (!session)
		return;
	/* A client without values is nothing to remember. */
	if (!--session->client->sessions && !session->client->known->len) {
		uint64_t key = client_key(&session->who);

		g_hash_table_remove(session->edit->clients, &key);
	}
	g_byte_array_unref(session->heard);
	g_byte_array_unref(session->captured);
	g_byte_array_unref(session->message);
	g_byte_array_unref(session->out);
	g_free(session);
}

/* ---- answers ---- */

static void add_bounded(GByteArray *array, const uint8_t *bytes, size_t size)
{
	g_byte_array_append(array, bytes,
			    (guint)MIN(size, (size_t)FDAR_EDIT_ANSWER_MAX - array->len));
}

void fdar_edit_heard(struct fdar_edit_session *session, const uint8_t *bytes, size_t size)
{
	add_bounded(session->heard, bytes, size);
}

void fdar_edit_captured(struct fdar_edit_session *session, const uint8_t *bytes, size_t size)
{
	add_bounded(session->captured, bytes, size);
}

/* Where the next match's group is, from *at on; *at moves behind the match. A regex that takes too long
 * has no match. */
static gboolean next_match(const GRegex *regex, const uint8_t *bytes, size_t size, size_t *at,
			   size_t *from, size_t *to)
{
	g_autoptr(GMatchInfo) match = NULL;
	gint begin = -1, end = -1, last = -1;

	if (!size || *at > size ||
	    !g_regex_match_full(regex, (const char *)bytes, (gssize)size, (gint)*at, 0, &match,
				NULL))
		return FALSE;
	g_match_info_fetch_pos(match, 0, NULL, &last);
	if (!g_match_info_fetch_pos(match, g_regex_get_capture_count(regex), &begin, &end) ||
	    begin < 0)
		g_match_info_fetch_pos(match, 0, &begin, &end);
	*from = (size_t)begin;
	*to = (size_t)end;
	*at = MAX((size_t)last, *at + 1);
	return TRUE;
}

static struct known *find_known(const struct client *client, size_t rule, const uint8_t *bytes,
				size_t size)
{
	for (guint i = client->known->len; i-- > 0;) {
		struct known *known = &g_array_index(client->known, struct known, i);

		if (known->rule == rule && g_bytes_get_size(known->captured) == size &&
		    memcmp(g_bytes_get_data(known->captured, NULL), bytes, size) == 0)
			return known;
	}
	return NULL;
}

static void learn(struct client *client, size_t rule, const uint8_t *captured, size_t captured_size,
		  const uint8_t *now, size_t now_size)
{
	struct known fresh = { .rule = rule, .now = g_bytes_new(now, now_size) };
	struct known *old = find_known(client, rule, captured, captured_size);

	if (old) {
		g_bytes_unref(old->now);
		old->now = fresh.now;
		return;
	}
	if (client->known->len == FDAR_EDIT_VALUES_MAX)
		g_array_remove_index(client->known, 0);
	fresh.captured = g_bytes_new(captured, captured_size);
	g_array_append_val(client->known, fresh);
}

/* Match by match: the captured answer's, and this one's. */
static void compare_answers(struct fdar_edit_session *session, size_t rule)
{
	const GRegex *regex = session->edit->rules->rules[rule].answer;
	const GByteArray *captured = session->captured, *heard = session->heard;
	size_t there = 0, here = 0, from, to, now_from, now_to;

	while (next_match(regex, captured->data, captured->len, &there, &from, &to)) {
		if (!next_match(regex, heard->data, heard->len, &here, &now_from, &now_to)) {
			session->edit->counts.unknown++;
			continue;
		}
		if (to > from && to - from <= FDAR_EDIT_VALUE_MAX &&
		    now_to - now_from <= FDAR_EDIT_VALUE_MAX)
			learn(session->client, rule, captured->data + from, to - from,
			      heard->data + now_from, now_to - now_from);
	}
}

/* ---- messages ---- */

static uint64_t hash(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		value = (value ^ bytes[i]) * 0x100000001b3u;
	return value;
}

/* Puts a value in place of bytes [from, to). */
static void change(struct fdar_edit_session *session, size_t rule, GArray *changes, size_t from,
		   size_t to, const struct known *known, int64_t unix_s)
{
	const struct fdar_edit *edit = session->edit;
	const struct fdar_edit_rule *row = &edit->rules->rules[rule];
	const uint8_t *old = session->message->data + from;
	struct fdar_template_facts facts = { .clone = session->who.clone,
					     .round = session->who.round,
					     .session = session->who.session,
					     .client = session->who.client,
					     .count = ++session->fitted[rule],
					     .unix_s = unix_s,
					     .value = old,
					     .value_size = to - from };
	g_autoptr(GByteArray) out = g_byte_array_new();

	facts.random = fdar_template_mix(edit->seed + fdar_template_mix(rule + 1) +
					 fdar_template_mix(client_key(&session->who)) +
					 hash(old, to - from));
	if (known)
		facts.value = g_bytes_get_data(known->now, &facts.value_size);
	if (row->value)
		fdar_template_fill(row->value, &facts, out);
	else
		g_byte_array_append(out, facts.value, (guint)facts.value_size);
	fdar_edit_change_add(changes, from, to, out->data, out->len, row->mend);
}

/* Where a request rule fits. */
static void change_requests(struct fdar_edit_session *session, size_t rule, GArray *changes,
			    int64_t unix_s)
{
	const struct fdar_edit_rule *row = &session->edit->rules->rules[rule];
	const GByteArray *message = session->message;
	size_t at = 0, from, to;

	while (changes->len < FDAR_EDIT_CHANGES_MAX &&
	       next_match(row->request, message->data, message->len, &at, &from, &to)) {
		const struct known *known =
			row->answer
				? find_known(session->client, rule, message->data + from, to - from)
				: NULL;

		if (to - from > FDAR_EDIT_VALUE_MAX)
			continue;
		if (row->answer && !known)
			session->edit->counts.unmatched++;
		else
			change(session, rule, changes, from, to, known, unix_s);
	}
}

static gboolean is_word(const GByteArray *message, size_t at)
{
	return at < message->len &&
	       (g_ascii_isalnum((char)message->data[at]) || message->data[at] == '_');
}

/* Wherever a known value comes up again; not in the middle of a longer word. */
static void change_known(struct fdar_edit_session *session, size_t rule, GArray *changes,
			 const struct known *known, int64_t unix_s)
{
	const GByteArray *message = session->message;
	gsize size;
	const uint8_t *value = g_bytes_get_data(known->captured, &size);
	const uint8_t *at = message->data;

	while (at && changes->len < FDAR_EDIT_CHANGES_MAX &&
	       (at = memmem(at, message->len - (size_t)(at - message->data), value, size))) {
		size_t from = (size_t)(at - message->data), to = from + size;
		gboolean inside = (is_word(message, from) && from && is_word(message, from - 1)) ||
				  (is_word(message, to - 1) && is_word(message, to));

		if (inside) {
			at++;
			continue;
		}
		change(session, rule, changes, from, to, known, unix_s);
		at += size;
	}
}

/* The first of two that are over one another stays: rules are in order. */
static void drop_overlaps(GArray *changes)
{
	for (guint i = 0; i < changes->len; i++) {
		const struct fdar_edit_change *new =
			&g_array_index(changes, struct fdar_edit_change, i);

		for (guint k = 0; k < i; k++) {
			const struct fdar_edit_change *old =
				&g_array_index(changes, struct fdar_edit_change, k);

			if (new->from < old->to && old->from < new->to) {
				g_array_remove_index(changes, i--);
				break;
			}
		}
	}
}

static void find_changes(struct fdar_edit_session *session, GArray *changes, int64_t unix_s)
{
	const struct fdar_edit_rules *rules = session->edit->rules;

	for (size_t rule = 0; rule < rules->count; rule++) {
		const GArray *known = session->client->known;

		if (rules->rules[rule].request) {
			change_requests(session, rule, changes, unix_s);
			continue;
		}
		for (guint i = 0; i < known->len; i++)
			if (g_array_index(known, struct known, i).rule == rule)
				change_known(session, rule, changes,
					     &g_array_index(known, struct known, i), unix_s);
	}
	drop_overlaps(changes);
	fdar_edit_changes_sort(changes);
}

const uint8_t *fdar_edit_message(struct fdar_edit_session *session, struct fdar_edit_piece *pieces,
				 size_t count, int64_t unix_s, size_t *size)
{
	struct fdar_edit_counts *counts = &session->edit->counts;
	g_autoptr(GArray) changes = fdar_edit_changes_new();
	size_t all = 0, refused;

	for (size_t i = 0; i < count; i++)
		all += pieces[i].size;
	g_byte_array_set_size(session->message, 0);
	g_byte_array_set_size(session->out, 0);
	for (size_t i = 0; i < count; i++)
		g_byte_array_append(session->message, pieces[i].bytes, (guint)pieces[i].size);
	for (size_t rule = 0; rule < session->edit->rules->count; rule++)
		if (session->edit->rules->rules[rule].answer)
			compare_answers(session, rule);
	g_byte_array_set_size(session->heard, 0);
	g_byte_array_set_size(session->captured, 0);
	if (all <= FDAR_EDIT_MESSAGE_MAX)
		find_changes(session, changes, unix_s);
	else
		counts->too_large++;
	counts->replaced += changes->len;
	refused = fdar_frames_mend(&session->frames, session->message->data, session->message->len,
				   changes);
	counts->replaced -= refused;
	counts->refused += refused;
	counts->messages += changes->len > 0;
	fdar_edit_changes_apply(changes, session->message->data, session->message->len,
				session->out, pieces, count);
	*size = session->out->len;
	return session->out->data;
}
