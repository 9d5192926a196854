/*
 * Fuzzing the rewriting of what clients send: rules, answers and messages of any bytes.
 *
 * Input: a byte for the size of the rules in units of 16 bytes, the rules (where they are none, the target's
 * own), then steps: a byte with what it is (bits 0 and 1: captured answer, this run's answer, message, the
 * same in two pieces) and its size (the rest, times eight), and so many bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/edit/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char usual[] =
	"[sid]\nanswer=sid=(\\w+)\n[length]\nrequest=old|%(.)\nvalue={random:9}{count}\n"
	"[gone]\nrequest=gone\nvalue=\n[chunk]\nrequest=\\n(.)\\r\nvalue={value}{value}\n";

static volatile uint8_t sum;

static void say(struct fdar_edit_session *session, const uint8_t *bytes, size_t size, size_t first)
{
	struct fdar_edit_piece pieces[2] = { { bytes, first, 0 },
					     { bytes + first, size - first, 0 } };
	size_t made;
	const uint8_t *out = fdar_edit_message(session, pieces, 2, 0, &made);

	if (pieces[0].to > pieces[1].to || pieces[1].to != made)
		abort();
	for (size_t i = 0; i < made; i++)
		sum = (uint8_t)(sum + out[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t own = size ? MIN((size_t)data[0] * 16, size - 1) : 0;
	struct fdar_edit_rules *rules =
		fdar_edit_rules_parse((const char *)data + 1, own, "fuzz", NULL);
	struct fdar_edit *edit;
	struct fdar_edit_session *session;

	if (!rules)
		rules = fdar_edit_rules_parse(usual, strlen(usual), "usual", NULL);
	edit = fdar_edit_new(rules, 1);
	session = fdar_edit_begin(edit, &(struct fdar_edit_who){ .client = 1 });
	for (size_t at = 1 + own; at < size;) {
		unsigned what = data[at] & 3;
		size_t part = MIN((size_t)(data[at] >> 2) * 8, size - at - 1);

		at++;
		if (what == 0)
			fdar_edit_captured(session, data + at, part);
		else if (what == 1)
			fdar_edit_heard(session, data + at, part);
		else
			say(session, data + at, part, what == 2 ? part : part / 2);
		at += part;
	}
	fdar_edit_end(session);
	fdar_edit_free(edit);
	fdar_edit_rules_free(rules);
	return 0;
}
