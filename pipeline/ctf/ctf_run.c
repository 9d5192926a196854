#include "pipeline/ctf/ctf_run.h"

#include <string.h>

#include "pipeline/ctf/ctf_bits.h"

/* One run: the state that is given back only when all went well. */
struct run {
	const struct fdar_ctf_program *program;
	struct fdar_ctf_frame *frame;
	const uint8_t *bytes;
	uint64_t at, end;
	uint64_t clock;
	uint64_t loops[FDAR_CTF_DEPTH_MAX]; /* rounds to go, of those that are open */
	unsigned depth;
};

static gboolean has(const struct run *run, uint64_t bits)
{
	return bits <= run->end - run->at;
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
	if (op->flags & FDAR_CTF_FLAG_CLOCK)
		run->clock = fdar_ctf_bits_clock(run->clock, value, op->bits);
	if (op->flags & FDAR_CTF_FLAG_SIGNED)
		value = fdar_ctf_bits_extend(value, op->bits);
	if (op->value != FDAR_CTF_NO_VALUE)
		run->frame->values[op->value] = value;
	if (op->reg != FDAR_CTF_NO_REG)
		run->frame->regs[op->reg] = value;
	return FDAR_CTF_OK;
}

static enum fdar_ctf_status run_string(struct run *run, const struct fdar_ctf_op *op)
{
	const uint8_t *start = run->bytes + run->at / 8;
	uint64_t left = (run->end - run->at) / 8;
	const uint8_t *nul = left ? memchr(start, 0, left) : NULL;

	if (!nul)
		return FDAR_CTF_SHORT;
	if (op->value != FDAR_CTF_NO_VALUE)
		run->frame->texts[op->value] = (struct fdar_ctf_text){
			.bytes = start, .length = (uint64_t)(nul - start), .stride = 1
		};
	run->at += (uint64_t)(nul - start + 1) * 8;
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

/* Goes elsewhere. */
static const struct fdar_ctf_op *run_step(struct run *run, const struct fdar_ctf_op *op)
{
	const struct fdar_ctf_op *next =
		&g_array_index(run->program->ops, struct fdar_ctf_op, op->next);

	switch (op->code) {
	case FDAR_CTF_OP_LOOP:
		if (!count_of(run, op))
			return next;
		run->loops[run->depth++] = count_of(run, op);
		return op + 1;
	case FDAR_CTF_OP_NEXT:
		if (--run->loops[run->depth - 1])
			return next;
		run->depth--;
		return op + 1;
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
