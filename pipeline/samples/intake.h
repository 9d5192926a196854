/*
 * The intake: takes what the kernel wrote down (perf.h) out of its buffers in time, puts it in order, and
 * keeps what is of the server's processes.
 *
 * Place in the house: between perf.c and sampler.c. It has a thread of its own that does nothing else,
 * with more than the usual share of the processor where that is permitted: unwinding reads binaries from
 * disks, and waited for one longer than a buffer lasts.
 *
 * The server's processes are those that this process starts after the intake, those that it is told of,
 * and all that come from these. Records hold stacks, and these what clients sent: whoever takes some
 * overwrites them (explicit_bzero) when he is done.
 */
#ifndef FDAR_PIPELINE_SAMPLES_INTAKE_H
#define FDAR_PIPELINE_SAMPLES_INTAKE_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#define FDAR_INTAKE_BYTES_MAX (128u << 20) /* that nobody has taken yet; more samples are lost */

struct fdar_intake;

/* What was lost. */
struct fdar_intake_losses {
	uint64_t samples; /* of the server's, or of others: the kernel's buffer was full */
	uint64_t waiting; /* of the server's: there was no room where they wait to be unwound */
	uint64_t tasks;   /* forks, ends, mappings: of anybody */
	/* Of anybody, that the kernel did not take: it limits how many there may be (throttling). At least
	 * one each time it did. */
	uint64_t throttled;
	uint64_t counts; /* page faults and the like, of anybody, that nothing more is known of */
	gboolean processors_changed; /* while it went on, so that some were not looked at */
	uint32_t without; /* why processes have none of themselves: FDAR_TICKS_NO_SIGNAL ... */
};

/* Ticks hz times a second. pids: processes that run already. ticks: where the folder for those that the server's
 * processes take of themselves may be made (ticks.h), if the kernel has none for us; NULL: then there are none. counted:
 * page faults and the like, too. To be called by the thread that starts the server. NULL and error, as of fdar_perf_open. */
struct fdar_intake *fdar_intake_start(unsigned hz, const pid_t *pids, size_t count,
				      const char *ticks, gboolean counted, GError **error);

/* Why the server's processes take them, as the kernel's refusal was explained. NULL: they do not. */
const char *fdar_intake_ticks_why(const struct fdar_intake *intake);

/* Why there are only ticks of what was started, and of the programs' own code, as of fdar_perf_own_why(). */
const char *fdar_intake_own_why(const struct fdar_intake *intake);

/* Why page faults and the like are not counted. NULL: they are. */
const char *fdar_intake_uncounted_why(const struct fdar_intake *intake);

/* No more ticks from here on. */
void fdar_intake_pause(struct fdar_intake *intake);

/* Lets it come to an end: what is in the buffers is still to be taken. */
void fdar_intake_end(struct fdar_intake *intake);

/* Waits for records, and gives them by time; the caller frees them. NULL: it came to its end. */
GByteArray *fdar_intake_take(struct fdar_intake *intake);

/* After the end only. */
void fdar_intake_losses(const struct fdar_intake *intake, struct fdar_intake_losses *losses);

/* NULL is allowed. */
void fdar_intake_free(struct fdar_intake *intake);

#endif
