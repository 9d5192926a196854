#include "pipeline/ctf/ctf_compiler.h"

#include <string.h>

#define CASES_MAX 65536u /* of one program */

/* ---- arrays and sequences ---- */

static gboolean is_number(const struct fdar_ctf_type *type)
{
	return type->kind <= FDAR_CTF_FLOAT;
}

/* Whether elements are of the same length and follow one another without gaps. */
static gboolean is_dense(const struct fdar_ctf_type *element)
{
	return !(element->size & (element->align - 1));
}

/* Elements that nobody needs one by one. */
static gboolean numbers(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type, *element = type->element;
	uint8_t value = compiler->value(node, compiler->user);
	uint32_t stride = (element->size + element->align - 1) & ~(element->align - 1);
	uint64_t bits;
	struct fdar_ctf_op *op;

	if (!fdar_ctf_compiler_begin_bits(compiler, element))
		return FALSE;
	if (type->kind == FDAR_CTF_ARRAY && value == FDAR_CTF_NO_VALUE) {
		if (!type->length)
			return TRUE;
		if (__builtin_mul_overflow(type->length - 1, stride, &bits) ||
		    __builtin_add_overflow(bits, element->size, &bits))
			return fdar_ctf_compiler_fail(compiler, "an array that is too long");
		if (!fdar_ctf_compiler_skip(compiler, bits))
			return FALSE;
		fdar_ctf_compiler_end_bits(compiler);
		return TRUE;
	}
	if (value != FDAR_CTF_NO_VALUE &&
	    (element->size % 8 || element->size > 64 || element->is_mirrored ||
	     !fdar_ctf_compiler_at_byte(compiler)))
		return fdar_ctf_compiler_fail(compiler, "an array of bits whose values are needed");
	op = fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_ARRAY);
	op->flags = fdar_ctf_compiler_flags_of(compiler, element);
	op->value = value;
	op->bits = element->size;
	op->next = type->encoding;
	op->amount = type->length;
	if (type->kind == FDAR_CTF_SEQUENCE)
		op->reg = node->target->reg;
	compiler->at.align = MIN(compiler->at.align, element->size & -element->size);
	compiler->at.offset &= compiler->at.align - 1;
	fdar_ctf_compiler_end_bits(compiler);
	return TRUE;
}

static gboolean loop(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *type = node->type;
	struct fdar_ctf_position before;
	uint32_t start;
	struct fdar_ctf_op *op;

	start = fdar_ctf_compiler_here(compiler);
	op = fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_LOOP);
	op->amount = type->length;
	if (type->kind == FDAR_CTF_SEQUENCE)
		op->reg = node->target->reg;
	/* What is known at the start must be true of every element. */
	before = compiler->at;
	compiler->at = (struct fdar_ctf_position){ .align = 1, .order = before.order };
	fdar_ctf_compiler_align(compiler, MAX(node->first->type->align, 1));
	if (!compiler->compile(compiler, node->first))
		return FALSE;
	fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_NEXT)->next = start + 1;
	fdar_ctf_compiler_op_at(compiler, start)->next = fdar_ctf_compiler_here(compiler);
	fdar_ctf_compiler_merge(&before, &compiler->at);
	compiler->at = (struct fdar_ctf_position){ .align = 1, .order = before.order };
	return TRUE;
}

gboolean fdar_ctf_compiler_array(struct fdar_ctf_compiler *compiler,
				 const struct fdar_ctf_node *node)
{
	const struct fdar_ctf_type *element = node->type->element;

	fdar_ctf_compiler_align(compiler, node->type->align);
	if (is_number(element) && !element->clock && node->first->reg == FDAR_CTF_NO_REG &&
	    (node->type->kind == FDAR_CTF_ARRAY || is_dense(element)))
		return numbers(compiler, node);
	if (compiler->value(node, compiler->user) != FDAR_CTF_NO_VALUE)
		return fdar_ctf_compiler_fail(compiler,
					      "an array with gaps whose values are needed");
	return loop(compiler, node);
}

/* ---- variants ---- */

static void add_case(struct fdar_ctf_compiler *compiler, uint64_t lower, uint64_t upper)
{
	struct fdar_ctf_case one = { .lower = lower, .upper = upper };

	if (compiler->program->cases->len < CASES_MAX)
		g_array_append_val(compiler->program->cases, one);
	else
		fdar_ctf_compiler_fail(compiler, "too many options");
}

