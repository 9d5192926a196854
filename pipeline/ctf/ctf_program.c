#include "pipeline/ctf/ctf_compiler.h"

static gboolean is_text(const struct fdar_ctf_type *element)
{
	return element->kind == FDAR_CTF_INTEGER && element->is_text && element->size == 8 &&
	       element->align == 8;
}

/* ---- all of them ---- */

static gboolean compile(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node)
{
	gboolean ok = !*compiler->error;

	switch (node->type->kind) {
	case FDAR_CTF_STRING:
		return ok && fdar_ctf_compiler_string(compiler, node);
	case FDAR_CTF_LEB128:
		return ok && fdar_ctf_compiler_leb128(compiler, node);
	case FDAR_CTF_OPTIONAL:
		return ok && fdar_ctf_compiler_optional(compiler, node);
	case FDAR_CTF_STRUCT:
		fdar_ctf_compiler_align(compiler, node->type->align);
		for (const struct fdar_ctf_node *child = node->first; ok && child;
		     child = child->next)
			ok = compile(compiler, child);
		return ok;
	case FDAR_CTF_VARIANT:
		return ok && fdar_ctf_compiler_variant(compiler, node);
	case FDAR_CTF_ARRAY:
	case FDAR_CTF_SEQUENCE:
		return ok && fdar_ctf_compiler_array(compiler, node);
	default:
		return ok && fdar_ctf_compiler_number(compiler, node);
	}
}

gboolean fdar_ctf_program_compile(struct fdar_ctf_program *program,
				  const struct fdar_ctf_layout *layout, enum fdar_ctf_scope first,
				  enum fdar_ctf_scope last, gboolean big_endian,
				  fdar_ctf_value_fn value, void *user,
				  struct fdar_ctf_position *position, GError **error)
{
	GError *failure = NULL;
	struct fdar_ctf_compiler compiler = {
		.compile = compile,
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
	fdar_ctf_compiler_emit(&compiler, FDAR_CTF_OP_END);
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
