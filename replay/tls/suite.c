#include "replay/tls/suite.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "replay/tls/prf.h"
#include "replay/tls/suite_private.h"

#define TAG      16u
#define BLOCK    16u
#define NONCE    12u
#define KEY_MAX  32u
#define MAC_MAX  48u
#define EXPLICIT 8u /* bytes of the nonce that a TLS 1.2 record carries */
#define TAIL_MAX (BLOCK + MAC_MAX)

struct fdar_tls_opener {
	const struct fdar_tls_suite *suite;
	EVP_CIPHER_CTX *context;
	uint8_t key[KEY_MAX];
	uint8_t iv[NONCE]; /* the fixed part of the nonce */
	uint8_t mac_key[MAC_MAX];
	gboolean v13;
	gboolean encrypt_then_mac;
	/* TLS 1.0: a record's initialization vector is the end of the one before. */
	gboolean chained;
	uint8_t tail[TAIL_MAX]; /* of what came before the next record */
	size_t tail_size;
};

static gboolean is_cbc(const struct fdar_tls_suite *suite)
{
	return suite->kind == CBC || suite->kind == CAMELLIA || suite->kind == DES3 ||
	       suite->kind == ARIA_CBC;
}

static gboolean has_mac(const struct fdar_tls_suite *suite)
{
	return is_cbc(suite) || suite->kind == PLAIN;
}

static size_t block_of(const struct fdar_tls_suite *suite)
{
	return suite->kind == DES3 ? 8 : BLOCK;
}

static const EVP_CIPHER *cipher_of(const struct fdar_tls_suite *suite)
{
	gboolean large = suite->key == 32;

	switch ((enum fdar_tls_kind)suite->kind) {
	case GCM:
		return large ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
	case ARIA:
		return large ? EVP_aria_256_gcm() : EVP_aria_128_gcm();
	case CHACHA:
		return EVP_chacha20_poly1305();
	case CBC:
		return large ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
	case CAMELLIA:
		return large ? EVP_camellia_256_cbc() : EVP_camellia_128_cbc();
	case ARIA_CBC:
		return large ? EVP_aria_256_cbc() : EVP_aria_128_cbc();
	case DES3:
		return EVP_des_ede3_cbc();
	default:
		return large ? EVP_aes_256_ccm() : EVP_aes_128_ccm();
	}
}

static struct fdar_tls_opener *opener_new(const struct fdar_tls_suite *suite)
{
	struct fdar_tls_opener *opener = g_new0(struct fdar_tls_opener, 1);

	opener->suite = suite;
	opener->context = EVP_CIPHER_CTX_new();
	return opener;
}

struct fdar_tls_opener *fdar_tls_opener_new13(const struct fdar_tls_suite *suite,
					      const struct fdar_tls_secret *secret)
{
	struct fdar_tls_opener *opener;

	if (secret->size != suite->hash || has_mac(suite))
		return NULL;
	opener = opener_new(suite);
	opener->v13 = TRUE;
	fdar_tls_expand(suite->hash, secret, "key", opener->key, suite->key);
	fdar_tls_expand(suite->hash, secret, "iv", opener->iv, NONCE);
	return opener;
}

void fdar_tls_secret_next(const struct fdar_tls_suite *suite, struct fdar_tls_secret *secret)
{
	struct fdar_tls_secret next = { .size = secret->size };

	fdar_tls_expand(suite->hash, secret, "traffic upd", next.bytes, secret->size);
	*secret = next;
	OPENSSL_cleanse(&next, sizeof(next));
}

/* TLS 1.0 and 1.1 have no authenticated ciphers, and no other MAC than SHA-1 and MD5 in these suites. */
static gboolean fits(const struct fdar_tls_suite *suite, uint16_t version)
{
	if (version == 0x0303)
		return suite->id >> 8 != 0x13;
	return (version == 0x0301 || version == 0x0302) && has_mac(suite) && suite->mac <= 20;
}

