#include "replay/tls/prf.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

#define LABEL_MAX 32u

static const char block_label[] = "key expansion";

#define SEED (sizeof(block_label) - 1 + 2 * FDAR_TLS_RANDOM)

const EVP_MD *fdar_tls_digest(uint32_t size)
{
	return size == 48   ? EVP_sha384()
	       : size == 20 ? EVP_sha1()
	       : size == 16 ? EVP_md5()
			    : EVP_sha256();
}

void fdar_tls_expand(uint32_t hash, const struct fdar_tls_secret *secret, const char *label,
		     uint8_t *out, uint32_t size)
{
	uint8_t info[4 + LABEL_MAX + 1], full[EVP_MAX_MD_SIZE];
	uint8_t length = (uint8_t)(6 + strlen(label));
	unsigned made = 0;

	info[0] = 0;
	info[1] = (uint8_t)size;
	info[2] = length;
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, strlen(label));
	info[3 + length] = 0;
	info[4 + length] = 1;
	HMAC(fdar_tls_digest(hash), secret->bytes, (int)secret->size, info, 5u + length, full,
	     &made);
	memcpy(out, full, MIN(size, made));
	OPENSSL_cleanse(full, sizeof(full));
}

/* P_hash (RFC 5246, 5), exclusive-or'd into out. FALSE: there is no such digest. */
static gboolean stretch(const EVP_MD *digest, const uint8_t *secret, uint32_t secret_size,
			const uint8_t seed[SEED], uint8_t *out, size_t size)
{
	uint8_t chain[EVP_MAX_MD_SIZE + SEED], part[EVP_MAX_MD_SIZE];
	unsigned made = 0;

	if (!HMAC(digest, secret, (int)secret_size, seed, SEED, chain, &made) || !made)
		return FALSE;
	for (size_t done = 0; done < size && made;) {
		memcpy(chain + made, seed, SEED);
		HMAC(digest, secret, (int)secret_size, chain, made + SEED, part, &made);
		for (unsigned i = 0; i < made && done < size; i++)
			out[done++] ^= part[i];
		HMAC(digest, secret, (int)secret_size, chain, made, part, &made);
		memcpy(chain, part, made);
	}
	OPENSSL_cleanse(chain, sizeof(chain));
	OPENSSL_cleanse(part, sizeof(part));
	return made > 0;
}

gboolean fdar_tls_key_block(uint16_t version, uint32_t hash, const struct fdar_tls_secret *master,
			    const uint8_t client_random[FDAR_TLS_RANDOM],
			    const uint8_t server_random[FDAR_TLS_RANDOM], uint8_t *out, size_t size)
{
	const uint32_t half = FDAR_TLS_MASTER / 2;
	uint8_t seed[SEED];

	memcpy(seed, block_label, sizeof(block_label) - 1);
	memcpy(seed + sizeof(block_label) - 1, server_random, FDAR_TLS_RANDOM);
	memcpy(seed + sizeof(block_label) - 1 + FDAR_TLS_RANDOM, client_random, FDAR_TLS_RANDOM);
	memset(out, 0, size);
	if (version >= 0x0303)
		return stretch(fdar_tls_digest(hash), master->bytes, FDAR_TLS_MASTER, seed, out,
			       size);
	return stretch(EVP_md5(), master->bytes, half, seed, out, size) &&
	       stretch(EVP_sha1(), master->bytes + half, half, seed, out, size);
}
