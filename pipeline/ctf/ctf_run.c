#include "pipeline/ctf/ctf_run.h"

#include <string.h>

#include "pipeline/ctf/ctf_bits.h"

#define LEB128_BYTES_MAX 10u /* for 64 bits */

/* One run: the state that is given back only when all went well. */
struct run {
	const struct fdar_ctf_program *program;
	struct fdar_ctf_frame *frame;
	const uint8_t *bytes;
	uint64_t at, end;
	uint64_t clock;
	uint64_t loops[FDAR_CTF_DEPTH_MAX];  /* rounds to go, of those that are open */
	uint64_t rounds[FDAR_CTF_DEPTH_MAX]; /* where the round in hand began */
	unsigned depth;
};

static gboolean has(const struct run *run, uint64_t bits)
{
	return bits <= run->end - run->at;
}

static void keep(struct run *run, const struct fdar_ctf_op *op, uint64_t value)
{
	if (op->value != FDAR_CTF_NO_VALUE)
		run->frame->values[op->value] = value;
	if (op->reg != FDAR_CTF_NO_REG)
		run->frame->regs[op->reg] = value;
}

static enum fdar_ctf_status run_int(struct run *run, const struct fdar_ctf_op *op)
{
	gboolean big = (op->flags & FDAR_CTF_FLAG_BIG) != 0;
	uint64_t value;

	if (!has(run, op->bits))
		return FDAR_CTF_SHORT;
	if (op->flags & FDAR_CTF_FLAG_BYTES)
		value = fdar_ctf_bits_bytes(run->bytes + run->at / 8, op->bits, big);
	else
		value = fdar_ctf_bits_any(run->bytes, run->at, op->bits, big);
	run->at += op->bits;
	if (G_UNLIKELY(op->flags & FDAR_CTF_FLAG_MIRRORED))
		value = fdar_ctf_bits_mirror(value, op->bits);
	if (op->flags & FDAR_CTF_FLAG_CLOCK)
		run->clock = fdar_ctf_bits_clock(run->clock, value, op->bits);
	if (op->flags & FDAR_CTF_FLAG_SIGNED)
		value = fdar_ctf_bits_extend(value, op->bits);
	keep(run, op, value);
	return FDAR_CTF_OK;
}

/* Seven bits a byte, the lowest first; the highest bit says that there are more. */
static enum fdar_ctf_status run_leb128(struct run *run, const struct fdar_ctf_op *op)
{
	const uint8_t *bytes = run->bytes + run->at / 8;
	uint64_t left = (run->end - run->at) / 8, value = 0;
	unsigned count = 0, bits;
	gboolean is_signed = (op->flags & FDAR_CTF_FLAG_SIGNED) != 0;

	do {
		if (count == left)
			return FDAR_CTF_SHORT;
		if (count == LEB128_BYTES_MAX)
			return FDAR_CTF_BAD;
		value |= (uint64_t)(bytes[count] & 0x7f) << (7 * count);
	} while (bytes[count++] & 0x80);
	bits = MIN(7 * count, 64);
	/* Of the tenth byte, just one bit is left: it, or the sign in all seven. */
	if (count == LEB128_BYTES_MAX && bytes[count - 1] > 1 &&
	    !(is_signed && bytes[count - 1] == 0x7f))
		return FDAR_CTF_BAD;
	run->at += (uint64_t)count * 8;
	if (op->flags & FDAR_CTF_FLAG_CLOCK)
		run->clock = fdar_ctf_bits_clock(run->clock, value, bits);
	if (is_signed)
		value = fdar_ctf_bits_extend(value, bits);
	keep(run, op, value);
	return FDAR_CTF_OK;
}

/* The first character of so many bytes that is 0. */
static const uint8_t *find_nul(const uint8_t *start, uint64_t left, unsigned bytes)
{
	static const uint8_t zeros[4];

	if (bytes == 1)
		return left ? memchr(start, 0, left) : NULL;
	for (; left >= bytes; start += bytes, left -= bytes) {
		if (memcmp(start, zeros, bytes) == 0)
			return start;
	}
	return NULL;
}

static enum fdar_ctf_status run_string(struct run *run, const struct fdar_ctf_op *op)
{
	const uint8_t *start = run->bytes + run->at / 8;
	const uint8_t *nul = find_nul(start, (run->end - run->at) / 8, op->bits / 8);

	if (!nul)
		return FDAR_CTF_SHORT;
	if (op->value != FDAR_CTF_NO_VALUE)
		run->frame->texts[op->value] =
			(struct fdar_ctf_text){ .bytes = start,
						.length = (uint64_t)(nul - start),
						.stride = 1,
						.encoding = (uint8_t)op->next };
	run->at += (uint64_t)(nul - start) * 8 + op->bits;
	return FDAR_CTF_OK;
}

static uint64_t count_of(const struct run *run, const struct fdar_ctf_op *op)
{
	return op->reg == FDAR_CTF_NO_REG ? op->amount : run->frame->regs[op->reg];
}

