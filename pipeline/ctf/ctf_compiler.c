#include "pipeline/ctf/ctf_compiler.h"

#include "base/errors.h"

gboolean fdar_ctf_compiler_fail(struct fdar_ctf_compiler *compiler, const char *what)
{
	if (!*compiler->error)
		g_set_error(compiler->error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "metadata: %s", what);
	return FALSE;
}

/* ---- positions ---- */

void fdar_ctf_compiler_advance(struct fdar_ctf_compiler *compiler, uint64_t bits)
{
	compiler->at.offset = (uint32_t)((compiler->at.offset + bits) & (compiler->at.align - 1));
}

/* Keeps what is true of both. */
void fdar_ctf_compiler_merge(struct fdar_ctf_position *at, const struct fdar_ctf_position *other)
{
	at->align = MIN(at->align, other->align);
	while ((at->offset ^ other->offset) & (at->align - 1))
		at->align /= 2;
	at->offset &= at->align - 1;
	if (at->order == FDAR_CTF_BITS_ANY)
		at->order = other->order;
	else if (other->order != FDAR_CTF_BITS_ANY && other->order != at->order)
		at->order = FDAR_CTF_BITS_MIXED;
}

struct fdar_ctf_position fdar_ctf_position_unknown(const struct fdar_ctf_trace *trace)
{
	struct fdar_ctf_position position = { .align = 1 };

	if (trace->major == 1)
		position.order = trace->big_endian ? FDAR_CTF_BITS_BIG : FDAR_CTF_BITS_LITTLE;
	return position;
}

/* ---- emitting ---- */

/* The last one when there is none with that index, for there may be too many. */
struct fdar_ctf_op *fdar_ctf_compiler_op_at(struct fdar_ctf_compiler *compiler, uint32_t index)
{
	return &g_array_index(compiler->program->ops, struct fdar_ctf_op,
			      MIN(index, compiler->program->ops->len - 1));
}

static struct fdar_ctf_op *append(struct fdar_ctf_compiler *compiler, enum fdar_ctf_code code)
{
	struct fdar_ctf_op op = { .code = (uint8_t)code,
				  .value = FDAR_CTF_NO_VALUE,
				  .reg = FDAR_CTF_NO_REG };

	if (compiler->program->ops->len < FDAR_CTF_OPS_MAX)
		g_array_append_val(compiler->program->ops, op);
	else
		fdar_ctf_compiler_fail(compiler, "an event with too many fields");
	return fdar_ctf_compiler_op_at(compiler, UINT32_MAX);
}

static void flush(struct fdar_ctf_compiler *compiler)
{
	if (compiler->skip)
		append(compiler, FDAR_CTF_OP_SKIP)->amount = compiler->skip;
	compiler->skip = 0;
}

struct fdar_ctf_op *fdar_ctf_compiler_emit(struct fdar_ctf_compiler *compiler,
					   enum fdar_ctf_code code)
{
	flush(compiler);
	return append(compiler, code);
}

uint32_t fdar_ctf_compiler_here(struct fdar_ctf_compiler *compiler)
{
	flush(compiler);
	return compiler->program->ops->len;
}

gboolean fdar_ctf_compiler_skip(struct fdar_ctf_compiler *compiler, uint64_t bits)
{
	if (__builtin_add_overflow(compiler->skip, bits, &compiler->skip))
		return fdar_ctf_compiler_fail(compiler, "a field that is too long");
	fdar_ctf_compiler_advance(compiler, bits);
	return TRUE;
}

void fdar_ctf_compiler_align(struct fdar_ctf_compiler *compiler, uint32_t bits)
{
	uint32_t behind = compiler->at.offset & (bits - 1);

	if (compiler->at.align >= bits) {
		if (behind)
			fdar_ctf_compiler_skip(compiler, bits - behind);
		return;
	}
	fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_ALIGN)->amount = bits;
	compiler->at.align = bits;
	compiler->at.offset = 0;
}

/* ---- numbers ---- */

static gboolean is_big(const struct fdar_ctf_compiler *compiler, const struct fdar_ctf_type *type)
{
	return type->order == FDAR_CTF_NATIVE ? compiler->big_endian : type->order == FDAR_CTF_BIG;
}

gboolean fdar_ctf_compiler_at_byte(const struct fdar_ctf_compiler *compiler)
{
	return compiler->at.align >= 8 && compiler->at.offset % 8 == 0;
}

/* Bits of the same byte must be in the same order (CTF 1.8, 4.1.5; CTF2-SPEC-2.0, 6.4.3); where that
 * is not known, it is looked at when the program runs. */
