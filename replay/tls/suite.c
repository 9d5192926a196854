#include "replay/tls/suite.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define TAG       16u
#define BLOCK     16u
#define NONCE     12u
#define KEY_MAX   32u
#define MAC_MAX   48u
#define LABEL_MAX 32u
#define EXPLICIT  8u /* bytes of the nonce that a TLS 1.2 record carries */

enum kind { GCM, ARIA, CCM, CCM8, CHACHA, CBC, CAMELLIA }; /* ARIA is in GCM, Camellia in CBC */

struct fdar_tls_suite {
	uint16_t id;
	uint8_t kind;
	uint8_t key;  /* bytes */
	uint8_t mac;  /* CBC: bytes of the MAC, and of its key */
	uint8_t hash; /* of the key derivation: 32 is SHA-256, 48 SHA-384 */
};

static const struct fdar_tls_suite suites[] = {
	{ 0x1301, GCM, 16, 0, 32 },
	{ 0x1302, GCM, 32, 0, 48 },
	{ 0x1303, CHACHA, 32, 0, 32 },
	{ 0x1304, CCM, 16, 0, 32 },
	{ 0x1305, CCM8, 16, 0, 32 },
	{ 0x009c, GCM, 16, 0, 32 },
	{ 0x009d, GCM, 32, 0, 48 },
	{ 0x009e, GCM, 16, 0, 32 },
	{ 0x009f, GCM, 32, 0, 48 },
	{ 0x00a6, GCM, 16, 0, 32 },
	{ 0x00a7, GCM, 32, 0, 48 },
	{ 0x00a8, GCM, 16, 0, 32 },
	{ 0x00a9, GCM, 32, 0, 48 },
	{ 0x00aa, GCM, 16, 0, 32 },
	{ 0x00ab, GCM, 32, 0, 48 },
	{ 0xc02b, GCM, 16, 0, 32 },
	{ 0xc02c, GCM, 32, 0, 48 },
	{ 0xc02f, GCM, 16, 0, 32 },
	{ 0xc030, GCM, 32, 0, 48 },
	{ 0xcca8, CHACHA, 32, 0, 32 },
	{ 0xcca9, CHACHA, 32, 0, 32 },
	{ 0xccaa, CHACHA, 32, 0, 32 },
	{ 0xccab, CHACHA, 32, 0, 32 },
	{ 0xccac, CHACHA, 32, 0, 32 },
	{ 0xccad, CHACHA, 32, 0, 32 },
	{ 0xc09c, CCM, 16, 0, 32 },
	{ 0xc09d, CCM, 32, 0, 32 },
	{ 0xc09e, CCM, 16, 0, 32 },
	{ 0xc09f, CCM, 32, 0, 32 },
	{ 0xc0a0, CCM8, 16, 0, 32 },
	{ 0xc0a1, CCM8, 32, 0, 32 },
	{ 0xc0a2, CCM8, 16, 0, 32 },
	{ 0xc0a3, CCM8, 32, 0, 32 },
	{ 0xc0ac, CCM, 16, 0, 32 },
	{ 0xc0ad, CCM, 32, 0, 32 },
	{ 0xc0ae, CCM8, 16, 0, 32 },
	{ 0xc0af, CCM8, 32, 0, 32 },
	{ 0x002f, CBC, 16, 20, 32 },
	{ 0x0035, CBC, 32, 20, 32 },
	{ 0x0033, CBC, 16, 20, 32 },
	{ 0x0039, CBC, 32, 20, 32 },
	{ 0x0034, CBC, 16, 20, 32 },
	{ 0x003a, CBC, 32, 20, 32 },
	{ 0xc009, CBC, 16, 20, 32 },
	{ 0xc00a, CBC, 32, 20, 32 },
	{ 0xc013, CBC, 16, 20, 32 },
	{ 0xc014, CBC, 32, 20, 32 },
	{ 0xc018, CBC, 16, 20, 32 },
	{ 0xc019, CBC, 32, 20, 32 },
	{ 0x003c, CBC, 16, 32, 32 },
	{ 0x003d, CBC, 32, 32, 32 },
	{ 0x0067, CBC, 16, 32, 32 },
	{ 0x006b, CBC, 32, 32, 32 },
	{ 0x006c, CBC, 16, 32, 32 },
	{ 0x006d, CBC, 32, 32, 32 },
	{ 0xc023, CBC, 16, 32, 32 },
	{ 0xc024, CBC, 32, 48, 48 },
	{ 0xc027, CBC, 16, 32, 32 },
	{ 0xc028, CBC, 32, 48, 48 },
	{ 0x00ae, CBC, 16, 32, 32 },
	{ 0x00af, CBC, 32, 48, 48 },
	{ 0x008c, CBC, 16, 20, 32 },
	{ 0x008d, CBC, 32, 20, 32 },
	{ 0x0090, CBC, 16, 20, 32 },
	{ 0x0091, CBC, 32, 20, 32 },
	{ 0x00b2, CBC, 16, 32, 32 },
	{ 0x00b3, CBC, 32, 48, 48 },
	{ 0xc035, CBC, 16, 20, 32 },
	{ 0xc036, CBC, 32, 20, 32 },
	{ 0xc037, CBC, 16, 32, 32 },
	{ 0xc038, CBC, 32, 48, 48 },
	{ 0xc0a4, CCM, 16, 0, 32 },
	{ 0xc0a5, CCM, 32, 0, 32 },
	{ 0xc0a6, CCM, 16, 0, 32 },
	{ 0xc0a7, CCM, 32, 0, 32 },
	{ 0xc0a8, CCM8, 16, 0, 32 },
	{ 0xc0a9, CCM8, 32, 0, 32 },
	{ 0xc0aa, CCM8, 16, 0, 32 },
	{ 0xc0ab, CCM8, 32, 0, 32 },
	/* RFC 5932, 6367, 6209 */
	{ 0x0041, CAMELLIA, 16, 20, 32 },
	{ 0x0084, CAMELLIA, 32, 20, 32 },
	{ 0x0044, CAMELLIA, 16, 20, 32 },
	{ 0x0087, CAMELLIA, 32, 20, 32 },
	{ 0x0045, CAMELLIA, 16, 20, 32 },
	{ 0x0088, CAMELLIA, 32, 20, 32 },
	{ 0x00ba, CAMELLIA, 16, 32, 32 },
	{ 0x00c0, CAMELLIA, 32, 32, 32 },
	{ 0x00bd, CAMELLIA, 16, 32, 32 },
	{ 0x00c3, CAMELLIA, 32, 32, 32 },
	{ 0x00be, CAMELLIA, 16, 32, 32 },
	{ 0x00c4, CAMELLIA, 32, 32, 32 },
	{ 0xc072, CAMELLIA, 16, 32, 32 },
	{ 0xc073, CAMELLIA, 32, 48, 48 },
	{ 0xc076, CAMELLIA, 16, 32, 32 },
	{ 0xc077, CAMELLIA, 32, 48, 48 },
	{ 0xc050, ARIA, 16, 0, 32 },
	{ 0xc051, ARIA, 32, 0, 48 },
	{ 0xc052, ARIA, 16, 0, 32 },
	{ 0xc053, ARIA, 32, 0, 48 },
	{ 0xc056, ARIA, 16, 0, 32 },
	{ 0xc057, ARIA, 32, 0, 48 },
	{ 0xc05c, ARIA, 16, 0, 32 },
	{ 0xc05d, ARIA, 32, 0, 48 },
	{ 0xc060, ARIA, 16, 0, 32 },
	{ 0xc061, ARIA, 32, 0, 48 },
};

