/*
 * Ctrl-C, for commands that end cleanly with what they have, and the signal that asks for more.
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

#endif
