#include "replay/play/verdict.h"

#include <string.h>

const char *fd_verdict_text(enum fd_verdict verdict)
{
	static const char *const texts[FD_VERDICTS] = {
		[FD_VERDICT_OK] = "ok",           [FD_VERDICT_DIFFERS] = "differs",
		[FD_VERDICT_REFUSED] = "refused", [FD_VERDICT_RESET] = "reset",
		[FD_VERDICT_TIMEOUT] = "timeout", [FD_VERDICT_LOCAL] = "local error",
		[FD_VERDICT_STOPPED] = "stopped", [FD_VERDICT_UNPLAYABLE] = "not replayable",
	};

	return texts[verdict];
}

void fd_tally_init(struct fd_tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	fd_latency_init(&tally->connect);
	fd_latency_init(&tally->first_byte);
	fd_latency_init(&tally->exchange);
	fd_latency_init(&tally->service);
}

void fd_tally_add(struct fd_tally *tally, const struct fd_outcome *outcome)
{
	tally->verdicts[outcome->verdict] += outcome->copies;
	tally->exact += outcome->verdict == FD_VERDICT_OK && outcome->exact;
	if (outcome->connect_ns)
		fd_latency_add(&tally->connect, outcome->connect_ns);
	if (outcome->first_byte_ns)
		fd_latency_add(&tally->first_byte, outcome->first_byte_ns);
}

void fd_tally_merge(struct fd_tally *tally, const struct fd_tally *other)
{
	tally->asked += other->asked;
	tally->begun += other->begun;
	for (unsigned i = 0; i < FD_VERDICTS; i++)
		tally->verdicts[i] += other->verdicts[i];
	tally->exact += other->exact;
	tally->exchanges += other->exchanges;
	tally->sent_bytes += other->sent_bytes;
	tally->received_bytes += other->received_bytes;
	fd_latency_merge(&tally->connect, &other->connect);
	fd_latency_merge(&tally->first_byte, &other->first_byte);
	fd_latency_merge(&tally->exchange, &other->exchange);
	fd_latency_merge(&tally->service, &other->service);
}

uint64_t fd_tally_done(const struct fd_tally *tally)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < FD_VERDICTS; i++)
		done += tally->verdicts[i];
	return done;
}
