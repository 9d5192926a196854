#include "pipeline/ctf/ctf_program.h"

#include <string.h>

#include "base/errors.h"

#define CASES_MAX 65536u /* of one program */

struct compiler {
	struct fdar_ctf_program *program;
	gboolean big_endian;
	fdar_ctf_value_fn value;
	void *user;
	struct fdar_ctf_position at;
	uint64_t skip; /* bits, not yet in the program */
	GError **error;
};

static gboolean fail(struct compiler *compiler, const char *what)
{
	if (!*compiler->error)
		g_set_error(compiler->error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "metadata: %s", what);
	return FALSE;
}

/* ---- positions ---- */

static void advance(struct compiler *compiler, uint64_t bits)
{
	compiler->at.offset = (uint32_t)((compiler->at.offset + bits) & (compiler->at.align - 1));
}

/* Keeps what is true of both. */
static void merge(struct fdar_ctf_position *at, const struct fdar_ctf_position *other)
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
static struct fdar_ctf_op *op_at(struct compiler *compiler, uint32_t index)
{
	return &g_array_index(compiler->program->ops, struct fdar_ctf_op,
			      MIN(index, compiler->program->ops->len - 1));
}

static struct fdar_ctf_op *append(struct compiler *compiler, enum fdar_ctf_code code)
{
	struct fdar_ctf_op op = { .code = (uint8_t)code,
				  .value = FDAR_CTF_NO_VALUE,
				  .reg = FDAR_CTF_NO_REG };

	if (compiler->program->ops->len < FDAR_CTF_OPS_MAX)
		g_array_append_val(compiler->program->ops, op);
	else
		fail(compiler, "an event with too many fields");
	return op_at(compiler, UINT32_MAX);
}

static void flush(struct compiler *compiler)
{
	if (compiler->skip)
		append(compiler, FDAR_CTF_OP_SKIP)->amount = compiler->skip;
	compiler->skip = 0;
}

static struct fdar_ctf_op *emit(struct compiler *compiler, enum fdar_ctf_code code)
{
	flush(compiler);
	return append(compiler, code);
}

static uint32_t here(struct compiler *compiler)
{
	flush(compiler);
	return compiler->program->ops->len;
}

static gboolean skip(struct compiler *compiler, uint64_t bits)
{
	if (__builtin_add_overflow(compiler->skip, bits, &compiler->skip))
		return fail(compiler, "a field that is too long");
	advance(compiler, bits);
	return TRUE;
}

static void align(struct compiler *compiler, uint32_t bits)
{
	uint32_t behind = compiler->at.offset & (bits - 1);

	if (compiler->at.align >= bits) {
		if (behind)
			skip(compiler, bits - behind);
		return;
	}
	emit(compiler, FDAR_CTF_OP_ALIGN)->amount = bits;
	compiler->at.align = bits;
	compiler->at.offset = 0;
}

/* ---- numbers ---- */

static gboolean is_big(const struct compiler *compiler, const struct fdar_ctf_type *type)
{
	return type->order == FDAR_CTF_NATIVE ? compiler->big_endian : type->order == FDAR_CTF_BIG;
}

static gboolean at_byte(const struct compiler *compiler)
{
	return compiler->at.align >= 8 && compiler->at.offset % 8 == 0;
}

/* Bits of the same byte must be in the same order (CTF 1.8, 4.1.5; CTF2-SPEC-2.0, 6.4.3). */
static gboolean begin_bits(struct compiler *compiler, const struct fdar_ctf_type *type)
{
	uint8_t order = is_big(compiler, type) ? FDAR_CTF_BITS_BIG : FDAR_CTF_BITS_LITTLE;

	if (!at_byte(compiler) && compiler->at.order != FDAR_CTF_BITS_ANY &&
	    compiler->at.order != order)
		return fail(compiler, "bits in more than one order");
	compiler->at.order = order;
	return TRUE;
}

static void end_bits(struct compiler *compiler)
{
	if (at_byte(compiler))
		compiler->at.order = FDAR_CTF_BITS_ANY;
}

static uint8_t flags_of(const struct compiler *compiler, const struct fdar_ctf_type *type)
{
	uint8_t flags = 0;

	if (type->is_signed)
		flags |= FDAR_CTF_FLAG_SIGNED;
	if (is_big(compiler, type))
		flags |= FDAR_CTF_FLAG_BIG;
	if (type->is_mirrored)
		flags |= FDAR_CTF_FLAG_MIRRORED;
	if (at_byte(compiler) && type->size >= 8 && type->size <= 64 &&
	    !(type->size & (type->size - 1)))
		flags |= FDAR_CTF_FLAG_BYTES;
	return flags;
}

