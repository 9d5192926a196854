/*
 * Templates: text with fields in braces, filled in anew for each client and value.
 *
 * Place in the house: below rules.h (which checks them) and edit.h (which fills them in). The random
 * fields are made of the seed, the rule, the client and the value that is replaced: the same value of the
 * same client is replaced by the same text wherever it comes up, and in every run with that seed.
 */
#ifndef FDAR_REPLAY_EDIT_TEMPLATE_H
#define FDAR_REPLAY_EDIT_TEMPLATE_H

#include <glib.h>
#include <stdint.h>

struct fdar_template_facts {
	uint32_t clone, round, session; /* from 0 */
	uint64_t client;                /* number of the client host */
	uint64_t count;                 /* how often the rule has fitted in this session, from 1 */
	uint64_t random;                /* what the random fields are made of */
	int64_t unix_s;                 /* now */
	const uint8_t *value;           /* that is replaced, or that the answer had */
	size_t value_size;
};

/* NULL when it can be filled in, else what is wrong with it and what was expected. The caller frees it. */
char *fdar_template_check(const char *text);

/* Appends it, filled in, to out. It has passed the check. */
void fdar_template_fill(const char *text, const struct fdar_template_facts *facts, GByteArray *out);

/* SplitMix64: another number, as good as random, from each. */
uint64_t fdar_template_mix(uint64_t number);

#endif
