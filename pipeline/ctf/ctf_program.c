#include "pipeline/ctf/ctf_program.h"

#include <string.h>

#include "base/errors.h"

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
	compiler->at = (struct fdar_ctf_position){ .align = bits };
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

static uint8_t flags_of(const struct compiler *compiler, const struct fdar_ctf_type *type)
{
	uint8_t flags = 0;

	if (type->is_signed)
		flags |= FDAR_CTF_FLAG_SIGNED;
	if (is_big(compiler, type))
		flags |= FDAR_CTF_FLAG_BIG;
	if (at_byte(compiler) && type->size >= 8 && !(type->size & (type->size - 1)))
		flags |= FDAR_CTF_FLAG_BYTES;
	return flags;
}

static gboolean number(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	uint8_t value = compiler->value(node, compiler->user);
	/* The end of a packet is told at its start: it is not the time of anything that follows. */
	gboolean clock = type->clock && value != FDAR_CTF_VALUE_END;
	struct fdar_ctf_op *op;

	align(compiler, type->align);
	if ((!at_byte(compiler) || type->size % 8) &&
	    is_big(compiler, type) != compiler->big_endian)
		return fail(compiler, "bits in more than one order");
	if (type->kind == FDAR_CTF_FLOAT ||
	    (value == FDAR_CTF_NO_VALUE && node->reg == FDAR_CTF_NO_REG && !clock))
		return skip(compiler, type->size);
	if (clock && type->is_signed)
		return fail(compiler, "a clock with a sign");
	op = emit(compiler, FDAR_CTF_OP_INT);
	op->flags = flags_of(compiler, type) | (clock ? FDAR_CTF_FLAG_CLOCK : 0);
	op->value = value;
	op->reg = node->reg;
	op->bits = type->size;
	advance(compiler, type->size);
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

/* The elements' positions are all alike relative to the first. */
static gboolean numbers(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type, *element = type->element;
	uint8_t value = compiler->value(node, compiler->user);
	uint32_t stride = (element->size + element->align - 1) & ~(element->align - 1);
	uint64_t bits;
	struct fdar_ctf_op *op;

	if (element->clock || node->first->reg != FDAR_CTF_NO_REG)
		return fail(compiler, "a clock or tag in an array");
	if (!at_byte(compiler) && is_big(compiler, element) != compiler->big_endian)
		return fail(compiler, "bits in more than one order");
	if (type->kind == FDAR_CTF_ARRAY && value == FDAR_CTF_NO_VALUE) {
		if (!type->length)
			return TRUE;
		if (__builtin_mul_overflow(type->length - 1, stride, &bits) ||
		    __builtin_add_overflow(bits, element->size, &bits))
			return fail(compiler, "an array that is too long");
		return skip(compiler, bits);
	}
	if (stride != element->size ||
	    (value != FDAR_CTF_NO_VALUE && (element->size % 8 || !at_byte(compiler))))
		return fail(compiler, "an array with gaps");
	op = emit(compiler, FDAR_CTF_OP_ARRAY);
	op->flags = flags_of(compiler, element);
	op->value = value;
	op->bits = element->size;
	op->amount = type->length;
	if (type->kind == FDAR_CTF_SEQUENCE)
		op->reg = node->target->reg;
	compiler->at.align = MIN(compiler->at.align, element->size & -element->size);
	compiler->at.offset &= compiler->at.align - 1;
	return TRUE;
}

static gboolean may_be_empty(const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_node *child;

	switch (node->type->kind) {
	case FDAR_CTF_ARRAY:
		return !node->type->length || may_be_empty(node->first);
	case FDAR_CTF_STRUCT:
		for (child = node->first; child; child = child->next) {
			if (!may_be_empty(child))
				return FALSE;
		}
		return TRUE;
	case FDAR_CTF_VARIANT:
	case FDAR_CTF_SEQUENCE:
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean loop(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	uint32_t start;
	struct fdar_ctf_op *op;

	/* A loop must take bits in every round: its count may be anything. */
	if (may_be_empty(node->first))
		return fail(compiler, "an array of elements that may be empty");
	start = here(compiler);
	op = emit(compiler, FDAR_CTF_OP_LOOP);
	op->amount = type->length;
	if (type->kind == FDAR_CTF_SEQUENCE)
		op->reg = node->target->reg;
	/* What is known at the start must be true of every element. */
	compiler->at = (struct fdar_ctf_position){ .align = 1 };
	align(compiler, MAX(node->first->type->align, 1));
	if (!compile(compiler, node->first))
		return FALSE;
	emit(compiler, FDAR_CTF_OP_NEXT)->next = start + 1;
	op_at(compiler, start)->next = here(compiler);
	compiler->at = (struct fdar_ctf_position){ .align = 1 };
	return TRUE;
}

static gboolean array(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	align(compiler, node->type->align);
	return is_number(node->type->element) ? numbers(compiler, node) : loop(compiler, node);
}

/* ---- variants ---- */

/* A case for every label that names the option. */
static gboolean add_cases(struct compiler *compiler, const struct fdar_ctf_node *option,
			  const GArray *labels)
{
	struct fdar_ctf_case one = { .next = here(compiler) };
	gboolean any = FALSE;

	for (guint i = 0; i < labels->len; i++) {
		const struct fdar_ctf_label *label =
			&g_array_index(labels, struct fdar_ctf_label, i);

		if (strcmp(label->name, option->name) != 0)
			continue;
		one.lower = label->lower;
		one.upper = label->upper;
		g_array_append_val(compiler->program->cases, one);
		any = TRUE;
	}
	return any || fail(compiler, "an option without a label");
}

/* The cases of a variant must stay together, whatever is within its options. */
static gboolean has_no_variant(const struct fdar_ctf_node *node)
{
	if (node->type->kind == FDAR_CTF_VARIANT)
		return FALSE;
	for (const struct fdar_ctf_node *child = node->first; child; child = child->next) {
		if (!has_no_variant(child))
			return FALSE;
	}
	return TRUE;
}

/* Compiles the option and a jump to what follows the variant, filled in later. */
static gboolean option(struct compiler *compiler, const struct fdar_ctf_node *node,
		       const GArray *labels, GArray *jumps)
{
	uint32_t jump;

	if (!has_no_variant(node))
		return fail(compiler, "a variant in a variant");
	if (!add_cases(compiler, node, labels) || !compile(compiler, node))
		return FALSE;
	jump = here(compiler);
	emit(compiler, FDAR_CTF_OP_JUMP);
	g_array_append_val(jumps, jump);
	return TRUE;
}

static gboolean variant(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	g_autoptr(GArray) jumps = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	const struct fdar_ctf_type *tag = node->target->type;
	struct fdar_ctf_position start, end = { 0 };
	uint32_t index = here(compiler);
	struct fdar_ctf_op *op = emit(compiler, FDAR_CTF_OP_VARIANT);

	op->reg = node->target->reg;
	op->flags = tag->is_signed ? FDAR_CTF_FLAG_SIGNED : 0;
	op->amount = compiler->program->cases->len;
	start = compiler->at;
	for (const struct fdar_ctf_node *child = node->first; child; child = child->next) {
		compiler->at = start;
		if (!option(compiler, child, tag->labels, jumps))
			return FALSE;
		if (child == node->first)
			end = compiler->at;
		else
			merge(&end, &compiler->at);
	}
	if (!node->first)
		return fail(compiler, "a variant without options");
	op = op_at(compiler, index);
	op->bits = compiler->program->cases->len - (uint32_t)op->amount;
	for (guint i = 0; i < jumps->len; i++)
		op_at(compiler, g_array_index(jumps, uint32_t, i))->next = here(compiler);
	compiler->at = end;
	return TRUE;
}

/* ---- all of them ---- */

static gboolean compile(struct compiler *compiler, const struct fdar_ctf_node *node)
{
	gboolean ok = !*compiler->error;

	switch (node->type->kind) {
	case FDAR_CTF_STRING:
		align(compiler, 8);
		emit(compiler, FDAR_CTF_OP_STRING)->value = compiler->value(node, compiler->user);
		compiler->at = (struct fdar_ctf_position){ .align = 8 };
		return ok;
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
		return type->is_signed ? FDAR_TYPE_SIGNED : FDAR_TYPE_UNSIGNED;
	case FDAR_CTF_STRING:
		return FDAR_TYPE_STRING;
	case FDAR_CTF_ARRAY:
	case FDAR_CTF_SEQUENCE:
		if (is_text(type->element))
			return FDAR_TYPE_STRING;
		return type->element->kind <= FDAR_CTF_ENUM && !type->element->is_signed
			       ? FDAR_TYPE_BYTES
			       : FDAR_TYPE_NONE;
	default:
		return FDAR_TYPE_NONE;
	}
}
