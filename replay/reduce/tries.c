#include "replay/reduce/tries.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Answers that a file may bring for one set: more are not asked for by any search. */
#define RECALLED_MAX 100000u

/* A question that could not be told so many times more often than it was answered will not be. */
#define UNKNOWN_MOST 6u

struct key {
	uint64_t sum[2];
	uint64_t count;
	uint32_t intensity;
};

struct entry {
	struct key key;
	struct fdar_tally_of_try tally;
	GString *recalled; /* letters of answers that are still to be given; NULL for none */
	size_t given;
};

struct fdar_tries {
	GHashTable *entries; /* struct entry, by its key */
	fdar_oracle_fn oracle;
	void (*kept)(void *user, const char *line);
	void *user;
	uint64_t runs, recalled, runs_max;
};

static guint key_hash(gconstpointer data)
{
	const struct key *key = data;

	return (guint)(key->sum[0] ^ key->sum[0] >> 32 ^ key->intensity);
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	const struct key *one = a, *other = b;

	return one->sum[0] == other->sum[0] && one->sum[1] == other->sum[1] &&
	       one->count == other->count && one->intensity == other->intensity;
}

static void entry_free(gpointer data)
{
	struct entry *entry = data;

	if (entry->recalled)
		g_string_free(entry->recalled, TRUE);
	g_free(entry);
}

/* Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): the finalizer. */
static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15u;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

/* A sum, so that the order of units does not matter. */
static struct key key_of(const struct fdar_try *asked)
{
	struct key key = { .count = asked->count, .intensity = asked->intensity };

	for (size_t i = 0; i < asked->count; i++) {
		uint64_t one = mix(asked->units[i]);

		key.sum[0] += one;
		key.sum[1] += mix(one);
	}
	return key;
}

static struct entry *entry_at(struct fdar_tries *tries, const struct key *key)
{
	struct entry *entry = g_hash_table_lookup(tries->entries, key);

	if (!entry) {
		entry = g_new0(struct entry, 1);
		entry->key = *key;
		g_hash_table_insert(tries->entries, &entry->key, entry);
	}
	return entry;
}

uint32_t fdar_try_copies(uint32_t load, size_t count)
{
	double exact = count ? (double)load / (double)count : 1;
	uint32_t below = exact < 1 ? 1 : (uint32_t)exact;

	/* Geometric middle: half as much is as far away as twice as much. */
	return exact * exact > (double)below * (below + 1.0) ? below + 1 : below;
}

struct fdar_tries *fdar_tries_new(fdar_oracle_fn oracle, void (*kept)(void *user, const char *line),
				  void *user)
{
	struct fdar_tries *tries = g_new0(struct fdar_tries, 1);

	tries->entries = g_hash_table_new_full(key_hash, key_equal, NULL, entry_free);
	tries->oracle = oracle;
	tries->kept = kept;
	tries->user = user;
	return tries;
}

void fdar_tries_limit(struct fdar_tries *tries, uint64_t runs_max)
{
	tries->runs_max = runs_max;
}

gboolean fdar_tries_recall(struct fdar_tries *tries, const char *line)
{
	struct key key = { .count = 0 };
	unsigned long long first, second, count;
	unsigned intensity;
	char answer;
	struct entry *entry;

	/* Widths keep scanf from overflowing its numbers: what it does then is not defined. */
	if (sscanf(line, "%16llx%16llx %10llu %9u %c ", &first, &second, &count, &intensity,
		   &answer) != 5 ||
	    strspn(line, "0123456789abcdef") != 32 || !strchr("hnu", answer) || !intensity)
		return FALSE;
	key.sum[0] = first;
	key.sum[1] = second;
	key.count = count;
	key.intensity = intensity;
	entry = entry_at(tries, &key);
	if (!entry->recalled)
		entry->recalled = g_string_new(NULL);
	if (entry->recalled->len < RECALLED_MAX)
		g_string_append_c(entry->recalled, answer);
	return TRUE;
}

static void keep(struct fdar_tries *tries, const struct entry *entry, char letter)
{
	const struct key *key = &entry->key;
	char figure[G_ASCII_DTOSTR_BUF_SIZE];
	g_autofree char *line = NULL;

	if (!tries->kept)
		return;
	g_ascii_formatd(figure, sizeof(figure), "%.6g", entry->tally.figure);
	line = g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER
			       "x %" G_GUINT64_FORMAT " %u %c %s\n",
			       key->sum[0], key->sum[1], key->count, key->intensity, letter,
			       figure);
	tries->kept(tries->user, line);
}

static char letter_of(enum fdar_answer answer)
{
	return answer == FDAR_ANSWER_HURTS ? 'h' : answer == FDAR_ANSWER_NOT ? 'n' : 'u';
}

/* One answer more, or STOP. */
static enum fdar_answer ask_once(struct fdar_tries *tries, struct entry *entry,
				 const struct fdar_try *asked)
{
	double figure = NAN;
	enum fdar_answer answer;
	char letter;

	if (entry->recalled && entry->given < entry->recalled->len) {
		letter = entry->recalled->str[entry->given++];
		tries->recalled++;
	} else {
		if (tries->runs_max && tries->runs >= tries->runs_max)
			return FDAR_ANSWER_STOP;
		answer = tries->oracle(tries->user, asked, &figure);
		if (answer == FDAR_ANSWER_STOP)
			return answer;
		letter = letter_of(answer);
		tries->runs++;
		entry->tally.figure = figure;
		keep(tries, entry, letter);
	}
	*(letter == 'h'   ? &entry->tally.hurts
	  : letter == 'n' ? &entry->tally.not
			  : &entry->tally.unknown) += 1;
	return letter == 'h'   ? FDAR_ANSWER_HURTS
	       : letter == 'n' ? FDAR_ANSWER_NOT
			       : FDAR_ANSWER_UNKNOWN;
}

enum fdar_answer fdar_tries_ask(struct fdar_tries *tries, const struct fdar_try *asked,
				unsigned accept, unsigned reject, unsigned most)
{
	struct key key = key_of(asked);
	struct entry *entry = entry_at(tries, &key);
	const struct fdar_tally_of_try *tally = &entry->tally;

	for (unsigned i = 0;; i++) {
		if (tally->hurts >= tally->not +accept)
			return FDAR_ANSWER_HURTS;
		if (tally->not >= tally->hurts + reject || i >= most ||
		    (i && tally->unknown >= tally->hurts + tally->not +UNKNOWN_MOST))
			return FDAR_ANSWER_NOT;
		if (ask_once(tries, entry, asked) == FDAR_ANSWER_STOP)
			return FDAR_ANSWER_STOP;
	}
}

struct fdar_tally_of_try fdar_tries_of(const struct fdar_tries *tries, const struct fdar_try *asked)
{
	struct key key = key_of(asked);
	const struct entry *entry = g_hash_table_lookup(tries->entries, &key);

	return entry ? entry->tally : (struct fdar_tally_of_try){ .figure = NAN };
}

uint64_t fdar_tries_runs(const struct fdar_tries *tries)
{
	return tries->runs;
}

uint64_t fdar_tries_recalled(const struct fdar_tries *tries)
{
	return tries->recalled;
}

void fdar_tries_free(struct fdar_tries *tries)
{
	if (!tries)
		return;
	g_hash_table_unref(tries->entries);
	g_free(tries);
}
