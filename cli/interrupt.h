/*
 * Ctrl-C, for commands that end cleanly with what they have.
 *
 * Signal handlers have no other place to tell than a variable of the whole program: it is here, and
 * nothing else is.
 */
#ifndef FD_CLI_INTERRUPT_H
#define FD_CLI_INTERRUPT_H

/* From now on the first SIGINT, SIGTERM or SIGHUP sets the flag that this gives (to the signal's
 * number); the second kills, as if nobody had caught it. */
const volatile int *fd_interrupt_catch(void);

#endif
