/*
 * What `flowdar sequence` is asked for: its options, made sense of.
 */
#ifndef FDAR_CLI_SEQUENCE_SEQUENCE_OPTIONS_H
#define FDAR_CLI_SEQUENCE_SEQUENCE_OPTIONS_H

#include "analyze/story/story_pick.h"
#include "analyze/story/story_tell.h"
#include "cli/kit/options.h"
#include "viz/sequence/sequence.h"

enum fdar_sequence_format {
	FDAR_SEQUENCE_SVG,
	FDAR_SEQUENCE_TEXT,
	FDAR_SEQUENCE_MERMAID,
	FDAR_SEQUENCE_PLANTUML,
	FDAR_SEQUENCE_JSON
};

struct fdar_sequence_request {
	char *paths[2]; /* baseline and subject, or just the one */
	unsigned count;
	enum fdar_story_pick picks[2];
	char *peers[2];     /* of FDAR_PICK_PEER */
	uint64_t keys[2];   /* of FDAR_PICK_KEY and FDAR_PICK_BEGAN */
	uint64_t begins[2]; /* of FDAR_PICK_BEGAN */
	enum fdar_sequence_format format;
	char *output;    /* "-" is standard output */
	char *dot;       /* NULL: not wanted */
	char *labels[2]; /* of the sessions; NULL: any */
	char *thread;    /* instead of a session; NULL: not said */
	char *asked;     /* a part of what the request asks for; NULL: a session */
	char *rules;     /* a rules file; NULL: the recordings' own */
	char *focus;     /* NULL: not said */
	char *listings
		[2]; /* nm's of the symbols of the baseline's program (NULL: as of the other), and
			    * of the subject's */
	struct fdar_story_options story;
	struct fdar_sequence_options picture;
};

/* Fills request, which must be empty. FALSE when the command is to return at once with *code; what
 * is wrong has been said then. To be cleared in either case. */
gboolean fdar_sequence_request_parse(const struct fdar_usage *usage, int argc, char **argv,
				     struct fdar_sequence_request *request, int *code);

/* Makes it one for a review (--for review): narrow, with few steps unless their number was asked for. */
void fdar_sequence_request_review(struct fdar_sequence_request *request);

void fdar_sequence_request_clear(struct fdar_sequence_request *request);

#endif