struct fdar_tls_opener *fdar_tls_opener_new12(const struct fdar_tls_suite *suite, uint16_t version,
					      const struct fdar_tls_secret *master,
					      const uint8_t client_random[FDAR_TLS_RANDOM],
					      const uint8_t server_random[FDAR_TLS_RANDOM],
					      gboolean server, gboolean encrypt_then_mac)
{
	uint8_t block[2 * (MAC_MAX + KEY_MAX + BLOCK)];
	uint32_t mac = suite->mac, key = suite->key;
	gboolean chained = version == 0x0301 && is_cbc(suite);
	uint32_t iv = chained                 ? (uint32_t)block_of(suite)
		      : suite->kind == CHACHA ? NONCE
		      : has_mac(suite)        ? 0
					      : 4;
	struct fdar_tls_opener *opener;
	const uint8_t *ivs = block + (size_t)2 * (mac + key);

	if (master->size != FDAR_TLS_MASTER || !fits(suite, version) ||
	    !fdar_tls_key_block(version, suite->hash, master, client_random, server_random, block,
				(size_t)2 * (mac + key + iv)))
		return NULL;
	opener = opener_new(suite);
	opener->encrypt_then_mac = encrypt_then_mac;
	opener->chained = chained;
	memcpy(opener->mac_key, block + (server ? mac : 0), mac);
	memcpy(opener->key, block + 2 * mac + (server ? key : 0), key);
	if (chained) {
		/* As if a record had ended so. */
		memcpy(opener->tail, ivs + (server ? iv : 0), iv);
		opener->tail_size = iv + (encrypt_then_mac ? mac : 0);
	} else {
		memcpy(opener->iv, ivs + (server ? iv : 0), iv);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return opener;
}

void fdar_tls_opener_pass(struct fdar_tls_opener *opener, const uint8_t *bytes, size_t size)
{
	size_t taken = MIN(size, TAIL_MAX), kept;

	if (!opener || !opener->chained)
		return;
	kept = bytes ? MIN(opener->tail_size, TAIL_MAX - taken) : 0;
	memmove(opener->tail, opener->tail + opener->tail_size - kept, kept);
	if (taken)
		memcpy(opener->tail + kept, bytes + size - taken, taken);
	opener->tail_size = kept + taken;
}

static void put_u64(uint8_t bytes[8], uint64_t number)
{
	uint64_t network = GUINT64_TO_BE(number);

	memcpy(bytes, &network, sizeof(network));
}

/* Authenticated decryption of size bytes, the last of which are the tag. */
static gboolean open_aead(struct fdar_tls_opener *opener, const uint8_t nonce[NONCE],
			  const uint8_t *aad, int aad_size, const uint8_t *body, size_t size,
			  uint8_t *out, size_t *out_size)
{
	EVP_CIPHER_CTX *context = opener->context;
	gboolean ccm = opener->suite->kind == CCM || opener->suite->kind == CCM8;
	size_t tag = opener->suite->kind == CCM8 ? 8 : TAG;
	uint8_t copy[TAG];
	int made = 0, last = 0;

	if (size < tag)
		return FALSE;
	memcpy(copy, body + size - tag, tag);
	size -= tag;
	if (!EVP_DecryptInit_ex(context, cipher_of(opener->suite), NULL, NULL, NULL) ||
	    !EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) ||
	    !EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)tag, copy) ||
	    !EVP_DecryptInit_ex(context, NULL, NULL, opener->key, nonce))
		return FALSE;
	if (ccm && !EVP_DecryptUpdate(context, NULL, &made, NULL, (int)size))
		return FALSE;
	if (!EVP_DecryptUpdate(context, NULL, &made, aad, aad_size) ||
	    EVP_DecryptUpdate(context, out, &made, body, (int)size) <= 0)
		return FALSE;
	if (!ccm && EVP_DecryptFinal_ex(context, out + made, &last) <= 0)
		return FALSE;
	*out_size = (size_t)made + (size_t)last;
	return TRUE;
}

static void make_nonce(const struct fdar_tls_opener *opener, uint64_t number, uint8_t nonce[NONCE])
{
	uint8_t counter[8];

	memcpy(nonce, opener->iv, NONCE);
	put_u64(counter, number);
	for (unsigned i = 0; i < sizeof(counter); i++)
		nonce[NONCE - sizeof(counter) + i] ^= counter[i];
}

/* The content, then its type, then zeros. */
static gboolean open13(struct fdar_tls_opener *opener, uint64_t number, const uint8_t *record,
		       size_t size, uint8_t *out, size_t *out_size, uint8_t *type)
{
	uint8_t nonce[NONCE];

	make_nonce(opener, number, nonce);
	if (record[0] != FDAR_TLS_DATA ||
	    !open_aead(opener, nonce, record, FDAR_TLS_HEADER, record + FDAR_TLS_HEADER,
		       size - FDAR_TLS_HEADER, out, out_size))
		return FALSE;
	while (*out_size > 0 && out[*out_size - 1] == 0)
		(*out_size)--;
	if (*out_size == 0)
		return FALSE;
	*type = out[--(*out_size)];
	return TRUE;
}

/* The number, then the header with the length of the content: what is authenticated beside it. */
static void make_aad(uint64_t number, const uint8_t *record, size_t size, uint8_t aad[13])
{
	put_u64(aad, number);
	memcpy(aad + 8, record, 3);
	aad[11] = (uint8_t)(size >> 8);
	aad[12] = (uint8_t)size;
}

static gboolean open12_aead(struct fdar_tls_opener *opener, uint64_t number, const uint8_t *record,
			    size_t size, uint8_t *out, size_t *out_size)
{
	const uint8_t *body = record + FDAR_TLS_HEADER;
	size_t tag = opener->suite->kind == CCM8 ? 8 : TAG;
	uint8_t nonce[NONCE], aad[13];

	size -= FDAR_TLS_HEADER;
	if (opener->suite->kind == CHACHA) {
		make_nonce(opener, number, nonce);
	} else {
		if (size < EXPLICIT)
			return FALSE;
		memcpy(nonce, opener->iv, NONCE - EXPLICIT);
		memcpy(nonce + NONCE - EXPLICIT, body, EXPLICIT);
		body += EXPLICIT;
		size -= EXPLICIT;
	}
	if (size < tag)
		return FALSE;
	make_aad(number, record, size - tag, aad);
	return open_aead(opener, nonce, aad, sizeof(aad), body, size, out, out_size);
}

