#include "pipeline/ctf2/ctf2_number.h"

gboolean fdar_ctf2_read_align(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			      uint32_t *align)
{
	uint64_t value = 1;

	if (!fdar_ctf2_unsigned(parser, object, name, &value))
		return FALSE;
	/* LTTng says 0 where it means none. */
	value = MAX(value, 1);
	if (value & (value - 1))
		return fdar_ctf2_fail(parser, "an alignment that is a power of two");
	if (value > FDAR_CTF_ALIGN_MAX)
		return fdar_ctf2_refuse(parser, "an alignment of %" G_GUINT64_FORMAT " bits",
					value);
	*align = MAX(*align, (uint32_t)value);
	return TRUE;
}

static gboolean read_orders(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_type *type)
{
	static const struct fdar_ctf2_word byte_orders[] = { { "little-endian", FDAR_CTF_LITTLE },
							     { "big-endian", FDAR_CTF_BIG },
							     { NULL, 0 } };
	/* The one that goes without saying. */
	static const struct fdar_ctf2_word bit_orders[] = { { "first-to-last", FDAR_CTF_LITTLE },
							    { "last-to-first", FDAR_CTF_BIG },
							    { NULL, 0 } };
	const char *bytes = "", *bits = NULL;
	const struct fdar_ctf2_word *order;

	if (!fdar_ctf2_text(parser, object, "byte-order", &bytes) ||
	    !fdar_ctf2_text(parser, object, "bit-order", &bits))
		return FALSE;
	order = fdar_ctf2_find_word(byte_orders, bytes);
	if (!order)
		return fdar_ctf2_fail(parser, "little-endian or big-endian as \"byte-order\"");
	type->order = (uint8_t)order->value;
	order = bits ? fdar_ctf2_find_word(bit_orders, bits) : order;
	if (!order)
		return fdar_ctf2_fail(parser, "first-to-last or last-to-first as \"bit-order\"");
	type->is_mirrored = order->value != type->order;
	return TRUE;
}

gboolean fdar_ctf2_read_roles(struct fdar_ctf2_parser *parser, JsonObject *object,
			      struct fdar_ctf_type *type)
{
	static const struct fdar_ctf2_word roles[] = {
		{ "packet-magic-number", FDAR_CTF_ROLE_MAGIC },
		{ "metadata-stream-uuid", FDAR_CTF_ROLE_UUID },
		{ "data-stream-class-id", FDAR_CTF_ROLE_STREAM_CLASS },
		{ "data-stream-id", FDAR_CTF_ROLE_STREAM },
		{ "default-clock-timestamp", FDAR_CTF_ROLE_TIME },
		{ "packet-end-default-clock-timestamp", FDAR_CTF_ROLE_END_TIME },
		{ "packet-content-length", FDAR_CTF_ROLE_CONTENT_BITS },
		{ "packet-total-length", FDAR_CTF_ROLE_PACKET_BITS },
		{ "packet-sequence-number", FDAR_CTF_ROLE_SEQUENCE },
		{ "discarded-event-record-counter-snapshot", FDAR_CTF_ROLE_DISCARDED },
		{ "event-record-class-id", FDAR_CTF_ROLE_EVENT_CLASS },
		{ NULL, 0 },
	};
	JsonArray *array = NULL;

	if (!fdar_ctf2_array(parser, object, "roles", &array))
		return FALSE;
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		const char *text = fdar_ctf2_text_of(json_array_get_element(array, i));
		const struct fdar_ctf2_word *role = text ? fdar_ctf2_find_word(roles, text) : NULL;

		if (!role)
			return fdar_ctf2_refuse(parser, "the role \"%.40s\"", text ? text : "");
		type->roles |= role->value;
	}
	if (type->roles & (FDAR_CTF_ROLE_TIME | FDAR_CTF_ROLE_END_TIME))
		type->clock = FDAR_CTF_CLOCK_OF_STREAM;
	return TRUE;
}

#define BITS_MAX 65536u

gboolean fdar_ctf2_read_bits(struct fdar_ctf2_parser *parser, JsonObject *object,
			     struct fdar_ctf_type *type)
{
	uint64_t length = 0;

	if (!fdar_ctf2_unsigned(parser, object, "length", &length) ||
	    !read_orders(parser, object, type) ||
	    !fdar_ctf2_read_align(parser, object, "alignment", &type->align))
		return FALSE;
	if (!length)
		return fdar_ctf2_fail(parser, "a \"length\" in bits");
	if (length > BITS_MAX)
		return fdar_ctf2_refuse(parser, "a field of %" G_GUINT64_FORMAT " bits", length);
	type->size = (uint32_t)length;
	return TRUE;
}

gboolean fdar_ctf2_bit_array(struct fdar_ctf2_parser *parser, JsonObject *object,
			     struct fdar_ctf_type *type)
{
	type->is_bits = TRUE;
	return fdar_ctf2_read_bits(parser, object, type);
}

gboolean fdar_ctf2_boolean(struct fdar_ctf2_parser *parser, JsonObject *object,
			   struct fdar_ctf_type *type)
{
	type->is_boolean = TRUE;
	return fdar_ctf2_bit_array(parser, object, type);
}

gboolean fdar_ctf2_fixed(struct fdar_ctf2_parser *parser, JsonObject *object,
			 struct fdar_ctf_type *type)
{
	if (!fdar_ctf2_read_bits(parser, object, type) ||
	    !fdar_ctf2_read_roles(parser, object, type))
		return FALSE;
	if (type->size > 64)
		return fdar_ctf2_refuse(parser, "an integer of %u bits", type->size);
	return TRUE;
}

gboolean fdar_ctf2_fixed_signed(struct fdar_ctf2_parser *parser, JsonObject *object,
				struct fdar_ctf_type *type)
{
	type->is_signed = TRUE;
	return fdar_ctf2_fixed(parser, object, type);
}

gboolean fdar_ctf2_variable(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_type *type)
{
	type->align = 8;
	return fdar_ctf2_read_roles(parser, object, type);
}

gboolean fdar_ctf2_variable_signed(struct fdar_ctf2_parser *parser, JsonObject *object,
				   struct fdar_ctf_type *type)
{
	type->is_signed = TRUE;
	return fdar_ctf2_variable(parser, object, type);
}
