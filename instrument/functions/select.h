/*
 * Who decides which functions are on: the recorder's rules, the budget, and what is loaded.
 *
 * Place in the house: behind selection.h; library.c calls it from the constructor first and from the
 * helper thread after that, loading.c from threads of the server; one at a time.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_SELECT_H
#define FDAR_INSTRUMENT_FUNCTIONS_SELECT_H

#include <stdbool.h>

/* Once: finds out whether functions can be patched here. */
void fdar_select_init(void);

/* Takes over what the recorder has set; and then, once something is recorded, looks at what is
 * loaded, and puts up the table. */
void fdar_select_changed(void);

/* A library was loaded, or unloaded, by the calling thread: the tracer gets to know, and what was loaded
 * is put up before it is called. Nothing when that thread is the helper's or in here already. */
void fdar_select_loaded(void *caller);
void fdar_select_unloaded(void *caller);

/* Around a dlopen() after which fdar_select_loaded is called: the helper may see the library before. */
void fdar_select_opening(bool begins);

/* What was loaded without being told, and is soon gone, is found and counted. */
void fdar_select_missed(void);

/* About ten times a second: what was loaded since, threads' names, the budget. */
void fdar_select_tick(void);

#endif
