#include "replay/tls/tls_private.h"

#define UPDATES_MAX 8u    /* key updates that may be among what was lost */
#define TRY_BYTES   4096u /* what a try costs beside the bytes that it decrypts */

/* Tries a record with the numbers that it may have. TRUE when it opened: *number is behind it. */
static gboolean try_numbers(struct fdar_tls *tls, struct fdar_tls_direction *direction,
			    struct fdar_tls_opener *opener, uint64_t *number, const uint8_t *record,
			    size_t size, size_t *made, uint8_t *type)
{
	for (uint64_t i = 0; opener && i <= direction->unsure; i++) {
		if (fdar_tls_opener_open(opener, *number + i, record, size, tls->plain, made,
					 type)) {
			*number += i + 1;
			return TRUE;
		}
		direction->vain -= MIN(direction->vain, size + TRY_BYTES);
		if (!direction->vain)
			return FALSE;
	}
	return FALSE;
}

/* Key updates may be among what was lost. */
static gboolean try_next_keys(struct fdar_tls *tls, struct fdar_tls_direction *direction,
			      const uint8_t *record, size_t size, size_t *made, uint8_t *type)
{
	struct fdar_tls_secret next = direction->secret;

	for (unsigned i = 0; i < UPDATES_MAX && direction->vain; i++) {
		struct fdar_tls_opener *opener;
		uint64_t number = 0;

		fdar_tls_secret_next(tls->suite, &next);
		opener = fdar_tls_opener_new13(tls->suite, &next);
		if (!try_numbers(tls, direction, opener, &number, record, size, made, type)) {
			fdar_tls_opener_free(opener);
			continue;
		}
		fdar_tls_opener_free(direction->opener);
		direction->opener = opener;
		direction->secret = next;
		direction->number = number;
		return TRUE;
	}
	return FALSE;
}

/* The suite of TLS 1.3 that a secret is for, where nobody tells: with it the record opens. 0: none. */
static uint16_t find_suite(struct fdar_tls *tls, struct fdar_tls_direction *direction,
			   const struct fdar_tls_secret *secret, const uint8_t *record, size_t size)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0x1304, 0x1305 };
	uint16_t found = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(suites) && !found && direction->vain; i++) {
		struct fdar_tls_opener *opener =
			fdar_tls_opener_new13(fdar_tls_suite_find(suites[i]), secret);
		uint64_t number = 0;
		size_t made;
		uint8_t type;

		if (try_numbers(tls, direction, opener, &number, record, size, &made, &type))
			found = suites[i];
		fdar_tls_opener_free(opener);
	}
	return found;
}

/* Data that a client sends before the handshake is over; its suite is that of the session it resumes. */
static gboolean open_early(struct fdar_tls *tls, struct fdar_tls_direction *direction,
			   const uint8_t *record, size_t size, size_t *made, uint8_t *type)
{
	if (!tls->secrets || !tls->secrets->early.size || direction->protected)
		return FALSE;
	if (!direction->early) {
		uint16_t suite = find_suite(tls, direction, &tls->secrets->early, record, size);

		if (!suite)
			return FALSE;
		direction->early =
			fdar_tls_opener_new13(fdar_tls_suite_find(suite), &tls->secrets->early);
	}
	return try_numbers(tls, direction, direction->early, &direction->early_number, record, size,
			   made, type);
}

/* What the server says under the keys of the handshake: which protocol it has chosen. */
static gboolean open_handshake(struct fdar_tls *tls, struct fdar_tls_direction *direction,
			       const uint8_t *record, size_t size, size_t *made, uint8_t *type)
{
	if (!tls->secrets || !tls->suite || !tls->secrets->handshake.size || direction->protected)
		return FALSE;
	if (!direction->early)
		direction->early = fdar_tls_opener_new13(tls->suite, &tls->secrets->handshake);
	return try_numbers(tls, direction, direction->early, &direction->early_number, record, size,
			   made, type);
}

gboolean fdar_tls_open13(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size,
			 size_t *made, uint8_t *type)
{
	struct fdar_tls_direction *direction = &tls->directions[way];

	if (way == 0 ? open_early(tls, direction, record, size, made, type)
		     : open_handshake(tls, direction, record, size, made, type))
		return TRUE;
	if (!tls->secrets || !tls->secrets->traffic[way].size)
		return FALSE;
	if (!tls->suite) {
		/* The server's hello was lost. */
		tls->info.suite =
			find_suite(tls, direction, &tls->secrets->traffic[way], record, size);
		tls->suite = fdar_tls_suite_find(tls->info.suite);
	}
	if (!tls->suite)
		return FALSE;
	if (!direction->opener) {
		direction->secret = tls->secrets->traffic[way];
		direction->opener = fdar_tls_opener_new13(tls->suite, &direction->secret);
	}
	if (!try_numbers(tls, direction, direction->opener, &direction->number, record, size, made,
			 type) &&
	    !(direction->protected && direction->unsure &&
	      try_next_keys(tls, direction, record, size, made, type)))
		return FALSE;
	direction->protected = TRUE;
	direction->unsure = 0;
	return TRUE;
}

void fdar_tls_change_keys(struct fdar_tls *tls, unsigned way)
{
	struct fdar_tls_direction *direction = &tls->directions[way];

	fdar_tls_opener_free(direction->opener);
	direction->opener = NULL;
	direction->protected = TRUE;
	direction->number = 0;
	direction->keys = tls->hellos;
	if (!tls->secrets && tls->offered)
		tls->secrets = fdar_tls_keys_resume(tls->keys, tls->randoms[0], tls->offered);
	if (tls->secrets)
		direction->opener =
			fdar_tls_opener_new12(tls->suite, tls->info.version, &tls->secrets->master,
					      tls->randoms[0], tls->randoms[1], way == 1,
					      tls->encrypt_then_mac);
}

/* The change of keys in a renegotiation may be among what was lost. */
static gboolean try_changed(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size,
			    size_t *made, uint8_t *type)
{
	struct fdar_tls_direction *direction = &tls->directions[way], before = *direction;

	if (!direction->unsure || !direction->vain || !tls->secrets || !tls->suite ||
	    direction->keys == tls->hellos)
		return FALSE;
	direction->opener = NULL;
	fdar_tls_change_keys(tls, way);
	if (try_numbers(tls, direction, direction->opener, &direction->number, record, size, made,
			type)) {
		fdar_tls_opener_free(before.opener);
		return TRUE;
	}
	fdar_tls_opener_free(direction->opener);
	before.vain = direction->vain;
	*direction = before;
	return FALSE;
}

gboolean fdar_tls_open12(struct fdar_tls *tls, unsigned way, const uint8_t *record, size_t size,
			 size_t *made, uint8_t *type)
{
	struct fdar_tls_direction *direction = &tls->directions[way];

	if (!try_numbers(tls, direction, direction->opener, &direction->number, record, size, made,
			 type) &&
	    !try_changed(tls, way, record, size, made, type))
		return FALSE;
	direction->protected = TRUE;
	direction->unsure = 0;
	fdar_tls_opener_pass(direction->opener, record, size);
	return TRUE;
}