/* Whether the MAC over number, header, size and the bytes is the one given. */
static gboolean check_mac(const struct fdar_tls_opener *opener, uint64_t number,
			  const uint8_t *record, const uint8_t *bytes, size_t size,
			  const uint8_t *expected)
{
	uint8_t text[13 + FDAR_TLS_RECORD_MAX], mac[EVP_MAX_MD_SIZE];
	unsigned made;

	make_aad(number, record, size, text);
	memcpy(text + 13, bytes, size);
	return HMAC(fdar_tls_digest(opener->suite->mac), opener->mac_key, opener->suite->mac, text,
		    13 + size, mac, &made) &&
	       CRYPTO_memcmp(mac, expected, opener->suite->mac) == 0;
}

/* Where a record's initialization vector is; NULL: not known. */
static const uint8_t *find_iv(const struct fdar_tls_opener *opener, const uint8_t **text,
			      size_t *size)
{
	size_t block = block_of(opener->suite);
	size_t behind = block + (opener->encrypt_then_mac ? opener->suite->mac : 0);
	const uint8_t *iv = *text;

	if (opener->chained)
		return opener->tail_size < behind ? NULL
						  : opener->tail + opener->tail_size - behind;
	if (*size < block)
		return NULL;
	*text += block;
	*size -= block;
	return iv;
}

static gboolean decrypt_cbc(struct fdar_tls_opener *opener, const uint8_t *text, size_t size,
			    uint8_t *out, size_t *out_size)
{
	EVP_CIPHER_CTX *context = opener->context;
	const uint8_t *iv = find_iv(opener, &text, &size);
	int made, last;
	size_t padding;

	if (!iv || !size || size % block_of(opener->suite) ||
	    !EVP_DecryptInit_ex(context, cipher_of(opener->suite), NULL, opener->key, iv) ||
	    !EVP_CIPHER_CTX_set_padding(context, 0) ||
	    !EVP_DecryptUpdate(context, out, &made, text, (int)size) ||
	    !EVP_DecryptFinal_ex(context, out + made, &last))
		return FALSE;
	*out_size = (size_t)made + (size_t)last;
	padding = (size_t)out[*out_size - 1] + 1;
	if (padding > *out_size)
		return FALSE;
	for (size_t i = 1; i <= padding; i++)
		if (out[*out_size - i] != padding - 1)
			return FALSE;
	*out_size -= padding;
	return TRUE;
}

static gboolean open12_plain(struct fdar_tls_opener *opener, uint64_t number, const uint8_t *record,
			     size_t size, uint8_t *out, size_t *out_size)
{
	const uint8_t *body = record + FDAR_TLS_HEADER;

	size -= FDAR_TLS_HEADER;
	if (size < opener->suite->mac)
		return FALSE;
	*out_size = size - opener->suite->mac;
	memcpy(out, body, *out_size);
	return check_mac(opener, number, record, body, *out_size, body + *out_size);
}

static gboolean open12_cbc(struct fdar_tls_opener *opener, uint64_t number, const uint8_t *record,
			   size_t size, uint8_t *out, size_t *out_size)
{
	const uint8_t *body = record + FDAR_TLS_HEADER;
	size_t mac = opener->suite->mac;

	size -= FDAR_TLS_HEADER;
	if (size < mac)
		return FALSE;
	if (opener->encrypt_then_mac)
		return check_mac(opener, number, record, body, size - mac, body + size - mac) &&
		       decrypt_cbc(opener, body, size - mac, out, out_size);
	if (!decrypt_cbc(opener, body, size, out, out_size) || *out_size < mac)
		return FALSE;
	*out_size -= mac;
	return check_mac(opener, number, record, out, *out_size, out + *out_size);
}

gboolean fdar_tls_opener_open(struct fdar_tls_opener *opener, uint64_t number,
			      const uint8_t *record, size_t size, uint8_t *out, size_t *out_size,
			      uint8_t *type)
{
	if (size < FDAR_TLS_HEADER || size > FDAR_TLS_HEADER + FDAR_TLS_RECORD_MAX)
		return FALSE;
	if (opener->v13)
		return open13(opener, number, record, size, out, out_size, type);
	*type = record[0];
	if (is_cbc(opener->suite))
		return open12_cbc(opener, number, record, size, out, out_size);
	if (opener->suite->kind == PLAIN)
		return open12_plain(opener, number, record, size, out, out_size);
	return open12_aead(opener, number, record, size, out, out_size);
}

void fdar_tls_opener_free(struct fdar_tls_opener *opener)
{
	if (!opener)
		return;
	EVP_CIPHER_CTX_free(opener->context);
	OPENSSL_cleanse(opener, sizeof(*opener));
	g_free(opener);
}
