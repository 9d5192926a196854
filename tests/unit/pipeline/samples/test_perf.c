/* What the kernel writes down: records as they are, cut, and of throttling. */
#include <linux/perf_event.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/samples.h"
#include "pipeline/samples/throttling.h"

static void test_records(void)
{
	struct {
		struct perf_event_header header;
		uint32_t pid, parent, tid, parent_tid;
		uint64_t at;
		uint32_t id[2];
		uint64_t time_ns, cpu;
	} fork_record = { .header = { PERF_RECORD_FORK, 0, sizeof(fork_record) },
			  .pid = 5,
			  .parent = 4,
			  .tid = 6,
			  .time_ns = 77 };
	struct {
		struct perf_event_header header;
		uint64_t id, lost;
	} lost_record = { .header = { PERF_RECORD_LOST, 0, sizeof(lost_record) }, .lost = 12 };
	struct fdar_perf_record record;
	uint64_t lost = 0;
	gsize size;

	g_assert_true(fdar_perf_parse((const uint8_t *)&fork_record, sizeof(fork_record), &record,
				      &size, &lost));
	g_assert_cmpuint(size, ==, sizeof(fork_record));
	g_assert_cmpint(record.kind, ==, FDAR_PERF_FORK);
	g_assert_cmpuint(record.pid, ==, 5);
	g_assert_cmpuint(record.parent, ==, 4);
	g_assert_cmpuint(record.time_ns, ==, 77);
	g_assert_false(fdar_perf_parse((const uint8_t *)&lost_record, sizeof(lost_record), &record,
				       &size, &lost));
	g_assert_cmpuint(lost, ==, 12);
	g_assert_cmpuint(size, ==, sizeof(lost_record));
	/* What claims more than there is is none. */
	g_assert_false(fdar_perf_parse((const uint8_t *)&fork_record, 20, &record, &size, &lost));
	g_assert_cmpuint(size, ==, 0);
	fork_record.header.type = PERF_RECORD_SAMPLE;
	fork_record.header.size = 24;
	g_assert_false(fdar_perf_parse((const uint8_t *)&fork_record, sizeof(fork_record), &record,
				       &size, &lost));
}

struct throttle_record {
	struct perf_event_header header;
	uint64_t time_ns, event, stream;
};

static void tell(struct fdar_throttling *throttling, uint32_t type, uint64_t event,
		 uint64_t time_ns)
{
	struct throttle_record bytes = { .header = { type, 0, sizeof(bytes) },
					 .time_ns = time_ns,
					 .event = event };
	struct fdar_perf_record record;
	uint64_t lost = 0;
	gsize size;

	g_assert_true(
		fdar_perf_parse((const uint8_t *)&bytes, sizeof(bytes), &record, &size, &lost));
	g_assert_cmpuint(size, ==, sizeof(bytes));
	g_assert_true(fdar_throttling_take(throttling, &record));
	bytes.header.size = 16; /* cut */
	g_assert_false(fdar_perf_parse((const uint8_t *)&bytes, 16, &record, &size, &lost));
	g_assert_cmpuint(lost, ==, 0);
}

/* What the kernel does not let tick is missing: at least once each time, and for as long as that lasts. */
static void test_throttling(void)
{
	struct fdar_throttling *throttling = fdar_throttling_new(1000);
	const struct fdar_perf_record other = { .kind = FDAR_PERF_SAMPLE };

	g_assert_false(fdar_throttling_take(throttling, &other));
	tell(throttling, PERF_RECORD_UNTHROTTLE, 7, 50); /* it began throttled */
	g_assert_cmpuint(fdar_throttling_ticks(throttling), ==, 0);
	tell(throttling, PERF_RECORD_THROTTLE, 7, 10000);
	tell(throttling, PERF_RECORD_THROTTLE, 8, 10000);
	g_assert_cmpuint(fdar_throttling_ticks(throttling), ==, 2);
	tell(throttling, PERF_RECORD_UNTHROTTLE, 7, 10999);
	g_assert_cmpuint(fdar_throttling_ticks(throttling), ==, 2);
	tell(throttling, PERF_RECORD_UNTHROTTLE, 8, 14500);
	tell(throttling, PERF_RECORD_UNTHROTTLE, 8, 20000);
	g_assert_cmpuint(fdar_throttling_ticks(throttling), ==, 6);
	fdar_throttling_free(throttling);
}

