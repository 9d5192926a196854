/*
 * Writes into a folder what LTTng's consumer daemon writes, packet by packet, for tests of the drain.
 *
 * Packets are as LTTng-UST has them: large event headers, filled up to whole pages, with an index.
 * Events have a number each, n, counted on through all packets of a feeder; every third one has a text
 * too. The feeder remembers what it wrote.
 */
#ifndef FDAR_TESTS_UNIT_KIT_DRAIN_FEEDER_H
#define FDAR_TESTS_UNIT_KIT_DRAIN_FEEDER_H

#include <glib.h>
#include <stdint.h>

struct feeder {
	char *path;        /* of the stream file */
	int fd, index;     /* of the files */
	GByteArray *plain; /* all packets */
	GArray *ends;      /* gsize: where each ends in plain */
	GArray *counts;    /* uint64_t: events of each */
	uint64_t events, sequence, clock;
	uint64_t seed;    /* what texts are made of */
	uint64_t written; /* of plain: in the file */
	uint64_t indexed; /* packets: in the index */
};

/* folder is made; the stream is called name. */
void feeder_init(struct feeder *feeder, const char *folder, const char *name);
void feeder_clear(struct feeder *feeder);

/* Makes a packet, and writes it into the file and the index. */
void feeder_packet(struct feeder *feeder, uint64_t events, uint64_t discarded);

/* The same in steps. write: bytes of what is not written yet. */
void feeder_make(struct feeder *feeder, uint64_t events, uint64_t discarded);
void feeder_write(struct feeder *feeder, uint64_t bytes);
void feeder_index(struct feeder *feeder);

/* Writes the metadata of a folder: of the first so many of its 2 event classes; halfway: and half of
 * the next declaration; packets: cut into packets as LTTng does. */
void feeder_metadata(const char *folder, unsigned classes, gboolean halfway, gboolean packets);

#endif
