/*
 * Ctrl-C, for commands that end cleanly with what they have, the signal that asks for more, and the one
 * that says that a file gets too large.
 *
 * Signal handlers have no other place to tell than variables of the whole program: they are here, and
 * nothing else is.
 */
#ifndef FDAR_CLI_KIT_INTERRUPT_H
#define FDAR_CLI_KIT_INTERRUPT_H

/* From now on the first SIGINT, SIGTERM or SIGHUP sets the flag that this gives (to the signal's
 * number); the second kills, as if nobody had caught it. */
const volatile int *fdar_interrupt_catch(void);

/* From now on every SIGUSR1 counts this up. */
const volatile int *fdar_interrupt_count_asks(void);

/* From now on what is written behind the limit of file sizes (ulimit -f) fails with EFBIG, as on a full
 * disk, and does not end the program where it is. Programs that are started begin with the default. */
void fdar_interrupt_file_limit(void);

#endif
