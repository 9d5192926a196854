#include "replay/play/result.h"

#include <errno.h>
#include <string.h>

const char *fdar_result_text(enum fdar_result verdict)
{
	static const char *const texts[FDAR_VERDICTS] = {
		[FDAR_RESULT_OK] = "ok",           [FDAR_RESULT_DIFFERS] = "differs",
		[FDAR_RESULT_REFUSED] = "refused", [FDAR_RESULT_RESET] = "reset",
		[FDAR_RESULT_TIMEOUT] = "timeout", [FDAR_RESULT_LOCAL] = "local error",
		[FDAR_RESULT_STOPPED] = "stopped", [FDAR_RESULT_UNPLAYABLE] = "not replayable",
	};

	return texts[verdict];
}

void fdar_tally_init(struct fdar_tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	fdar_latency_init(&tally->connect);
	fdar_latency_init(&tally->handshake);
	fdar_latency_init(&tally->first_byte);
	fdar_latency_init(&tally->exchange);
	fdar_latency_init(&tally->service);
	fdar_latency_init(&tally->waited);
}

void fdar_tally_add(struct fdar_tally *tally, const struct fdar_outcome *outcome)
{
	tally->verdicts[outcome->verdict] += outcome->copies;
	tally->exact += outcome->verdict == FDAR_RESULT_OK && outcome->exact;
	if (outcome->handshake_ns)
		fdar_latency_add(&tally->handshake, outcome->handshake_ns);
	if (outcome->connect_ns)
		fdar_latency_add(&tally->connect, outcome->connect_ns);
	if (outcome->first_byte_ns)
		fdar_latency_add(&tally->first_byte, outcome->first_byte_ns);
}

void fdar_tally_merge(struct fdar_tally *tally, const struct fdar_tally *other)
{
	tally->asked += other->asked;
	tally->begun += other->begun;
	for (unsigned i = 0; i < FDAR_VERDICTS; i++)
		tally->verdicts[i] += other->verdicts[i];
	tally->exact += other->exact;
	tally->exchanges += other->exchanges;
	tally->sent_bytes += other->sent_bytes;
	tally->received_bytes += other->received_bytes;
	fdar_latency_merge(&tally->connect, &other->connect);
	fdar_latency_merge(&tally->handshake, &other->handshake);
	fdar_latency_merge(&tally->first_byte, &other->first_byte);
	fdar_latency_merge(&tally->exchange, &other->exchange);
	fdar_latency_merge(&tally->service, &other->service);
	fdar_latency_merge(&tally->waited, &other->waited);
}

uint64_t fdar_tally_done(const struct fdar_tally *tally)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < FDAR_VERDICTS; i++)
		done += tally->verdicts[i];
	return done;
}

enum fdar_result fdar_result_of_errno(int code, gboolean connected)
{
	switch (code) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EINVAL:
		return FDAR_RESULT_LOCAL;
	case ETIMEDOUT:
		return FDAR_RESULT_TIMEOUT;
	case ECONNRESET:
	case EPIPE:
		return FDAR_RESULT_RESET;
	default:
		return connected ? FDAR_RESULT_RESET : FDAR_RESULT_REFUSED;
	}
}
