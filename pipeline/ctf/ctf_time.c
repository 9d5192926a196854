#include "pipeline/ctf/ctf_time.h"

static uint64_t cycles_ns(uint64_t freq, uint64_t cycles)
{
	double ns;

	if (freq == FDAR_CTF_NS_PER_S)
		return cycles;
	ns = 1e9 * (double)cycles / (double)freq;
	return ns >= (double)UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

gboolean fdar_ctf_time_init(struct fdar_ctf_time *time, uint64_t freq, int64_t offset_s,
			    uint64_t offset)
{
	uint64_t ns = cycles_ns(freq, offset);

	time->freq = freq;
	return ns <= INT64_MAX &&
	       !__builtin_mul_overflow(offset_s, (int64_t)FDAR_CTF_NS_PER_S, &time->base_ns) &&
	       !__builtin_add_overflow(time->base_ns, (int64_t)ns, &time->base_ns);
}

gboolean fdar_ctf_time_signed(const struct fdar_ctf_time *time, uint64_t cycles, int64_t *ns)
{
	uint64_t since = cycles_ns(time->freq, cycles);

	return since <= INT64_MAX && !__builtin_add_overflow(time->base_ns, (int64_t)since, ns);
}

uint64_t fdar_ctf_time_ns(const struct fdar_ctf_time *time, uint64_t cycles)
{
	int64_t ns;

	if (!time->freq || !fdar_ctf_time_signed(time, cycles, &ns))
		return 0;
	return ns > 0 ? (uint64_t)ns : 0;
}

void fdar_ctf_time_move(struct fdar_ctf_time *time, int64_t from_ns, int64_t to_ns, double rate)
{
	struct fdar_ctf_time moved = *time;
	int64_t since;

	if (!time->freq || __builtin_sub_overflow(from_ns, time->base_ns, &since) || since < 0)
		return;
	if (rate != 0) {
		double freq = (double)time->freq / (1 + rate);

		if (!(freq >= 1 && freq < 0x1p62))
			return;
		moved.freq = (uint64_t)(freq + 0.5);
		/* That many cycles are from_ns in the old clock, and to_ns in the new one. */
		since = (int64_t)((double)since * ((double)time->freq / (double)moved.freq));
	}
	if (!__builtin_sub_overflow(to_ns, since, &moved.base_ns))
		*time = moved;
}

gboolean fdar_ctf_time_is_sum(const struct fdar_ctf_time *time, uint64_t *limit)
{
	if (time->freq != FDAR_CTF_NS_PER_S || time->base_ns < 0)
		return FALSE;
	*limit = (uint64_t)(INT64_MAX - time->base_ns);
	return TRUE;
}
