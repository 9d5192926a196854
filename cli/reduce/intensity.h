/*
 * Intensity: how many sessions at once, how many a second, and in which order it takes to hurt, lowered when the set is
 * minimal. Internal to a reduction (reducing.h).
 *
 * Place in the house: between copies and bytes. Each of the three is a step with questions of its own, of which a yes is
 * asked again as in every step: sessions open at once, by bisection down to one; where it takes more than one of
 * them, sessions begun a second, in powers of two; where it does not, and some hurt only together, the reverse order.
 */
#ifndef FDAR_CLI_REDUCE_INTENSITY_H
#define FDAR_CLI_REDUCE_INTENSITY_H

#include "cli/reduce/reducing.h"

/* Everything that is kept, with the copies that were left. What is found is in reducing->way. */
enum fdar_reduce_end fdar_intensity_lower(struct fdar_reducing *reducing);

/* As it was before; FALSE: nothing was lowered. */
gboolean fdar_intensity_undo(struct fdar_reducing *reducing);

#endif
