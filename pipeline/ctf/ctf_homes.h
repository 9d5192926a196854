/*
 * Which traces are homes by themselves (pipeline/events/home.h), of several that are read together.
 *
 * Place in the house: inside pipeline/, between ctf_open.h and the plans. Containers and cloned machines may
 * have one hostname, and containers of one kernel one boot id, too. But LTTng writes one trace a session,
 * user and word size: two of these that say the same are of two session daemons, or of one session after
 * another one of the same name; and then equal process ids may be different processes.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_HOMES_H
#define FDAR_PIPELINE_CTF_CTF_HOMES_H

#include <glib.h>

/* plans: struct fdar_ctf_plan *. To be called before anything is read by them. */
void fdar_ctf_homes_tell_apart(const GPtrArray *plans);

/* Adds the hosts (char *) of the plans that are not there yet. */
void fdar_ctf_homes_list(const GPtrArray *plans, GPtrArray *hosts);

/* Moves the times of hosts as they are to be: struct fdar_clock_shift (decoder.h); NULL: of none. */
void fdar_ctf_homes_shift(const GPtrArray *plans, const GArray *shifts);

#endif
