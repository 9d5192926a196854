/*
 * How flowdar hunt records what it has found: with which options, how often, and how to do it again.
 *
 * Place in the house: of cmd_hunt.c alone.
 */
#ifndef FDAR_CLI_REDUCE_HUNT_RECORD_H
#define FDAR_CLI_REDUCE_HUNT_RECORD_H

#include <glib.h>

#include "cli/reduce/judge.h"

#define FDAR_HUNT_SAMPLE_HZ 499 /* a hunt has few sessions, and nobody waits for its server */

struct fdar_hunt_record {
	gboolean io;        /* reads, writes and waits only */
	unsigned sample_hz; /* 0: no samples; else io is set, too */
	guint32 copies[2];  /* of normal.pcap and of smallest.pcap */
};

/* --sample's value: samples a second. FALSE and error (G_OPTION_ERROR). */
gboolean fdar_hunt_record_sample(struct fdar_hunt_record *record, const char *text, GError **error);

/* The options that say what is recorded: strings that the array owns. */
void fdar_hunt_record_options(const struct fdar_hunt_record *record, GPtrArray *arguments);

/* How many sessions samples take to name a function (analyze/samples/sample_diff.h), twice as many to be on the
 * safe side: by what the judge measured of a session that hurts, where that is processor time; at least least. */
guint32 fdar_hunt_record_sessions(const struct fdar_hunt_record *record,
				  const struct fdar_judge *judge, double figure, guint32 least);

/* So many copies of sessions that there are give as many as wanted. */
guint32 fdar_hunt_record_copies(guint32 wanted, guint32 sessions);

/* The script that records both again, and compares them: to be read and to be run. FALSE and error. */
gboolean fdar_hunt_record_again(const struct fdar_hunt_record *record, const char *path,
				const char *capture, char **server, GError **error);

#endif
