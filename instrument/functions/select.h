/*
 * Who decides which functions are on: the recorder's rules, the budget, and what is loaded.
 *
 * Place in the house: behind selection.h; library.c calls it from the constructor first and from the
 * helper thread after that, never from two threads at once.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_SELECT_H
#define FDAR_INSTRUMENT_FUNCTIONS_SELECT_H

/* Once: finds out whether functions can be patched here. */
void fdar_select_init(void);

/* Takes over what the recorder has set; and then, once something is recorded, looks at what is
 * loaded, and puts up the table. */
void fdar_select_changed(void);

/* About ten times a second: what was loaded since, threads' names, the budget. */
void fdar_select_tick(void);

#endif