/* The end of a packet is told at its start: it is not the time of anything that follows. */
static gboolean is_clock(const struct fdar_ctf_type *type, uint8_t value)
{
	return type->clock && value != FDAR_CTF_VALUE_END;
}

static gboolean number(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	uint8_t value = compiler->value(node, compiler->user);
	gboolean clock = is_clock(type, value);
	struct fdar_ctf_op *op;

	align(compiler, type->align);
	if (!begin_bits(compiler, type))
		return FALSE;
	if (type->kind == FDAR_CTF_FLOAT ||
	    (value == FDAR_CTF_NO_VALUE && node->reg == FDAR_CTF_NO_REG && !clock)) {
		skip(compiler, type->size);
		end_bits(compiler);
		return TRUE;
	}
	if (clock && type->is_signed)
		return fail(compiler, "a clock with a sign");
	if (type->size > 64)
		return fail(compiler, "a number of more than 64 bits that is needed");
	op = emit(compiler, FDAR_CTF_OP_INT);
	op->flags = flags_of(compiler, type) | (clock ? FDAR_CTF_FLAG_CLOCK : 0);
	op->value = value;
	op->reg = node->reg;
	op->bits = type->size;
	advance(compiler, type->size);
	end_bits(compiler);
	return TRUE;
}

static gboolean leb128(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	uint8_t value = compiler->value(node, compiler->user);
	struct fdar_ctf_op *op;

	align(compiler, 8);
	op = emit(compiler, FDAR_CTF_OP_LEB128);
	op->flags = (type->is_signed ? FDAR_CTF_FLAG_SIGNED : 0) |
		    (is_clock(type, value) ? FDAR_CTF_FLAG_CLOCK : 0);
	op->value = value;
	op->reg = node->reg;
	compiler->at = (struct fdar_ctf_position){ .align = 8 };
	return TRUE;
}

/* ---- arrays and sequences ---- */

static gboolean is_number(const struct fdar_ctf_type *type)
{
	return type->kind <= FDAR_CTF_FLOAT;
}

static gboolean is_text(const struct fdar_ctf_type *element)
{
	return element->kind == FDAR_CTF_INTEGER && element->is_text && element->size == 8 &&
	       element->align == 8;
}

static gboolean compile(struct compiler *compiler, const struct fdar_ctf_node *node);

/* Whether elements are of the same length and follow one another without gaps. */
static gboolean is_dense(const struct fdar_ctf_type *element)
{
	return !(element->size & (element->align - 1));
}

/* Elements that nobody needs one by one. */
static gboolean numbers(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type, *element = type->element;
	uint8_t value = compiler->value(node, compiler->user);
	uint32_t stride = (element->size + element->align - 1) & ~(element->align - 1);
	uint64_t bits;
	struct fdar_ctf_op *op;

	if (!begin_bits(compiler, element))
		return FALSE;
	if (type->kind == FDAR_CTF_ARRAY && value == FDAR_CTF_NO_VALUE) {
		if (!type->length)
			return TRUE;
		if (__builtin_mul_overflow(type->length - 1, stride, &bits) ||
		    __builtin_add_overflow(bits, element->size, &bits))
			return fail(compiler, "an array that is too long");
		if (!skip(compiler, bits))
			return FALSE;
		end_bits(compiler);
		return TRUE;
	}
	if (value != FDAR_CTF_NO_VALUE &&
	    (element->size % 8 || element->size > 64 || element->is_mirrored || !at_byte(compiler)))
		return fail(compiler, "an array of bits whose values are needed");
	op = emit(compiler, FDAR_CTF_OP_ARRAY);
	op->flags = flags_of(compiler, element);
	op->value = value;
	op->bits = element->size;
	op->next = type->encoding;
	op->amount = type->length;
	if (type->kind == FDAR_CTF_SEQUENCE)
		op->reg = node->target->reg;
	compiler->at.align = MIN(compiler->at.align, element->size & -element->size);
	compiler->at.offset &= compiler->at.align - 1;
	end_bits(compiler);
	return TRUE;
}

static gboolean loop(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	struct fdar_ctf_position before;
	uint32_t start;
	struct fdar_ctf_op *op;

	start = here(compiler);
	op = emit(compiler, FDAR_CTF_OP_LOOP);
	op->amount = type->length;
	if (type->kind == FDAR_CTF_SEQUENCE)
		op->reg = node->target->reg;
	/* What is known at the start must be true of every element. */
	before = compiler->at;
	compiler->at = (struct fdar_ctf_position){ .align = 1, .order = before.order };
	align(compiler, MAX(node->first->type->align, 1));
	if (!compile(compiler, node->first))
		return FALSE;
	emit(compiler, FDAR_CTF_OP_NEXT)->next = start + 1;
	op_at(compiler, start)->next = here(compiler);
	merge(&before, &compiler->at);
	compiler->at = (struct fdar_ctf_position){ .align = 1, .order = before.order };
	return TRUE;
}

