/*
 * What recording cost, as a recording shows it.
 *
 * A call is recorded by code around it: what that takes before the entry's time is read, and after the
 * exit's, is in the caller's own time (outer); the rest is in the call's (inner), as is now and then the
 * writing of many calls as one event. A function of a nanosecond that is called 200,000 times looks like
 * tens of milliseconds.
 *
 * The server's libraries measure it while they record (instrument/functions/price.h), and recordings keep that.
 * Nobody can be called for less than the price, so it is never more than what the cheapest function took: of
 * functions that call none, the one with the least own time a call bounds the inner part, and the caller with the
 * least own time a call that it makes bounds the outer.
 *
 * Where nobody measured it (older recordings, other libraries, processes that ended at once), these bounds are
 * taken for the price, if calls are short: where no call is short, calls are few or long, and the price does
 * not matter. Of functions that call each other nothing is concluded, and of varied calls the shortest count;
 * what is taken for the price is taken from whoever may be to blame.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_PRICE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_PRICE_H

#include "analyze/profile/profile.h"

struct fdar_profile_price {
	double inner_ns; /* of a call; 0: not known */
	double outer_ns;
	double spread_ns; /* how much both together vary, where that was measured; else 0 */
};

/* Of all calls of the profile, on average. */
struct fdar_profile_price fdar_profile_price_find(const struct fdar_profile *profile);

/* As if nobody had measured it. Profiles that are compared have both the one or both the other: a bound may be many
 * times what was measured, and the difference of the two is nobody's time. */
struct fdar_profile_price fdar_profile_price_bound(const struct fdar_profile *profile);

/* Sum over a group's nodes of what is in their own times, ns. */
double fdar_profile_price_of(const struct fdar_profile *profile,
			     const struct fdar_profile_group *group,
			     const struct fdar_profile_price *price);

/* What is in the own time of a node, all calls together; never more than it has. */
double fdar_profile_price_node(const struct fdar_profile *profile,
			       const struct fdar_profile_group *group, uint32_t node,
			       const struct fdar_profile_price *price);

#endif
