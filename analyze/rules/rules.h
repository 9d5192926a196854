/*
 * Rules: what the events and functions of a server that nobody marked mean. Out of a key file; the grammar
 * is in docs/rules.md.
 *
 * Place in the house: between pipeline/source, whose events are many, and analyze/walk, which knows
 * sessions, requests and hand-offs only. A reader of traces asks the rules which events to decode the
 * fields of (fdar_rules_maps, for fdar_source_open_with), and sends every batch through a run: what a
 * rule is about becomes an event of that meaning, all else passes through.
 *
 * Bounds. A run remembers open functions of threads (FDAR_RULES_DEPTH_MAX each), objects in queues that
 * have no address (FDAR_RULES_QUEUE_MAX each) and open keys (FDAR_RULES_KEYS_MAX): what is beyond is not
 * followed, and counted.
 */
#ifndef FDAR_ANALYZE_RULES_RULES_H
#define FDAR_ANALYZE_RULES_RULES_H

#include <glib.h>

#include "analyze/symbols/symbols.h"
#include "pipeline/events/event.h"
#include "pipeline/events/event_map.h"

#define FDAR_RULES_DEPTH_MAX (1u << 16)
#define FDAR_RULES_QUEUE_MAX (1u << 16)
#define FDAR_RULES_KEYS_MAX  (1u << 20)
#define FDAR_RULES_BYTES_MAX (1u << 20) /* of a file */

struct fdar_rules;

/* NULL and error (G_KEY_FILE_ERROR, G_REGEX_ERROR, G_FILE_ERROR): the file, the group, the key, what was
 * expected. The caller owns the result. */
struct fdar_rules *fdar_rules_load(const char *path, GError **error);
/* Those of a file, or where it is NULL the recording's own; NULL in *rules where that has none. FALSE and error
 * as above. */
gboolean fdar_rules_load_of(const char *recording, const char *path, struct fdar_rules **rules,
			    GError **error);
void fdar_rules_free(struct fdar_rules *rules);
typedef struct fdar_rules fdar_rules;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_rules, fdar_rules_free)

/* The events whose fields are to be decoded. Owned by the rules, which must outlive the source. */
const struct fdar_event_maps *fdar_rules_maps(const struct fdar_rules *rules);

/* Whether functions have rules: then sources must not join calls. */
gboolean fdar_rules_have_functions(const struct fdar_rules *rules);

/* Whether they tell sessions' labels. */
gboolean fdar_rules_have_labels(const struct fdar_rules *rules);

/* The component of a function: what the rules say, or else the one it has. */
const char *fdar_rules_component(const struct fdar_rules *rules, const char *component,
				 const char *function);

/* Whether the function is not to be told, and its time its callers'. */
gboolean fdar_rules_hide(const struct fdar_rules *rules, const char *component,
			 const char *function);

/* ---- a run over a trace ---- */

struct fdar_rules_run;

/* text gives names of the source, namespace_of the pid namespace of an event's home (0: not known; NULL: the
 * trace tells none), both of trace; symbols name functions, NULL: they have no names, so no rules. All must outlive
 * the run. */
struct fdar_rules_run *fdar_rules_run_new(const struct fdar_rules *rules,
					  const char *(*text)(const void *trace, uint32_t name),
					  uint32_t (*namespace_of)(const void *trace,
								   uint16_t home),
					  const void *trace, struct fdar_symbols *symbols);
void fdar_rules_run_free(struct fdar_rules_run *run);
typedef struct fdar_rules_run fdar_rules_run;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_rules_run, fdar_rules_run_free)

/* What a batch becomes. Owned by the run, valid until the next call. */
const struct fdar_event *fdar_rules_run_apply(struct fdar_rules_run *run,
					      const struct fdar_event *events, size_t count,
					      size_t *length);

/* The text of a name in what a run gives: the source's, or one of the rules'. For the walk's listeners;
 * run as const void *. */
const char *fdar_rules_run_text(const void *run, uint32_t name);

/* Whether the function at the address is hidden: as fdar_rules_hide, asked once of each that has a name. */
gboolean fdar_rules_run_hides(struct fdar_rules_run *run, uint32_t pid, uint64_t addr);

/* What a rule met so far. */
struct fdar_rule_met {
	const char *name;
	const char *event;    /* that it is about; NULL: a function's */
	const char *function; /* else the glob */
	guint64 met;          /* events, or calls of functions */
	guint64 no_match;     /* of its event, but the pattern was another */
	guint64 no_key;       /* it matched, and what it needs was not there */
	guint64 again; /* began what was open already: a key used again, or an end that is missing */
	guint64 stray;     /* ended, resumed or took what was not there */
	guint64 early;     /* took, first in, first out, what was said to be put after that only */
	guint64 no_field;  /* it has not the field of a peer, label, descriptor or what */
	guint64 uncertain; /* hand-overs, first in, first out, that may be of another put */
	guint64 open;      /* began and had no end so far */
};

/* In the order of the file. The caller unrefs it. */
GArray *fdar_rules_run_met(const struct fdar_rules_run *run);

/* What looks wrong of it, in words: FDAR_DOUBT_RULES where that is more than one in a hundred of what a rule met, or
 * makes its sessions doubtful; else FDAR_DOUBT_WARNED. run may be NULL: nothing. To be called when all is read. */
void fdar_rules_run_doubts(const struct fdar_rules_run *run, GPtrArray *doubts);

#endif