static gboolean array(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *element = node->type->element;

	align(compiler, node->type->align);
	if (is_number(element) && !element->clock && node->first->reg == FDAR_CTF_NO_REG &&
	    (node->type->kind == FDAR_CTF_ARRAY || is_dense(element)))
		return numbers(compiler, node);
	if (compiler->value(node, compiler->user) != FDAR_CTF_NO_VALUE)
		return fail(compiler, "an array with gaps whose values are needed");
	return loop(compiler, node);
}

/* ---- variants ---- */

static void add_case(struct compiler *compiler, uint64_t lower, uint64_t upper)
{
	struct fdar_ctf_case one = { .lower = lower, .upper = upper };

	if (compiler->program->cases->len < CASES_MAX)
		g_array_append_val(compiler->program->cases, one);
	else
		fail(compiler, "too many options");
}

static void add_ranges(struct compiler *compiler, const GArray *ranges, const char *name)
{
	for (guint i = 0; ranges && i < ranges->len; i++) {
		const struct fdar_ctf_label *label =
			&g_array_index(ranges, struct fdar_ctf_label, i);

		if (!name || strcmp(label->name, name) == 0)
			add_case(compiler, label->lower, label->upper);
	}
}

static void set_cases(struct compiler *compiler, uint32_t from, uint32_t to, uint32_t next)
{
	for (uint32_t i = from; i < to && i < compiler->program->cases->len; i++)
		g_array_index(compiler->program->cases, struct fdar_ctf_case, i).next = next;
}

/* Begins a choice; its cases are to be added next, and end_choice. */
static uint32_t begin_choice(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	uint32_t index = here(compiler);
	struct fdar_ctf_op *op = emit(compiler, FDAR_CTF_OP_VARIANT);

	op->reg = node->target->reg;
	op->flags = node->target->type->is_signed ? FDAR_CTF_FLAG_SIGNED : 0;
	op->amount = compiler->program->cases->len;
	return index;
}

static void end_choice(struct compiler *compiler, uint32_t index)
{
	struct fdar_ctf_op *op = op_at(compiler, index);

	op->bits = compiler->program->cases->len - (uint32_t)op->amount;
}

/* The cases of all options, which stay together whatever is within the options. Gives where those of
 * each begin, and where they end. */
static GArray *add_options(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	GArray *starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	const GArray *members = node->type->members;

	g_array_append_val(starts, compiler->program->cases->len);
	for (guint i = 0; i < members->len; i++) {
		const struct fdar_ctf_member *member =
			&g_array_index(members, struct fdar_ctf_member, i);
		guint before = compiler->program->cases->len;

		if (member->ranges)
			add_ranges(compiler, member->ranges, NULL);
		else
			add_ranges(compiler, node->target->type->labels, member->name);
		if (compiler->program->cases->len == before)
			fail(compiler, "an option without a label");
		g_array_append_val(starts, compiler->program->cases->len);
	}
	return starts;
}

/* Compiles the option and a jump to what follows the variant, filled in later. */
static gboolean option(struct compiler *compiler, const struct fdar_ctf_node *node, GArray *jumps)
{
	uint32_t jump;

	if (!compile(compiler, node))
		return FALSE;
	jump = here(compiler);
	emit(compiler, FDAR_CTF_OP_JUMP);
	g_array_append_val(jumps, jump);
	return TRUE;
}

static gboolean options(struct compiler *compiler, const struct fdar_ctf_node *node,
			const GArray *starts, GArray *jumps)
{
	struct fdar_ctf_position start = compiler->at, end = { 0 };
	guint i = 0;

	for (const struct fdar_ctf_node *child = node->first; child; child = child->next, i++) {
		compiler->at = start;
		set_cases(compiler, g_array_index(starts, uint32_t, i),
			  g_array_index(starts, uint32_t, i + 1), here(compiler));
		if (!option(compiler, child, jumps))
			return FALSE;
		if (child == node->first)
			end = compiler->at;
		else
			merge(&end, &compiler->at);
	}
	compiler->at = end;
	return TRUE;
}

static gboolean variant(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	g_autoptr(GArray) jumps = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GArray) starts = NULL;
	uint32_t index;

	if (!node->first)
		return fail(compiler, "a variant without options");
	index = begin_choice(compiler, node);
	starts = add_options(compiler, node);
	end_choice(compiler, index);
	if (*compiler->error || !options(compiler, node, starts, jumps))
		return FALSE;
	for (guint i = 0; i < jumps->len; i++)
		op_at(compiler, g_array_index(jumps, uint32_t, i))->next = here(compiler);
	return TRUE;
}

