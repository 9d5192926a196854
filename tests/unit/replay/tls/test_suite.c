/* Suites that libssl has no more: records as RFC 2246, 4346 and 5246 (6.2.3.2) have them, made here. */
#include <glib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "replay/tls/prf.h"
#include "replay/tls/suite.h"

enum { DES_BLOCK = 8, DES_KEY = 24, SHA1 = 20, TEXT = 50 };

static const uint8_t client_random[FDAR_TLS_RANDOM] = "the client's";
static const uint8_t server_random[FDAR_TLS_RANDOM] = "the server's";

/* One way's keys; iv is what the next record begins with in TLS 1.0. */
struct sealer {
	uint16_t version;
	uint8_t mac[SHA1], key[DES_KEY], iv[DES_BLOCK];
};

static struct fdar_tls_secret master_of(uint8_t seed)
{
	struct fdar_tls_secret master = { .size = FDAR_TLS_MASTER };

	memset(master.bytes, seed, FDAR_TLS_MASTER);
	return master;
}

/* The server's part of the key block. */
static struct sealer sealer_of(uint16_t version, const struct fdar_tls_secret *master)
{
	struct sealer sealer = { .version = version };
	uint8_t block[2 * (SHA1 + DES_KEY + DES_BLOCK)];

	fdar_tls_key_block(version, 32, master, client_random, server_random, block, sizeof(block));
	memcpy(sealer.mac, block + SHA1, SHA1);
	memcpy(sealer.key, block + 2 * SHA1 + DES_KEY, DES_KEY);
	memcpy(sealer.iv, block + 2 * (SHA1 + DES_KEY) + DES_BLOCK, DES_BLOCK);
	return sealer;
}

/* A record of TEXT times that letter. Gives its size. */
static size_t seal(struct sealer *sealer, uint8_t number, char letter, uint8_t *record)
{
	gboolean explicit = sealer->version > 0x0301;
	uint8_t header[13] = { 0, 0, 0, 0, 0, 0, 0, number, FDAR_TLS_DATA, 3, 0, 0, TEXT };
	uint8_t text[13 + TEXT + SHA1 + DES_BLOCK];
	size_t size = TEXT + SHA1, padding = DES_BLOCK - size % DES_BLOCK;
	uint8_t *body = record + FDAR_TLS_HEADER + (explicit ? DES_BLOCK : 0);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int made;

	header[10] = (uint8_t)sealer->version;
	memcpy(text, header, sizeof(header));
	memset(text + 13, letter, TEXT);
	HMAC(EVP_sha1(), sealer->mac, SHA1, text, 13 + TEXT, text + 13 + TEXT, NULL);
	memset(text + 13 + size, (int)padding - 1, padding);
	size += padding;
	if (explicit) {
		memset(sealer->iv, number + 77, DES_BLOCK);
		memcpy(body - DES_BLOCK, sealer->iv, DES_BLOCK);
	}
	EVP_EncryptInit_ex(context, EVP_des_ede3_cbc(), NULL, sealer->key, sealer->iv);
	EVP_CIPHER_CTX_set_padding(context, 0);
	g_assert_true(EVP_EncryptUpdate(context, body, &made, text + 13, (int)size));
	g_assert_cmpuint((size_t)made, ==, size);
	EVP_CIPHER_CTX_free(context);
	memcpy(sealer->iv, body + size - DES_BLOCK, DES_BLOCK);
	size += (size_t)(body - record) - FDAR_TLS_HEADER;
	memcpy(record, header + 8, 3);
	record[3] = 0;
	record[4] = (uint8_t)size;
	return FDAR_TLS_HEADER + size;
}

static struct fdar_tls_opener *opener_of(uint16_t suite, uint16_t version)
{
	struct fdar_tls_secret master = master_of(7);

	return fdar_tls_opener_new12(fdar_tls_suite_find(suite), version, &master, client_random,
				     server_random, TRUE, FALSE);
}

