/*
 * How flowdar hunt records what it has found: with which options, how often, and how to do it again.
 *
 * Place in the house: of cmd_hunt.c alone.
 */
#ifndef FDAR_CLI_REDUCE_HUNT_RECORD_H
#define FDAR_CLI_REDUCE_HUNT_RECORD_H

#include <glib.h>

#include "cli/reduce/reducing.h"

#define FDAR_HUNT_SAMPLE_HZ 499 /* a hunt has few sessions, and nobody waits for its server */

struct fdar_hunt_record {
	gboolean io;         /* reads, writes and waits only */
	unsigned sample_hz;  /* 0: no samples; else io is set, too */
	guint32 copies[2];   /* of normal.pcap and of smallest.pcap */
	const char *sources; /* of clients, as replay takes it; NULL: what that takes */
	gboolean client_pace;
	const char *user; /* whom the server is run as; NULL: who we are */
	guint32 times;    /* recordings of what hurts: bad, bad-2, ... */
};

/* --sample's value: samples a second. FALSE and error (G_OPTION_ERROR). */
gboolean fdar_hunt_record_sample(struct fdar_hunt_record *record, const char *text, GError **error);

/* Whether the samples that are asked for can be had here: to be known before a search, not after it. FALSE and error. */
gboolean fdar_hunt_record_can_sample(const struct fdar_hunt_record *record, GError **error);

/* The options that say what is recorded: strings that the array owns. */
void fdar_hunt_record_options(const struct fdar_hunt_record *record, GPtrArray *arguments);

/* Decides on copies and times, by what the search measured; plays once or twice. What hurts is recorded in as many copies as
 * samples take to name a function (analyze/samples/sample_diff.h), twice as many to be on the safe side; where so many
 * copies do not hurt any more (a server that answers the second from a cache), as few as hurt, again and again. What is
 * normal in so many that samples can tell what it does. */
void fdar_hunt_record_plan(struct fdar_hunt_record *record, const struct fdar_reducing *reducing,
			   const char *normal, const char *smallest,
			   const struct fdar_load_options *load);

/* The name of a recording of what hurts, from 0. The caller frees it. */
char *fdar_hunt_record_name(guint32 number);

/* What is compared, as `flowdar diff` takes it, or `flowdar report`: strings that the array owns. */
void fdar_hunt_record_sides(const struct fdar_hunt_record *record, const char *directory,
			    gboolean report, GPtrArray *arguments);

/* The script that records both again, and compares them: to be read and to be run. FALSE and error. */
gboolean fdar_hunt_record_again(const struct fdar_hunt_record *record, const char *path,
				const char *capture, char **server, GError **error);

/* Prints the first line of a file, as the answer; nothing where it cannot be read. */
void fdar_hunt_record_first_line(const char *path);

#endif
