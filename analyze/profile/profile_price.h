/*
 * What recording cost, as a recording shows it.
 *
 * A call is recorded by code around it: what that takes before the entry's time is read, and after the
 * exit's, is in the caller's own time (outer); the rest is in the call's (inner), as is now and then the
 * writing of many calls as one event. A function of a nanosecond that is called 200,000 times looks like
 * tens of milliseconds.
 *
 * Nobody can be called for less than the price: of functions that call none, the one with the least own
 * time a call bounds the inner part, and the caller with the least own time a call that it makes bounds the
 * outer. Where no call is short, calls are few or long, and the price does not matter. Of functions that call
 * each other nothing is concluded, and of varied calls the shortest count: both are bounds, and what is taken
 * for the price is taken from whoever may be to blame.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_PRICE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_PRICE_H

#include "analyze/profile/profile.h"

struct fdar_profile_price {
	double inner_ns; /* of a call; 0: not known */
	double outer_ns;
};

/* Of all calls of the profile, on average. */
struct fdar_profile_price fdar_profile_price_find(const struct fdar_profile *profile);

/* Sum over a group's nodes of what is in their own times, ns. */
double fdar_profile_price_of(const struct fdar_profile *profile,
			     const struct fdar_profile_group *group,
			     const struct fdar_profile_price *price);

/* What is in the own time of a node, all calls together; never more than it has. */
double fdar_profile_price_node(const struct fdar_profile *profile,
			       const struct fdar_profile_group *group, uint32_t node,
			       const struct fdar_profile_price *price);

#endif