/* A variant of the element and nothing, which is what any other value means. */
static gboolean optional(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	gboolean is_signed = node->target->type->is_signed;
	uint32_t first = compiler->program->cases->len, last;
	uint32_t index = begin_choice(compiler, node);
	struct fdar_ctf_position absent = compiler->at;

	if (node->type->labels)
		add_ranges(compiler, node->type->labels, NULL);
	else
		add_case(compiler, 1, UINT64_MAX);
	last = compiler->program->cases->len;
	if (is_signed)
		add_case(compiler, (uint64_t)INT64_MIN, INT64_MAX);
	else
		add_case(compiler, 0, UINT64_MAX);
	end_choice(compiler, index);
	set_cases(compiler, first, last, here(compiler));
	if (*compiler->error || !compile(compiler, node->first))
		return FALSE;
	set_cases(compiler, last, last + 1, here(compiler));
	merge(&compiler->at, &absent);
	return TRUE;
}

static gboolean string(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	static const uint8_t bits[] = { [FDAR_CTF_UTF8] = 8,
					[FDAR_CTF_UTF16LE] = 16,
					[FDAR_CTF_UTF16BE] = 16,
					[FDAR_CTF_UTF32LE] = 32,
					[FDAR_CTF_UTF32BE] = 32 };
	struct fdar_ctf_op *op;

	align(compiler, 8);
	op = emit(compiler, FDAR_CTF_OP_STRING);
	op->value = compiler->value(node, compiler->user);
	op->bits = bits[node->type->encoding];
	op->next = node->type->encoding;
	compiler->at = (struct fdar_ctf_position){ .align = 8 };
	return TRUE;
}

/* ---- all of them ---- */

static gboolean compile(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	gboolean ok = !*compiler->error;

	switch (node->type->kind) {
	case FDAR_CTF_STRING:
		return ok && string(compiler, node);
	case FDAR_CTF_LEB128:
		return ok && leb128(compiler, node);
	case FDAR_CTF_OPTIONAL:
		return ok && optional(compiler, node);
	case FDAR_CTF_STRUCT:
		align(compiler, node->type->align);
		for (const struct fdar_ctf_node *child = node->first; ok && child;
		     child = child->next)
			ok = compile(compiler, child);
		return ok;
	case FDAR_CTF_VARIANT:
		return ok && variant(compiler, node);
	case FDAR_CTF_ARRAY:
	case FDAR_CTF_SEQUENCE:
		return ok && array(compiler, node);
	default:
		return ok && number(compiler, node);
	}
}

gboolean fdar_ctf_program_compile(struct fdar_ctf_program *program,
				  const struct fdar_ctf_layout *layout, enum fdar_ctf_scope first,
				  enum fdar_ctf_scope last, gboolean big_endian,
				  fdar_ctf_value_fn value, void *user,
				  struct fdar_ctf_position *position, GError **error)
{
	GError *failure = NULL;
	struct compiler compiler = {
		.program = program,
		.big_endian = big_endian,
		.value = value,
		.user = user,
		.at = *position,
		.error = &failure,
	};

	program->ops = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_op));
	program->cases = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_case));
	for (unsigned scope = first; scope <= last && !failure; scope++) {
		if (layout->roots[scope])
			compile(&compiler, layout->roots[scope]);
	}
	emit(&compiler, FDAR_CTF_OP_END);
	*position = compiler.at;
	if (!failure)
		return TRUE;
	g_propagate_error(error, failure);
	return FALSE;
}

void fdar_ctf_program_clear(struct fdar_ctf_program *program)
{
	if (program->ops)
		g_array_unref(program->ops);
	if (program->cases)
		g_array_unref(program->cases);
	*program = (struct fdar_ctf_program){ 0 };
}

enum fdar_event_type fdar_ctf_node_type(const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;

	switch (type->kind) {
	case FDAR_CTF_INTEGER:
	case FDAR_CTF_ENUM:
	case FDAR_CTF_LEB128:
		if (type->is_bits)
			return FDAR_TYPE_NONE;
		return type->is_signed ? FDAR_TYPE_SIGNED : FDAR_TYPE_UNSIGNED;
	case FDAR_CTF_STRING:
		return FDAR_TYPE_STRING;
	case FDAR_CTF_ARRAY:
	case FDAR_CTF_SEQUENCE:
		if (is_text(type->element))
			return FDAR_TYPE_STRING;
		return type->element->kind <= FDAR_CTF_ENUM && !type->element->is_signed &&
				       !type->element->is_bits
			       ? FDAR_TYPE_BYTES
			       : FDAR_TYPE_NONE;
	default:
		return FDAR_TYPE_NONE;
	}
}