/* It went on and stopped again, and both is lost: what it ticked meanwhile is not missing. */
static void test_throttling_lost(void)
{
	struct fdar_throttling *throttling = fdar_throttling_new(1000000);

	tell(throttling, PERF_RECORD_THROTTLE, 7, 1000000);
	tell(throttling, PERF_RECORD_UNTHROTTLE, 7, 60 * UINT64_C(1000000000));
	g_assert_cmpuint(fdar_throttling_ticks(throttling), ==, 1 + 20);
	fdar_throttling_free(throttling);
}

/* As the kernel writes one: no chain, registers, room for 64 bytes of stack of which 16 are there. */
static void test_sample_record(void)
{
	struct {
		struct perf_event_header header;
		uint32_t pid, tid;
		uint64_t time_ns;
		uint32_t cpu[2];
		uint64_t chain, abi, registers[FDAR_PERF_REGISTERS], room;
		uint8_t stack[64];
		uint64_t copied;
	} sample = { .header = { PERF_RECORD_SAMPLE, 0, sizeof(sample) },
		     .pid = 5,
		     .tid = 6,
		     .time_ns = 77,
		     .abi = PERF_SAMPLE_REGS_ABI_64,
		     .room = sizeof(sample.stack),
		     .copied = 16 };
	uint64_t registers[FDAR_PERF_REGISTERS], lost = 0;
	struct fdar_perf_record record;
	gsize size;

	for (unsigned i = 0; i < FDAR_PERF_REGISTERS; i++)
		sample.registers[i] = 100 + i;
	g_assert_true(
		fdar_perf_parse((const uint8_t *)&sample, sizeof(sample), &record, &size, &lost));
	g_assert_cmpuint(record.tid, ==, 6);
	g_assert_cmpuint(record.stack_bytes, ==, 16);
	fdar_perf_registers(&record, registers);
	g_assert_cmpuint(registers[7], ==, 107);  /* rsp */
	g_assert_cmpuint(registers[16], ==, 108); /* rip */
	g_assert_cmpuint(registers[1], ==, 103);  /* rdx */
	g_assert_cmpuint(registers[15], ==, 116); /* r15 */
	sample.copied = 1000;                     /* more than there is room for */
	g_assert_true(
		fdar_perf_parse((const uint8_t *)&sample, sizeof(sample), &record, &size, &lost));
	g_assert_cmpuint(record.stack_bytes, ==, 64);
}

/* What is counted, and a kind that nobody knows. */
static void test_count_record(void)
{
	struct fdar_perf_count_record count = { .type = FDAR_PERF_RECORD_COUNT + FDAR_COUNT_MAJOR,
						.size = sizeof(count),
						.pid = 5,
						.tid = 6,
						.time_ns = 77,
						.number = 9 };
	struct fdar_perf_record record;
	uint64_t lost = 0;
	gsize size;

	g_assert_true(
		fdar_perf_parse((const uint8_t *)&count, sizeof(count), &record, &size, &lost));
	g_assert_cmpint(record.kind, ==, FDAR_PERF_COUNT);
	g_assert_cmpuint(record.count, ==, FDAR_COUNT_MAJOR);
	g_assert_cmpuint(record.pid, ==, 5);
	g_assert_cmpuint(record.tid, ==, 6);
	g_assert_cmpuint(record.time_ns, ==, 77);
	g_assert_cmpuint(record.number, ==, 9);
	count.type = FDAR_PERF_RECORD_COUNT + FDAR_COUNT_KINDS;
	g_assert_false(
		fdar_perf_parse((const uint8_t *)&count, sizeof(count), &record, &size, &lost));
	count.type = FDAR_PERF_RECORD_COUNT;
	count.number = 0; /* it stands for nothing */
	g_assert_false(
		fdar_perf_parse((const uint8_t *)&count, sizeof(count), &record, &size, &lost));
	count.number = 1;
	count.size = 16; /* cut */
	g_assert_false(
		fdar_perf_parse((const uint8_t *)&count, sizeof(count), &record, &size, &lost));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/perf/records", test_records);
	g_test_add_func("/perf/throttling", test_throttling);
	g_test_add_func("/perf/throttling_lost", test_throttling_lost);
	g_test_add_func("/perf/sample_record", test_sample_record);
	g_test_add_func("/perf/count_record", test_count_record);
	return g_test_run();
}