struct fdar_tls_opener {
	const struct fdar_tls_suite *suite;
	EVP_CIPHER_CTX *context;
	uint8_t key[KEY_MAX];
	uint8_t iv[NONCE]; /* the fixed part of the nonce */
	uint8_t mac_key[MAC_MAX];
	gboolean v13;
	gboolean encrypt_then_mac;
};

const struct fdar_tls_suite *fdar_tls_suite_find(uint16_t id)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++)
		if (suites[i].id == id)
			return &suites[i];
	return NULL;
}

static const EVP_MD *digest_of(uint32_t size)
{
	return size == 48 ? EVP_sha384() : size == 20 ? EVP_sha1() : EVP_sha256();
}

static gboolean is_cbc(const struct fdar_tls_suite *suite)
{
	return suite->kind == CBC || suite->kind == CAMELLIA;
}

static const EVP_CIPHER *cipher_of(const struct fdar_tls_suite *suite)
{
	gboolean large = suite->key == 32;

	switch ((enum kind)suite->kind) {
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
	default:
		return large ? EVP_aes_256_ccm() : EVP_aes_128_ccm();
	}
}

/* HKDF-Expand-Label without a context, of at most a hash's length. */
static void expand(const struct fdar_tls_suite *suite, const struct fdar_tls_secret *secret,
		   const char *label, uint8_t *out, uint32_t size)
{
	uint8_t info[4 + LABEL_MAX + 1], full[EVP_MAX_MD_SIZE];
	uint8_t length = (uint8_t)(6 + strlen(label));
	unsigned made;

	info[0] = 0;
	info[1] = (uint8_t)size;
	info[2] = length;
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, strlen(label));
	info[3 + length] = 0;
	info[4 + length] = 1;
	HMAC(digest_of(suite->hash), secret->bytes, (int)secret->size, info, 5u + length, full,
	     &made);
	memcpy(out, full, MIN(size, made));
	OPENSSL_cleanse(full, sizeof(full));
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

	if (secret->size != suite->hash || is_cbc(suite))
		return NULL;
	opener = opener_new(suite);
	opener->v13 = TRUE;
	expand(suite, secret, "key", opener->key, suite->key);
	expand(suite, secret, "iv", opener->iv, NONCE);
	return opener;
}

