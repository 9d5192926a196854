/*
 * What recording costs, by function, and keeping it in the budget.
 *
 * Place in the house: used by select.c, in the helper thread; the decision is budget.h's. While there
 * is a budget every thread counts the calls of each function (threads.h, struct fdar_count).
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_BUDGET_ACCOUNT_H
#define FDAR_INSTRUMENT_FUNCTIONS_BUDGET_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "functions/objects.h"
#include "functions/threads.h"
#include "instrument/wire/control.h"

/* Takes over the budget; true: there was none before, or there is none now. */
bool fdar_budget_settings(const struct fdar_control *segment);

bool fdar_budget_wanted(void);

/* A window, if it is long enough. True: functions were switched, on or off; their entries are
 * written, their sites are not yet patched. */
bool fdar_budget_tick(struct fdar_function *functions, uint32_t numbers);

/* A thread comes: it gets its counters, if there is a budget. Under the list's lock. */
void fdar_budget_thread(struct fdar_thread *thread);

#endif
