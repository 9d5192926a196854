/*
 * Views: a packet's bytes and how far they have been read, with checked access.
 *
 * Private to the decoders (decode.c, link.c, tunnel.c).
 */
#ifndef FDAR_REPLAY_VIEW_H
#define FDAR_REPLAY_VIEW_H

#include <glib.h>
#include <stdint.h>

struct fdar_decoded;

/* What is left of a packet: at counts from its start. length is what was on the wire. */
struct fdar_view {
	const uint8_t *bytes;
	uint32_t captured;
	uint32_t length;
	uint32_t at;
	uint32_t frames; /* Ethernet headers that were passed */
};

static inline gboolean fdar_view_has(const struct fdar_view *view, uint32_t count)
{
	return view->at <= view->captured && count <= view->captured - view->at;
}

/* The next three: only what fdar_view_has said is there. */
static inline uint32_t fdar_view_u8(const struct fdar_view *view, uint32_t offset)
{
	return view->bytes[view->at + offset];
}

static inline uint32_t fdar_view_u16(const struct fdar_view *view, uint32_t offset)
{
	return fdar_view_u8(view, offset) << 8 | fdar_view_u8(view, offset + 1);
}

static inline uint32_t fdar_view_u32(const struct fdar_view *view, uint32_t offset)
{
	return fdar_view_u16(view, offset) << 16 | fdar_view_u16(view, offset + 2);
}

/* The same in little-endian order. */
static inline uint32_t fdar_view_le16(const struct fdar_view *view, uint32_t offset)
{
	return fdar_view_u8(view, offset) | fdar_view_u8(view, offset + 1) << 8;
}

static inline uint32_t fdar_view_le32(const struct fdar_view *view, uint32_t offset)
{
	return fdar_view_le16(view, offset) | fdar_view_le16(view, offset + 2) << 16;
}

/* Passes count bytes, there or not. */
static inline void fdar_view_pass(struct fdar_view *view, uint32_t count)
{
	view->at = count > UINT32_MAX / 2 - MIN(view->at, UINT32_MAX / 2) ? UINT32_MAX / 2
									  : view->at + count;
}

/* One more part of the name of a network. */
static inline uint32_t fdar_net_mix(uint32_t net, uint32_t kind, uint32_t number)
{
	return (net ^ (kind * 0x9e3779b9u + number + 1)) * 0x85ebca6bu;
}

#endif
