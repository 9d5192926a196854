#include "replay/sessions/wireguard.h"

#define PORT      51820u
#define TYPE_DATA 4u
#define DATA_MIN  32u
#define BLOCK     16u

gboolean fdar_wireguard_is(const struct fdar_decoded *decoded, uint8_t *seen)
{
	/* Initiation, response, cookie reply. */
	static const uint8_t sizes[TYPE_DATA] = { 0, 148, 92, 64 };
	const uint8_t *bytes = fdar_decoded_payload(decoded);
	uint32_t length = fdar_decoded_payload_length(decoded);

	if (fdar_decoded_payload_captured(decoded) < 4 || bytes[1] || bytes[2] || bytes[3])
		return FALSE;
	if (bytes[0] >= 1 && bytes[0] < TYPE_DATA && length == sizes[bytes[0]]) {
		*seen = TRUE;
		return TRUE;
	}
	return bytes[0] == TYPE_DATA && length >= DATA_MIN && length % BLOCK == 0 &&
	       (*seen || decoded->src.port == PORT || decoded->dst.port == PORT);
}
