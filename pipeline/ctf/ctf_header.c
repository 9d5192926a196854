#include "pipeline/ctf/ctf_header.h"

#include <string.h>

static gboolean is_unsigned(const struct fdar_ctf_node *node, uint32_t size)
{
	return node && node->type->kind <= FDAR_CTF_ENUM && node->type->size == size &&
	       !node->type->is_signed && !node->type->is_bits && !node->type->is_mirrored &&
	       node->type->order != FDAR_CTF_BIG;
}

/* Whether the option of the variant is for these values of the tag. */
static gboolean has_range(const struct fdar_ctf_node *variant, guint option, uint64_t lower,
			  uint64_t upper)
{
	const struct fdar_ctf_member *member =
		&g_array_index(variant->type->members, struct fdar_ctf_member, option);
	const GArray *labels = member->ranges ? member->ranges : variant->target->type->labels;
	gboolean found = FALSE;

	for (guint i = 0; labels && i < labels->len; i++) {
		const struct fdar_ctf_label *label =
			&g_array_index(labels, struct fdar_ctf_label, i);

		if (!member->ranges && strcmp(label->name, member->name) != 0)
			continue;
		if (found || label->lower != lower || label->upper != upper)
			return FALSE;
		found = TRUE;
	}
	return found;
}

/* Whether both CTF 1.8's names and CTF 2's roles, whichever count, say that it is the event's id. */
static gboolean tells_id(const struct fdar_ctf_node *node)
{
	return strcmp(node->name, "id") == 0 &&
	       (!node->type->roles || node->type->roles == FDAR_CTF_ROLE_EVENT_CLASS);
}

/* A structure of an id, unless that has no bits, and a time; none of them further apart than that. */
static gboolean is_pair(const struct fdar_ctf_node *structure, const char *name, uint32_t id_bits,
			uint32_t time_bits)
{
	const struct fdar_ctf_node *time = structure->first;

	if (g_strcmp0(structure->name, name) != 0 || structure->type->kind != FDAR_CTF_STRUCT ||
	    structure->type->align > 8 || (id_bits && structure->type->align != 8))
		return FALSE;
	if (id_bits) {
		if (!is_unsigned(time, id_bits) || !tells_id(time) || time->type->clock ||
		    time->reg != FDAR_CTF_NO_REG)
			return FALSE;
		time = time->next;
	}
	return is_unsigned(time, time_bits) && time->type->clock && time->reg == FDAR_CTF_NO_REG &&
	       !time->next && strcmp(time->name, "id") != 0;
}

/* The id, and the choice between a short time stamp and an id and time stamp at full length. */
static gboolean is_lttng_header(const struct fdar_ctf_node *root, uint32_t id_bits,
				uint32_t time_bits)
{
	const struct fdar_ctf_node *id = fdar_ctf_node_member(root, "id");
	const struct fdar_ctf_node *variant = fdar_ctf_node_member(root, "v");
	const struct fdar_ctf_node *brief, *extended;
	uint64_t last = (UINT64_C(1) << id_bits) - 1;

	if (!id || !variant || root->first != id || id->next != variant || variant->next ||
	    variant->type->kind != FDAR_CTF_VARIANT || variant->target != id || id->readers != 1)
		return FALSE;
	brief = variant->first;
	extended = brief ? brief->next : NULL;
	if (root->type->align != 8 || !is_unsigned(id, id_bits) || !tells_id(id) || !extended ||
	    !has_range(variant, 0, 0, last - 1) || !has_range(variant, 1, last, last))
		return FALSE;
	return is_pair(brief, "compact", 0, time_bits) && is_pair(extended, "extended", 32, 64) &&
	       !extended->next && (id_bits % 8 == 0 || brief->first->type->align == 1);
}

guint fdar_ctf_header_bits(const struct fdar_ctf_node *root, const struct fdar_ctf_trace *trace)
{
	if (!root || trace->big_endian || G_BYTE_ORDER != G_LITTLE_ENDIAN)
		return 0;
	if (is_lttng_header(root, 5, 27))
		return 5;
	return is_lttng_header(root, 16, 32) ? 16 : 0;
}
