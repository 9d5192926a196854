/*
 * A stand-in for libflowdar.so within a test program: what the macros call is written down.
 *
 * The program exports it as flowdar_provider_v1 (link with -rdynamic), which the header's
 * constructor finds before it would find the library's.
 */
#ifndef TEST_FAKE_PROVIDER_H
#define TEST_FAKE_PROVIDER_H

#include <stdbool.h>

/* Turns all events on or off, as a tracing session would. */
void fake_provider_set(bool on);

/* What was called since the last time, a word or "name(arguments)" each, separated by blanks. */
const char *fake_provider_taken(void);

#endif