static enum fdar_ctf_status run_array(struct run *run, const struct fdar_ctf_op *op)
{
	uint64_t count = count_of(run, op), bits;

	if (__builtin_mul_overflow(count, (uint64_t)op->bits, &bits) || !has(run, bits))
		return FDAR_CTF_SHORT;
	if (op->value != FDAR_CTF_NO_VALUE)
		run->frame->texts[op->value] = (struct fdar_ctf_text){
			.bytes = run->bytes + run->at / 8,
			.length = count * (op->bits / 8),
			.stride = (uint8_t)(op->bits / 8),
			.big = (op->flags & FDAR_CTF_FLAG_BIG) != 0,
			.encoding = (uint8_t)op->next,
		};
	run->at += bits;
	return FDAR_CTF_OK;
}

static gboolean in_case(const struct fdar_ctf_case *one, uint64_t value, gboolean is_signed)
{
	if (is_signed)
		return (int64_t)value >= (int64_t)one->lower &&
		       (int64_t)value <= (int64_t)one->upper;
	return value >= one->lower && value <= one->upper;
}

/* Gives the next operation, NULL when there is no option for the value. */
static const struct fdar_ctf_op *run_variant(const struct run *run, const struct fdar_ctf_op *op)
{
	const struct fdar_ctf_case *cases =
		&g_array_index(run->program->cases, struct fdar_ctf_case, op->amount);

	for (uint32_t i = 0; i < op->bits; i++) {
		if (in_case(&cases[i], run->frame->regs[op->reg],
			    (op->flags & FDAR_CTF_FLAG_SIGNED) != 0))
			return &g_array_index(run->program->ops, struct fdar_ctf_op, cases[i].next);
	}
	return NULL;
}

/* Takes bits, or nothing at all. */
static enum fdar_ctf_status run_field(struct run *run, const struct fdar_ctf_op *op)
{
	uint64_t bits;

	switch (op->code) {
	case FDAR_CTF_OP_SKIP:
		bits = op->amount;
		break;
	case FDAR_CTF_OP_ALIGN:
		bits = -run->at & (op->amount - 1);
		break;
	case FDAR_CTF_OP_INT:
		return run_int(run, op);
	case FDAR_CTF_OP_LEB128:
		return run_leb128(run, op);
	case FDAR_CTF_OP_STRING:
		return run_string(run, op);
	default:
		return run_array(run, op);
	}
	if (!has(run, bits))
		return FDAR_CTF_SHORT;
	run->at += bits;
	return FDAR_CTF_OK;
}

/* A round that took nothing would be followed by others like it: the count may be anything. */
static const struct fdar_ctf_op *run_next(struct run *run, const struct fdar_ctf_op *op,
					  const struct fdar_ctf_op *again)
{
	unsigned open = run->depth - 1;

	if (--run->loops[open] && run->rounds[open] != run->at) {
		run->rounds[open] = run->at;
		return again;
	}
	run->depth--;
	return op + 1;
}

/* Goes elsewhere. */
static const struct fdar_ctf_op *run_step(struct run *run, const struct fdar_ctf_op *op)
{
	const struct fdar_ctf_op *next =
		&g_array_index(run->program->ops, struct fdar_ctf_op, op->next);

	switch (op->code) {
	case FDAR_CTF_OP_LOOP:
		if (!count_of(run, op))
			return next;
		run->rounds[run->depth] = run->at;
		run->loops[run->depth++] = count_of(run, op);
		return op + 1;
	case FDAR_CTF_OP_NEXT:
		return run_next(run, op, next);
	case FDAR_CTF_OP_BYTE:
		return run->at % 8 ? NULL : op + 1;
	case FDAR_CTF_OP_VARIANT:
		return run_variant(run, op);
	default:
		return next;
	}
}

enum fdar_ctf_status fdar_ctf_run(const struct fdar_ctf_program *program,
				  struct fdar_ctf_cursor *cursor, struct fdar_ctf_frame *frame)
{
	const struct fdar_ctf_op *op = &g_array_index(program->ops, struct fdar_ctf_op, 0);
	struct run run;

	/* Field by field: an initializer would clear the loops, for every event. */
	run.program = program;
	run.frame = frame;
	run.bytes = cursor->bytes;
	run.at = cursor->at;
	run.end = cursor->end;
	run.clock = frame->clock;
	run.depth = 0;
	while (op->code != FDAR_CTF_OP_END) {
		if (op->code < FDAR_CTF_OP_LOOP) {
			enum fdar_ctf_status status = run_field(&run, op++);

			if (status != FDAR_CTF_OK)
				return status;
		} else {
			op = run_step(&run, op);
			if (!op)
				return FDAR_CTF_BAD;
		}
	}
	cursor->at = run.at;
	frame->clock = run.clock;
	return FDAR_CTF_OK;
}
