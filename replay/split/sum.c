#include "replay/split/sum.h"

#include <openssl/evp.h>
#include <string.h>

#include "replay/capture/capture_error.h"

struct fdar_sums {
	OSSL_LIB_CTX *library;
	EVP_MD *method;
};

/* struct fdar_sum is an EVP_MD_CTX. */
static EVP_MD_CTX *context_of(struct fdar_sum *sum)
{
	return (EVP_MD_CTX *)(void *)sum;
}

struct fdar_sums *fdar_sums_new(GError **error)
{
	struct fdar_sums *sums = g_new0(struct fdar_sums, 1);

	sums->library = OSSL_LIB_CTX_new();
	if (sums->library)
		sums->method = EVP_MD_fetch(sums->library, "SHA2-256", NULL);
	if (sums->method)
		return sums;
	fdar_sums_free(sums);
	g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_OUTPUT,
		    "libcrypto has no SHA-256, which the list of sessions needs");
	return NULL;
}

void fdar_sums_free(struct fdar_sums *sums)
{
	if (!sums)
		return;
	EVP_MD_free(sums->method);
	OSSL_LIB_CTX_free(sums->library);
	g_free(sums);
}

struct fdar_sum *fdar_sum_begin(const struct fdar_sums *sums)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	/* Like GLib's own: there is no going on without memory. */
	if (!context || !EVP_DigestInit_ex(context, sums->method, NULL))
		g_error("no memory for a SHA-256");
	return (struct fdar_sum *)(void *)context;
}

void fdar_sum_add(struct fdar_sum *sum, const uint8_t *bytes, size_t size)
{
	EVP_DigestUpdate(context_of(sum), bytes, size);
}

void fdar_sum_end(struct fdar_sum *sum, uint8_t digest[FDAR_SUM_BYTES])
{
	static const uint8_t nothing[FDAR_SUM_BYTES] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
		0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
		0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
	};

	if (!sum) {
		if (digest)
			memcpy(digest, nothing, sizeof(nothing));
		return;
	}
	if (digest)
		EVP_DigestFinal_ex(context_of(sum), digest, NULL);
	EVP_MD_CTX_free(context_of(sum));
}
