/*
 * Signals: what the server does with the one that is ours has no effect, unless it wants it for itself.
 *
 * Place in the house: part of libflowdar-ticks.so; stands in front of libc's sigaction, signal, sigfillset,
 * sigprocmask and pthread_sigmask.
 */
#ifndef FDAR_INSTRUMENT_TICKS_SIGNALS_H
#define FDAR_INSTRUMENT_TICKS_SIGNALS_H

#include <signal.h>

/* libc's sigaction(). */
int fdar_signals_action(int number, const struct sigaction *action, struct sigaction *old);

#endif
