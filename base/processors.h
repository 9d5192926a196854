/*
 * Processors that this process may run on.
 *
 * Place in the house: asked by all that would do something in as many threads or processes as there are
 * processors. Who is bound to some of them (taskset, cpusets of containers) has no use for more: GLib's count is that
 * of the machine.
 */
#ifndef FDAR_BASE_PROCESSORS_H
#define FDAR_BASE_PROCESSORS_H

/* At least 1. */
unsigned fdar_processors(void);

#endif
