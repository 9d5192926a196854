/*
 * Narrowing: who hurts, where that does not show among all the others. Internal to a reduction (reducing.h).
 *
 * Place in the house: a step of its own, before sessions are searched once more. Two sessions that hurt only together, among
 * a thousand, are not found by their weight, because one of them may weigh nothing; and played with all others they do not
 * hurt, because what is measured is a session's mean. But what the server took above what is usual for so
 * many is there in one play of all: here that sum is what is searched for, with each session played once and not in
 * copies. Who has half of it is moved to the head of the order in which the search begins.
 */
#ifndef FDAR_CLI_REDUCE_NARROWING_H
#define FDAR_CLI_REDUCE_NARROWING_H

#include "cli/reduce/reducing.h"

/* Of processor time with a baseline alone. DONE: there are such sessions, and weights say so; HARMLESS: there are none,
 * nor anything that would hurt if few did it. */
enum fdar_reduce_end fdar_reducing_narrow(struct fdar_reducing *reducing);

#endif