void fdar_tls_secret_next(const struct fdar_tls_suite *suite, struct fdar_tls_secret *secret)
{
	struct fdar_tls_secret next = { .size = secret->size };

	expand(suite, secret, "traffic upd", next.bytes, secret->size);
	*secret = next;
	OPENSSL_cleanse(&next, sizeof(next));
}

/* The pseudo-random function of TLS 1.2 (RFC 5246, 5), for the key block. */
static void make_key_block(const struct fdar_tls_suite *suite, const struct fdar_tls_secret *master,
			   const uint8_t *client_random, const uint8_t *server_random, uint8_t *out,
			   size_t size)
{
	static const char label[] = "key expansion";
	const EVP_MD *digest = digest_of(suite->hash);
	uint8_t seed[sizeof(label) - 1 + 2 * FDAR_TLS_RANDOM];
	uint8_t chain[EVP_MAX_MD_SIZE + sizeof(seed)], part[EVP_MAX_MD_SIZE];
	unsigned made = 0;
	size_t done = 0;

	memcpy(seed, label, sizeof(label) - 1);
	memcpy(seed + sizeof(label) - 1, server_random, FDAR_TLS_RANDOM);
	memcpy(seed + sizeof(label) - 1 + FDAR_TLS_RANDOM, client_random, FDAR_TLS_RANDOM);
	HMAC(digest, master->bytes, (int)master->size, seed, sizeof(seed), chain, &made);
	while (done < size) {
		size_t step;

		memcpy(chain + made, seed, sizeof(seed));
		HMAC(digest, master->bytes, (int)master->size, chain, made + sizeof(seed), part,
		     &made);
		step = MIN(size - done, made);
		memcpy(out + done, part, step);
		done += step;
		HMAC(digest, master->bytes, (int)master->size, chain, made, part, &made);
		memcpy(chain, part, made);
	}
	OPENSSL_cleanse(chain, sizeof(chain));
	OPENSSL_cleanse(part, sizeof(part));
}

struct fdar_tls_opener *fdar_tls_opener_new12(const struct fdar_tls_suite *suite,
					      const struct fdar_tls_secret *master,
					      const uint8_t client_random[FDAR_TLS_RANDOM],
					      const uint8_t server_random[FDAR_TLS_RANDOM],
					      gboolean server, gboolean encrypt_then_mac)
{
	uint8_t block[2 * (MAC_MAX + KEY_MAX + NONCE)];
	uint32_t mac = suite->mac, key = suite->key;
	uint32_t iv = suite->kind == CHACHA ? NONCE : is_cbc(suite) ? 0 : 4;
	struct fdar_tls_opener *opener;

	if (master->size != FDAR_TLS_MASTER || suite->id >> 8 == 0x13)
		return NULL;
	opener = opener_new(suite);
	opener->encrypt_then_mac = encrypt_then_mac;
	make_key_block(suite, master, client_random, server_random, block,
		       (size_t)2 * (mac + key + iv));
	memcpy(opener->mac_key, block + (server ? mac : 0), mac);
	memcpy(opener->key, block + 2 * mac + (server ? key : 0), key);
	memcpy(opener->iv, block + 2 * (mac + key) + (server ? iv : 0), iv);
	OPENSSL_cleanse(block, sizeof(block));
	return opener;
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
	HMAC(digest_of(opener->suite->mac), opener->mac_key, opener->suite->mac, text, 13 + size,
	     mac, &made);
	return CRYPTO_memcmp(mac, expected, opener->suite->mac) == 0;
}

static gboolean decrypt_cbc(struct fdar_tls_opener *opener, const uint8_t *body, size_t size,
			    uint8_t *out, size_t *out_size)
{
	EVP_CIPHER_CTX *context = opener->context;
	int made, last;
	size_t padding;

	if (size < 2 * BLOCK || size % BLOCK ||
	    !EVP_DecryptInit_ex(context, cipher_of(opener->suite), NULL, opener->key, body) ||
	    !EVP_CIPHER_CTX_set_padding(context, 0) ||
	    !EVP_DecryptUpdate(context, out, &made, body + BLOCK, (int)(size - BLOCK)) ||
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
