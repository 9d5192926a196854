/*
 * From a clock's cycles to nanoseconds since the Unix epoch.
 *
 * Place in the house: inside pipeline/, under the CTF decoder. The conversion is babeltrace2's, so
 * that both decoders say the same: with a double where the clock does not count nanoseconds. Events
 * have no times before 1970: whoever reads a trace of such times moves base_ns (ctf_open.h).
 */
#ifndef FDAR_PIPELINE_CTF_CTF_TIME_H
#define FDAR_PIPELINE_CTF_CTF_TIME_H

#include <glib.h>
#include <stdint.h>

#define FDAR_CTF_NS_PER_S UINT64_C(1000000000)

struct fdar_ctf_time {
	uint64_t freq;   /* Hz; 0: there is no clock, every time is 0 */
	int64_t base_ns; /* of cycle 0 */
};

/* FALSE when the offset does not fit. */
gboolean fdar_ctf_time_init(struct fdar_ctf_time *time, uint64_t freq, int64_t offset_s,
			    uint64_t offset);

/* 0 for a time that does not fit, is before 1970, or when there is no clock. */
uint64_t fdar_ctf_time_ns(const struct fdar_ctf_time *time, uint64_t cycles);

/* The same with times before 1970. FALSE: it does not fit. */
gboolean fdar_ctf_time_signed(const struct fdar_ctf_time *time, uint64_t cycles, int64_t *ns);

/* Another clock: at from_ns it is to_ns there, and 1 + rate as fast from then on. Stays as it is when the result
 * does not fit. */
void fdar_ctf_time_move(struct fdar_ctf_time *time, int64_t from_ns, int64_t to_ns, double rate);

/* Whether a time is its cycles plus base_ns, for all up to limit. */
gboolean fdar_ctf_time_is_sum(const struct fdar_ctf_time *time, uint64_t *limit);

#endif