gboolean fdar_ctf_compiler_begin_bits(struct fdar_ctf_compiler *compiler,
				      const struct fdar_ctf_type *type)
{
	uint8_t order = is_big(compiler, type) ? FDAR_CTF_BITS_BIG : FDAR_CTF_BITS_LITTLE;

	if (!fdar_ctf_compiler_at_byte(compiler) && compiler->at.order != FDAR_CTF_BITS_ANY &&
	    compiler->at.order != order) {
		if (compiler->at.align >= 8)
			return fdar_ctf_compiler_fail(compiler, "bits in more than one order");
		fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_BYTE);
		compiler->at = (struct fdar_ctf_position){ .align = 8 };
	}
	compiler->at.order = order;
	return TRUE;
}

void fdar_ctf_compiler_end_bits(struct fdar_ctf_compiler *compiler)
{
	if (fdar_ctf_compiler_at_byte(compiler))
		compiler->at.order = FDAR_CTF_BITS_ANY;
}

uint8_t fdar_ctf_compiler_flags_of(const struct fdar_ctf_compiler *compiler,
				   const struct fdar_ctf_type *type)
{
	uint8_t flags = 0;

	if (type->is_signed)
		flags |= FDAR_CTF_FLAG_SIGNED;
	if (is_big(compiler, type))
		flags |= FDAR_CTF_FLAG_BIG;
	if (type->is_mirrored)
		flags |= FDAR_CTF_FLAG_MIRRORED;
	if (fdar_ctf_compiler_at_byte(compiler) && type->size >= 8 && type->size <= 64 &&
	    !(type->size & (type->size - 1)))
		flags |= FDAR_CTF_FLAG_BYTES;
	return flags;
}

/* The end of a packet is told at its start: it is not the time of anything that follows. */
static gboolean is_clock(const struct fdar_ctf_type *type, uint8_t value)
{
	return type->clock && value != FDAR_CTF_VALUE_END;
}

gboolean fdar_ctf_compiler_number(struct fdar_ctf_compiler *compiler,
				  const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	uint8_t value = compiler->value(node, compiler->user);
	gboolean clock = is_clock(type, value);
	struct fdar_ctf_op *op;

	fdar_ctf_compiler_align(compiler, type->align);
	if (!fdar_ctf_compiler_begin_bits(compiler, type))
		return FALSE;
	if (type->kind == FDAR_CTF_FLOAT ||
	    (value == FDAR_CTF_NO_VALUE && node->reg == FDAR_CTF_NO_REG && !clock)) {
		fdar_ctf_compiler_skip(compiler, type->size);
		fdar_ctf_compiler_end_bits(compiler);
		return TRUE;
	}
	if (clock && type->is_signed)
		return fdar_ctf_compiler_fail(compiler, "a clock with a sign");
	if (type->size > 64)
		return fdar_ctf_compiler_fail(compiler,
					      "a number of more than 64 bits that is needed");
	op = fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_INT);
	op->flags = fdar_ctf_compiler_flags_of(compiler, type) | (clock ? FDAR_CTF_FLAG_CLOCK : 0);
	op->value = value;
	op->reg = node->reg;
	op->bits = type->size;
	fdar_ctf_compiler_advance(compiler, type->size);
	fdar_ctf_compiler_end_bits(compiler);
	return TRUE;
}

gboolean fdar_ctf_compiler_leb128(struct fdar_ctf_compiler *compiler,
				  const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	uint8_t value = compiler->value(node, compiler->user);
	struct fdar_ctf_op *op;

	fdar_ctf_compiler_align(compiler, 8);
	op = fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_LEB128);
	op->flags = (type->is_signed ? FDAR_CTF_FLAG_SIGNED : 0) |
		    (is_clock(type, value) ? FDAR_CTF_FLAG_CLOCK : 0);
	op->value = value;
	op->reg = node->reg;
	compiler->at = (struct fdar_ctf_position){ .align = 8 };
	return TRUE;
}

gboolean fdar_ctf_compiler_string(struct fdar_ctf_compiler *compiler,
				  const struct fdar_ctf_node *node)
{
	static const uint8_t bits[] = { [FDAR_CTF_UTF8] = 8,
					[FDAR_CTF_UTF16LE] = 16,
					[FDAR_CTF_UTF16BE] = 16,
					[FDAR_CTF_UTF32LE] = 32,
					[FDAR_CTF_UTF32BE] = 32 };
	struct fdar_ctf_op *op;

	fdar_ctf_compiler_align(compiler, 8);
	op = fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_STRING);
	op->value = compiler->value(node, compiler->user);
	op->bits = bits[node->type->encoding];
	op->next = node->type->encoding;
	compiler->at = (struct fdar_ctf_position){ .align = 8 };
	return TRUE;
}