static gboolean opens(struct fdar_tls_opener *opener, uint64_t number, const uint8_t *record,
		      size_t size, char letter)
{
	static uint8_t out[FDAR_TLS_RECORD_MAX];
	size_t made;
	uint8_t type;

	if (!fdar_tls_opener_open(opener, number, record, size, out, &made, &type))
		return FALSE;
	g_assert_cmpuint(type, ==, FDAR_TLS_DATA);
	g_assert_cmpuint(made, ==, TEXT);
	for (size_t i = 0; i < made; i++)
		g_assert_cmpint(out[i], ==, letter);
	return TRUE;
}

/* In order, each once; another number, or a byte that is damaged, does not open. */
static void test_triple_des(void)
{
	struct fdar_tls_secret master = master_of(7);

	for (uint16_t version = 0x0301; version <= 0x0303; version++) {
		struct fdar_tls_opener *opener = opener_of(0x000a, version);
		struct sealer sealer = sealer_of(version, &master);
		uint8_t record[256];

		for (uint8_t i = 0; i < 5; i++) {
			size_t size = seal(&sealer, i, (char)('a' + i), record);

			g_assert_false(opens(opener, i + 1u, record, size, '?'));
			record[size - 1] ^= 1;
			g_assert_false(opens(opener, i, record, size, '?'));
			record[size - 1] ^= 1;
			g_assert_true(opens(opener, i, record, size, (char)('a' + i)));
			fdar_tls_opener_pass(opener, record, size);
		}
		fdar_tls_opener_free(opener);
	}
}

/* TLS 1.0: what is lost takes the record behind it along; from 1.1 on, itself alone. */
static void test_chain(void)
{
	struct fdar_tls_secret master = master_of(7);

	for (uint16_t version = 0x0301; version <= 0x0303; version++) {
		struct fdar_tls_opener *opener = opener_of(0x0016, version);
		struct sealer sealer = sealer_of(version, &master);
		uint8_t record[256];
		size_t size = seal(&sealer, 0, 'a', record);

		g_assert_true(opens(opener, 0, record, size, 'a'));
		fdar_tls_opener_pass(opener, NULL, 0);
		size = seal(&sealer, 1, 'b', record);
		g_assert_cmpint(opens(opener, 1, record, size, 'b'), ==, version > 0x0301);
		/* However it comes. */
		for (size_t i = 0; i < size; i++)
			fdar_tls_opener_pass(opener, record + i, 1);
		size = seal(&sealer, 2, 'c', record);
		g_assert_true(opens(opener, 2, record, size, 'c'));
		fdar_tls_opener_free(opener);
	}
}

/* Before TLS 1.2 there are no other suites than these; SSL 3.0 has MACs of its own. */
static void test_versions(void)
{
	static const struct {
		uint16_t suite, version;
		gboolean fits;
	} cases[] = {
		{ 0x002f, 0x0301, TRUE },  { 0x002f, 0x0302, TRUE },  { 0x002f, 0x0300, FALSE },
		{ 0xc02f, 0x0302, FALSE }, { 0xc027, 0x0301, FALSE }, { 0xcca8, 0x0301, FALSE },
		{ 0xc02f, 0x0303, TRUE },  { 0x1301, 0x0303, FALSE }, { 0x002f, 0x0305, FALSE },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fdar_tls_opener *opener = opener_of(cases[i].suite, cases[i].version);

		g_assert_cmpint(opener != NULL, ==, cases[i].fits);
		fdar_tls_opener_free(opener);
	}
}

/* A machine may allow no MD5, as FIPS 140 has it, or less: there are no keys then, and no end of waiting for them. */
static void test_forbidden(void)
{
	struct fdar_tls_secret master = master_of(7);
	uint8_t block[104];

	g_assert_true(EVP_set_default_properties(NULL, "nobody=has"));
	for (uint16_t version = 0x0301; version <= 0x0303; version++) {
		g_assert_false(fdar_tls_key_block(version, 32, &master, client_random,
						  server_random, block, sizeof(block)));
		g_assert_null(opener_of(0x002f, version));
	}
	g_assert_true(EVP_set_default_properties(NULL, ""));
	g_assert_true(fdar_tls_key_block(0x0301, 32, &master, client_random, server_random, block,
					 sizeof(block)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/suite/triple-des", test_triple_des);
	g_test_add_func("/suite/chain", test_chain);
	g_test_add_func("/suite/versions", test_versions);
	g_test_add_func("/suite/forbidden", test_forbidden);
	return g_test_run();
}