static void add_ranges(struct fdar_ctf_compiler *compiler, const GArray *ranges, const char *name)
{
	for (guint i = 0; ranges && i < ranges->len; i++) {
		const struct fdar_ctf_label *label =
			&g_array_index(ranges, struct fdar_ctf_label, i);

		if (!name || strcmp(label->name, name) == 0)
			add_case(compiler, label->lower, label->upper);
	}
}

static void set_cases(struct fdar_ctf_compiler *compiler, uint32_t from, uint32_t to, uint32_t next)
{
	for (uint32_t i = from; i < to && i < compiler->program->cases->len; i++)
		g_array_index(compiler->program->cases, struct fdar_ctf_case, i).next = next;
}

/* Begins a choice; its cases are to be added next, and end_choice. */
static uint32_t begin_choice(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node)
{
	uint32_t index = fdar_ctf_compiler_here(compiler);
	struct fdar_ctf_op *op = fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_VARIANT);

	op->reg = node->target->reg;
	op->flags = node->target->type->is_signed ? FDAR_CTF_FLAG_SIGNED : 0;
	op->amount = compiler->program->cases->len;
	return index;
}

static void end_choice(struct fdar_ctf_compiler *compiler, uint32_t index)
{
	struct fdar_ctf_op *op = fdar_ctf_compiler_op_at(compiler, index);

	op->bits = compiler->program->cases->len - (uint32_t)op->amount;
}

/* The cases of all options, which stay together whatever is within the options. Gives where those of
 * each begin, and where they end. */
static GArray *add_options(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node)
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
			fdar_ctf_compiler_fail(compiler, "an option without a label");
		g_array_append_val(starts, compiler->program->cases->len);
	}
	return starts;
}

/* Compiles the option and a jump to what follows the variant, filled in later. */
static gboolean option(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node,
		       GArray *jumps)
{
	uint32_t jump;

	if (!compiler->compile(compiler, node))
		return FALSE;
	jump = fdar_ctf_compiler_here(compiler);
	fdar_ctf_compiler_emit(compiler, FDAR_CTF_OP_JUMP);
	g_array_append_val(jumps, jump);
	return TRUE;
}

static gboolean options(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node,
			const GArray *starts, GArray *jumps)
{
	struct fdar_ctf_position start = compiler->at, end = { 0 };
	guint i = 0;

	for (const struct fdar_ctf_node *child = node->first; child; child = child->next, i++) {
		compiler->at = start;
		set_cases(compiler, g_array_index(starts, uint32_t, i),
			  g_array_index(starts, uint32_t, i + 1), fdar_ctf_compiler_here(compiler));
		if (!option(compiler, child, jumps))
			return FALSE;
		if (child == node->first)
			end = compiler->at;
		else
			fdar_ctf_compiler_merge(&end, &compiler->at);
	}
	compiler->at = end;
	return TRUE;
}

gboolean fdar_ctf_compiler_variant(struct fdar_ctf_compiler *compiler,
				   const struct fdar_ctf_node *node)
{
	g_autoptr(GArray) jumps = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GArray) starts = NULL;
	uint32_t index;

	if (!node->first)
		return fdar_ctf_compiler_fail(compiler, "a variant without options");
	index = begin_choice(compiler, node);
	starts = add_options(compiler, node);
	end_choice(compiler, index);
	if (*compiler->error || !options(compiler, node, starts, jumps))
		return FALSE;
	for (guint i = 0; i < jumps->len; i++)
		fdar_ctf_compiler_op_at(compiler, g_array_index(jumps, uint32_t, i))->next =
			fdar_ctf_compiler_here(compiler);
	return TRUE;
}

/* A variant of the element and nothing, which is what any other value means. */
gboolean fdar_ctf_compiler_optional(struct fdar_ctf_compiler *compiler,
				    const struct fdar_ctf_node *node)
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
	set_cases(compiler, first, last, fdar_ctf_compiler_here(compiler));
	if (*compiler->error || !compiler->compile(compiler, node->first))
		return FALSE;
	set_cases(compiler, last, last + 1, fdar_ctf_compiler_here(compiler));
	fdar_ctf_compiler_merge(&compiler->at, &absent);
	return TRUE;
}
