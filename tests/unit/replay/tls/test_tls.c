/* TLS read along: what libssl's two ends say to one another, decrypted with the secrets that they log.
 * Every kind of suite and version, records cut as they like, key updates, secrets that are few, records
 * that were lost. */
#include <glib.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "replay/tls/tls.h"

/* Both ends, and what went over the wire: each flight with its way. */
struct talk {
	SSL_CTX *contexts[2]; /* client, server */
	SSL *ends[2];
	BIO *wires[2]; /* what each end has sent */
	GString *log;
	GArray *flights; /* struct flight */
	GString *said[2];
};

struct flight {
	unsigned way;
	GByteArray *bytes;
};

static void on_keylog(const SSL *ssl, const char *line)
{
	struct talk *talk = SSL_get_app_data(ssl);

	g_string_append_printf(talk->log, "%s\n", line);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *size,
		       const unsigned char *in, unsigned in_size, void *user)
{
	(void)ssl;
	(void)user;
	g_assert_cmpuint(in_size, >, 3);
	*out = in + 4; /* the second: behind "h2" and its length, and the next length */
	*size = in[3];
	return SSL_TLSEXT_ERR_OK;
}

/* One key for all: making one takes longer than everything else. */
static EVP_PKEY *server_key;

static void set_certificate(SSL_CTX *context)
{
	EVP_PKEY *key = server_key;
	X509 *certificate = X509_new();

	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
	SSL_CTX_use_certificate(context, certificate);
	SSL_CTX_use_PrivateKey(context, key);
	X509_free(certificate);
}

static void talk_begin(struct talk *talk, int version, const char *suite, uint64_t options)
{
	*talk = (struct talk){ .log = g_string_new(NULL),
			       .flights = g_array_new(FALSE, FALSE, sizeof(struct flight)) };
	for (unsigned i = 0; i < 2; i++) {
		talk->contexts[i] = SSL_CTX_new(i ? TLS_server_method() : TLS_client_method());
		SSL_CTX_set_security_level(talk->contexts[i], 0);
		SSL_CTX_set_min_proto_version(talk->contexts[i], version);
		SSL_CTX_set_max_proto_version(talk->contexts[i], version);
		SSL_CTX_set_options(talk->contexts[i], options);
		if (version == TLS1_3_VERSION)
			g_assert_true(SSL_CTX_set_ciphersuites(talk->contexts[i], suite));
		else
			g_assert_true(SSL_CTX_set_cipher_list(talk->contexts[i], suite));
		talk->said[i] = g_string_new(NULL);
	}
	set_certificate(talk->contexts[1]);
	SSL_CTX_set_alpn_select_cb(talk->contexts[1], choose_alpn, NULL);
	SSL_CTX_set_keylog_callback(talk->contexts[0], on_keylog);
	for (unsigned i = 0; i < 2; i++) {
		talk->ends[i] = SSL_new(talk->contexts[i]);
		talk->wires[i] = BIO_new(BIO_s_mem());
		SSL_set_app_data(talk->ends[i], talk);
	}
	for (unsigned i = 0; i < 2; i++) {
		BIO_up_ref(talk->wires[i]);
		BIO_up_ref(talk->wires[i]);
		SSL_set_bio(talk->ends[i], talk->wires[!i], talk->wires[i]);
	}
	SSL_set_connect_state(talk->ends[0]);
	SSL_set_accept_state(talk->ends[1]);
	SSL_set_tlsext_host_name(talk->ends[0], "example.org");
	SSL_set_alpn_protos(talk->ends[0], (const uint8_t *)"\2h2\10http/1.1", 12);
}

/* The client offers the session of another talk, whose server's memory this one has. */
static void talk_resume(struct talk *talk, const struct talk *other)
{
	SSL_set_session(talk->ends[0], SSL_get0_session(other->ends[0]));
	SSL_free(talk->ends[1]);
	SSL_CTX_free(talk->contexts[1]);
	talk->contexts[1] = other->contexts[1];
	SSL_CTX_up_ref(talk->contexts[1]);
	talk->ends[1] = SSL_new(talk->contexts[1]);
	SSL_set_app_data(talk->ends[1], talk);
	BIO_up_ref(talk->wires[0]);
	BIO_up_ref(talk->wires[1]);
	SSL_set_bio(talk->ends[1], talk->wires[0], talk->wires[1]);
	SSL_set_accept_state(talk->ends[1]);
}

/* What an end has sent since then becomes a flight; it stays on the wire. */
static void note_flight(struct talk *talk, unsigned way, size_t before)
{
	char *bytes;
	long size = BIO_get_mem_data(talk->wires[way], &bytes);
	struct flight flight = { way, g_byte_array_new() };

	g_byte_array_append(flight.bytes, (const uint8_t *)bytes + before,
			    (guint)((size_t)size - before));
	if (flight.bytes->len)
		g_array_append_val(talk->flights, flight);
	else
		g_byte_array_unref(flight.bytes);
}

static size_t on_wire(const struct talk *talk, unsigned way)
{
	return BIO_ctrl_pending(talk->wires[way]);
}

static void shake_hands(struct talk *talk)
{
	for (unsigned turn = 0; turn < 20; turn++) {
		unsigned way = turn % 2;
		size_t before = on_wire(talk, way);

		SSL_do_handshake(talk->ends[way]);
		note_flight(talk, way, before);
	}
	g_assert_true(SSL_is_init_finished(talk->ends[0]) && SSL_is_init_finished(talk->ends[1]));
}

static void say(struct talk *talk, unsigned way, const char *text, size_t size)
{
	size_t before = on_wire(talk, way), answers = on_wire(talk, !way), done = 0;
	g_autofree char *heard = g_malloc(size);

	g_assert_true(SSL_write_ex(talk->ends[way], text, size, &done));
	note_flight(talk, way, before);
	g_string_append_len(talk->said[way], text, (gssize)size);
	for (size_t at = 0; at < size; at += done)
		g_assert_true(SSL_read_ex(talk->ends[!way], heard + at, size - at, &done));
	note_flight(talk, !way, answers); /* a key update that was asked for */
}

static void exchange(struct talk *talk)
{
	g_autofree char *large = g_strnfill(40000, 'x');

	say(talk, 0, "GET / HTTP/1.1\r\n\r\n", 18);
	say(talk, 1, "HTTP/1.1 200 OK\r\n\r\n", 19);
	say(talk, 1, large, 40000); /* three records */
	say(talk, 0, "more", 4);
	say(talk, 1, "done", 4);
}

/* Both ends say that they are done. */
static void end(struct talk *talk)
{
	for (unsigned way = 0; way < 2; way++) {
		size_t before = on_wire(talk, way);

		SSL_shutdown(talk->ends[way]);
		note_flight(talk, way, before);
	}
}

static void talk_end(struct talk *talk)
{
	for (unsigned i = 0; i < 2; i++) {
		SSL_free(talk->ends[i]);
		BIO_free(talk->wires[i]);
		SSL_CTX_free(talk->contexts[i]);
		g_string_free(talk->said[i], TRUE);
	}
	for (guint i = 0; i < talk->flights->len; i++)
		g_byte_array_unref(g_array_index(talk->flights, struct flight, i).bytes);
	g_array_unref(talk->flights);
	g_string_free(talk->log, TRUE);
}

struct heard {
	GString *said[2];
	size_t missing[2];
	unsigned ended[2];
};

static void on_data(void *user, unsigned way, const uint8_t *bytes, size_t size)
{
	g_string_append_len(((struct heard *)user)->said[way], (const char *)bytes, (gssize)size);
}

static void on_missing(void *user, unsigned way, size_t size)
{
	((struct heard *)user)->missing[way] += size;
}

static void on_ended(void *user, unsigned way)
{
	((struct heard *)user)->ended[way]++;
}

static void on_refused(void *user)
{
	g_string_set_size(((struct heard *)user)->said[0], 0);
}

static const struct fdar_tls_ops ops = { on_data, on_missing, on_ended, on_refused };

static struct fdar_tls_keys *keys_of(const struct talk *talk, const char *only)
{
	struct fdar_tls_keys *keys = fdar_tls_keys_new();
	g_auto(GStrv) lines = g_strsplit(talk->log->str, "\n", -1);

	for (char **line = lines; *line; line++)
		if (!only || strstr(*line, only))
			fdar_tls_keys_add(keys, *line, strlen(*line));
	return keys;
}

static struct fdar_tls *listen_to(const struct talk *talk, struct fdar_tls_keys *keys,
				  struct heard *heard, size_t step)
{
	struct fdar_tls *tls = fdar_tls_new(keys, &ops, heard);

	*heard = (struct heard){ { g_string_new(NULL), g_string_new(NULL) }, { 0 }, { 0 } };
	for (guint i = 0; i < talk->flights->len; i++) {
		const struct flight *flight = &g_array_index(talk->flights, struct flight, i);

		for (size_t at = 0; at < flight->bytes->len; at += step)
			fdar_tls_feed(tls, flight->way, flight->bytes->data + at,
				      MIN(step, flight->bytes->len - at));
	}
	return tls;
}

static void heard_clear(struct heard *heard)
{
	g_string_free(heard->said[0], TRUE);
	g_string_free(heard->said[1], TRUE);
}

/* All that was said comes out, however it is cut, with those secrets. */
static void check(const struct talk *talk, const char *only, uint16_t version, const char *alpn)
{
	static const size_t steps[] = { 1, 7, 1448, 1 << 20 };
	struct fdar_tls_keys *keys = keys_of(talk, only);

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct heard heard;
		struct fdar_tls *tls = listen_to(talk, keys, &heard, steps[i]);
		const struct fdar_tls_info *info = fdar_tls_info(tls);

		g_assert_true(info->is_tls && info->has_keys);
		g_assert_cmpuint(info->version, ==, version);
		g_assert_cmpstr(info->name, ==, "example.org");
		g_assert_cmpstr(info->alpn, ==, alpn);
		for (unsigned way = 0; way < 2; way++) {
			g_assert_cmpstr(heard.said[way]->str, ==, talk->said[way]->str);
			g_assert_cmpuint(heard.missing[way], ==, 0);
			g_assert_cmpuint(heard.ended[way], ==, 1);
		}
		fdar_tls_free(tls);
		heard_clear(&heard);
	}
	fdar_tls_keys_free(keys);
}

static void test_suites(void)
{
	static const struct {
		int version;
		const char *suite;
		uint64_t options;
	} cases[] = {
		{ TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0 },
		{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0 },
		{ TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", 0 },
		{ TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256", 0 },
		{ TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256", 0 },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0 },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", 0 },
		{ TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", 0 },
		{ TLS1_2_VERSION, "AES128-CCM", 0 },
		{ TLS1_2_VERSION, "AES256-CCM8", 0 },
		{ TLS1_2_VERSION, "AES128-GCM-SHA256", 0 },
		{ TLS1_2_VERSION, "AES128-SHA", 0 },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", 0 },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", SSL_OP_NO_ENCRYPT_THEN_MAC },
		{ TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", 0 },
		{ TLS1_2_VERSION, "CAMELLIA128-SHA", 0 },
		{ TLS1_2_VERSION, "CAMELLIA256-SHA256", SSL_OP_NO_ENCRYPT_THEN_MAC },
		{ TLS1_2_VERSION, "ECDHE-RSA-CAMELLIA256-SHA384", 0 },
		{ TLS1_2_VERSION, "ARIA128-GCM-SHA256", 0 },
		{ TLS1_2_VERSION, "ECDHE-ARIA256-GCM-SHA384", 0 },
		{ TLS1_1_VERSION, "AES128-SHA", 0 },
		{ TLS1_1_VERSION, "ECDHE-RSA-AES256-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC },
		{ TLS1_VERSION, "AES256-SHA", 0 },
		{ TLS1_VERSION, "CAMELLIA128-SHA", SSL_OP_NO_ENCRYPT_THEN_MAC },
		{ TLS1_VERSION, "ECDHE-RSA-AES128-SHA", SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct talk talk;

		g_test_message("%s", cases[i].suite);
		talk_begin(&talk, cases[i].version, cases[i].suite, cases[i].options);
		shake_hands(&talk);
		exchange(&talk);
		end(&talk);
		check(&talk, NULL, (uint16_t)cases[i].version, "http/1.1");
		talk_end(&talk);
	}
}

static unsigned give_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_size,
			 unsigned char *psk, unsigned psk_size)
{
	(void)ssl;
	(void)hint;
	g_strlcpy(identity, "somebody", identity_size);
	memset(psk, 7, MIN(psk_size, 16));
	return 16;
}

static unsigned find_psk(SSL *ssl, const char *identity, unsigned char *psk, unsigned psk_size)
{
	(void)ssl;
	(void)identity;
	memset(psk, 7, MIN(psk_size, 16));
	return 16;
}

/* Each suite of TLS 1.2 that libssl has, whoever says who the server is: RSA, nobody, a pre-shared key. */
static void test_all_suites(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	STACK_OF(SSL_CIPHER) * all;
	unsigned tried = 0;

	g_assert_true(
		SSL_CTX_set_cipher_list(context,
					"ALL:COMPLEMENTOFALL:!aECDSA:!aDSS:!SRP:@SECLEVEL=0"));
	all = SSL_CTX_get_ciphers(context);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *suite = sk_SSL_CIPHER_value(all, i);
		const char *name = SSL_CIPHER_get_name(suite);
		struct talk talk;

		if (g_str_has_prefix(name, "TLS_"))
			continue;
		g_test_message("%s", name);
		talk_begin(&talk, TLS1_2_VERSION, name, 0);
		SSL_set_dh_auto(talk.ends[1], 1);
		SSL_set_psk_client_callback(talk.ends[0], give_psk);
		SSL_set_psk_server_callback(talk.ends[1], find_psk);
		shake_hands(&talk);
		say(&talk, 0, "a request", 9);
		say(&talk, 1, "an answer", 9);
		end(&talk);
		check(&talk, NULL, 0x0303, "http/1.1");
		talk_end(&talk);
		tried++;
	}
	g_assert_cmpuint(tried, >, 60);
	SSL_CTX_free(context);
}

/* The secrets of the handshake are not needed, only which protocol was chosen is not known then. */
static void test_traffic_secrets(void)
{
	struct talk talk;

	talk_begin(&talk, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);
	shake_hands(&talk);
	exchange(&talk);
	end(&talk);
	check(&talk, "_TRAFFIC_SECRET_0", 0x0304, "h2");
	talk_end(&talk);
}

static void test_key_update(void)
{
	struct talk talk;

	talk_begin(&talk, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0);
	shake_hands(&talk);
	exchange(&talk);
	for (unsigned i = 0; i < 3; i++) {
		SSL_key_update(talk.ends[i % 2], SSL_KEY_UPDATE_REQUESTED);
		exchange(&talk);
	}
	end(&talk);
	check(&talk, NULL, 0x0304, "http/1.1");
	talk_end(&talk);
}

/* Others' secrets, and none, open nothing; the hellos are read. */
static void test_no_secrets(void)
{
	struct talk talk, other;
	struct fdar_tls_keys *keys;
	struct fdar_tls *tls;
	struct heard heard;

	talk_begin(&talk, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);
	talk_begin(&other, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);
	shake_hands(&talk);
	exchange(&talk);
	shake_hands(&other);
	keys = keys_of(&other, NULL);
	tls = listen_to(&talk, keys, &heard, 1000);
	g_assert_true(fdar_tls_info(tls)->is_tls);
	g_assert_false(fdar_tls_info(tls)->has_keys);
	g_assert_cmpuint(fdar_tls_info(tls)->suite, ==, 0x1301);
	g_assert_cmpuint(fdar_tls_info(tls)->opened, ==, 0);
	g_assert_cmpuint(heard.said[0]->len + heard.said[1]->len, ==, 0);
	fdar_tls_free(tls);
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&talk);
	talk_end(&other);
}

/* Feeds all, but bytes [from, to) of the server's stream are lost. */
static void listen_with_gap(const struct talk *talk, struct fdar_tls_keys *keys, size_t from,
			    size_t to, struct heard *heard)
{
	struct fdar_tls *tls = fdar_tls_new(keys, &ops, heard);
	size_t offset = 0;

	*heard = (struct heard){ { g_string_new(NULL), g_string_new(NULL) }, { 0 }, { 0 } };
	for (guint i = 0; i < talk->flights->len; i++) {
		const struct flight *flight = &g_array_index(talk->flights, struct flight, i);

		for (size_t at = 0; at < flight->bytes->len; at++) {
			if (flight->way == 1 && offset == from)
				fdar_tls_gap(tls, 1, to - from);
			if (flight->way == 0 || offset < from || offset >= to)
				fdar_tls_feed(tls, flight->way, flight->bytes->data + at, 1);
			offset += flight->way;
		}
	}
	fdar_tls_free(tls);
}

/* Twenty numbered records of the server; a part of some is lost: the others are there, in order. */
static void check_loss(int version, const char *suite, gboolean update, uint64_t options)
{
	struct talk talk;
	struct fdar_tls_keys *keys;
	/* TLS 1.0: a record opens by the end of the one before. */
	size_t begin = 0, more = version == TLS1_VERSION;

	talk_begin(&talk, version, suite,
		   options | SSL_OP_NO_TICKET | SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
	shake_hands(&talk);
	say(&talk, 0, "ask", 3);
	for (guint i = 0; i < talk.flights->len; i++)
		if (g_array_index(talk.flights, struct flight, i).way == 1)
			begin += g_array_index(talk.flights, struct flight, i).bytes->len;
	for (unsigned i = 0; i < 20; i++) {
		g_autofree char *text = g_strdup_printf("record %02u;", i);

		if (update && i == 5)
			SSL_key_update(talk.ends[1], SSL_KEY_UPDATE_NOT_REQUESTED);
		say(&talk, 1, text, 10);
	}
	keys = keys_of(&talk, NULL);
	/* Within a record, from one into another, whole ones, many. */
	for (size_t from = begin; from < begin + 120; from += 13) {
		for (size_t size = 1; size < 300; size += 29) {
			struct heard heard;
			unsigned last = 0, count = 0;

			listen_with_gap(&talk, keys, from, from + size, &heard);
			for (const char *at = heard.said[1]->str; *at; at += 10, count++) {
				unsigned number = (unsigned)g_ascii_strtoull(at + 7, NULL, 10);

				g_assert_true(g_str_has_prefix(at, "record "));
				g_assert_true(count == 0 || number > last);
				last = number;
			}
			g_assert_cmpuint(last, ==, 19);
			/* A record is at least 31 bytes: as many as can have been hit, and no more. */
			g_assert_cmpuint(count, >=, 20 - (size / 31 + 2 + more));
			g_assert_cmpuint(count, <, 20);
			g_assert_cmpuint(heard.missing[1], >, 0);
			heard_clear(&heard);
		}
	}
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

static void test_loss(void)
{
	check_loss(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", FALSE, 0);
	check_loss(TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", TRUE, 0);
	check_loss(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", FALSE, 0);
	check_loss(TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", FALSE, 0);
	check_loss(TLS1_1_VERSION, "AES128-SHA", FALSE, 0);
	check_loss(TLS1_VERSION, "AES128-SHA", FALSE, 0);
	check_loss(TLS1_VERSION, "AES128-SHA", FALSE, SSL_OP_NO_ENCRYPT_THEN_MAC);
}

/* Without the server's hello its suite is not known: the secrets open the records all the same. */
static void test_lost_hello(void)
{
	static const char *suites[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
					"TLS_CHACHA20_POLY1305_SHA256" };

	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		struct fdar_tls_keys *keys;
		struct talk talk;

		talk_begin(&talk, TLS1_3_VERSION, suites[i], SSL_OP_NO_TICKET);
		shake_hands(&talk);
		exchange(&talk);
		keys = keys_of(&talk, NULL);
		for (size_t size = 1; size < 200; size += 33) {
			struct heard heard;

			listen_with_gap(&talk, keys, 0, size, &heard);
			for (unsigned way = 0; way < 2; way++)
				g_assert_cmpstr(heard.said[way]->str, ==, talk.said[way]->str);
			heard_clear(&heard);
		}
		fdar_tls_keys_free(keys);
		talk_end(&talk);
	}
}

/* Where the server's flights begin in what it has sent, and how much it is. */
static size_t sent_by_server(const struct talk *talk, guint flights)
{
	size_t size = 0;

	for (guint i = 0; i < flights; i++)
		if (g_array_index(talk->flights, struct flight, i).way == 1)
			size += g_array_index(talk->flights, struct flight, i).bytes->len;
	return size;
}

/* The server's last flight of the handshake has the change of keys: without it, or without what is in front of it, all
 * that comes behind opens. */
static void check_lost_change(int version, const char *suite)
{
	struct talk talk;
	struct fdar_tls_keys *keys;
	size_t end;

	talk_begin(&talk, version, suite, SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
	shake_hands(&talk);
	end = sent_by_server(&talk, talk.flights->len);
	for (unsigned i = 0; i < 5; i++) {
		g_autofree char *text = g_strdup_printf("record %02u;", i);

		say(&talk, 1, text, 10);
		say(&talk, 0, "next", 4);
	}
	keys = keys_of(&talk, NULL);
	for (size_t from = end - 250; from < end; from += 7) {
		struct heard heard;
		const char *at;

		listen_with_gap(&talk, keys, from, end, &heard);
		/* TLS 1.0: the first record opens by the end of the one before. */
		at = strstr(heard.said[1]->str,
			    version == TLS1_VERSION ? "record 01;" : "record 00;");
		g_assert_nonnull(at);
		g_assert_true(g_str_has_suffix(at, "record 03;record 04;"));
		g_assert_cmpstr(heard.said[0]->str, ==, talk.said[0]->str);
		heard_clear(&heard);
	}
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

static void test_lost_change(void)
{
	check_lost_change(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256");
	check_lost_change(TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305");
	check_lost_change(TLS1_2_VERSION, "AES128-SHA");
	check_lost_change(TLS1_1_VERSION, "AES128-SHA");
	check_lost_change(TLS1_VERSION, "AES128-SHA");
}

/* Behind a loss, bytes that look like records: of a change of keys, of others. They are none. */
static void check_chance(int version, const char *suite, const char *bytes, size_t size)
{
	struct fdar_tls_keys *keys;
	struct heard heard;
	struct talk talk;
	struct flight *flight;
	size_t begin, end;

	talk_begin(&talk, version, suite, SSL_OP_NO_TICKET | SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS);
	shake_hands(&talk);
	begin = sent_by_server(&talk, talk.flights->len);
	say(&talk, 1, "the first", 9);
	end = sent_by_server(&talk, talk.flights->len) + 20;
	say(&talk, 1, "the second, of which the beginning is lost", 42);
	flight = &g_array_index(talk.flights, struct flight, talk.flights->len - 1);
	memcpy(flight->bytes->data + 20, bytes, size);
	say(&talk, 1, "the third", 9);
	keys = keys_of(&talk, NULL);
	listen_with_gap(&talk, keys, begin, end, &heard);
	g_assert_cmpstr(heard.said[1]->str, ==, "the third");
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

static void test_chance(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = { { "\x14\3\3\0\1\1", 6 },
		      { "\x14\3\3\0\4", 5 },
		      { "\x17\3\3\0\4\x14\3\3\0\1\1", 11 },
		      { "\x16\3\3\0\5\1\0\0\1\0", 10 } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		check_chance(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", cases[i].bytes,
			     cases[i].size);
		check_chance(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", cases[i].bytes,
			     cases[i].size);
		check_chance(TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", cases[i].bytes,
			     cases[i].size);
	}
}

/* Several key updates in one loss. */
static void test_lost_updates(void)
{
	struct fdar_tls_keys *keys;
	struct heard heard;
	struct talk talk;
	size_t begin, end;

	talk_begin(&talk, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);
	shake_hands(&talk);
	say(&talk, 1, "before", 6);
	begin = sent_by_server(&talk, talk.flights->len);
	for (unsigned i = 0; i < 4; i++) {
		SSL_key_update(talk.ends[1], SSL_KEY_UPDATE_NOT_REQUESTED);
		say(&talk, 1, "between", 7);
	}
	end = sent_by_server(&talk, talk.flights->len);
	say(&talk, 1, "behind", 6);
	keys = keys_of(&talk, NULL);
	listen_with_gap(&talk, keys, begin, end, &heard);
	g_assert_cmpstr(heard.said[1]->str, ==, "beforebehind");
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

/* A hello in plain, of another suite, behind the first content: it is not the server's. */
static void test_late_hello(void)
{
	static const uint8_t hello[5 + 4 + 46] = {
		0x16, 3, 3, 0, 50, 2, 0, 0, 46, 3, 3, [44] = 0x13, 2, 0, 0, 6, 0, 0x2b, 0, 2, 3, 4
	};
	struct fdar_tls_keys *keys;
	struct heard heard;
	struct talk talk;

	talk_begin(&talk, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);
	shake_hands(&talk);
	say(&talk, 1, "before", 6);
	g_byte_array_append(g_array_index(talk.flights, struct flight, talk.flights->len - 1).bytes,
			    hello, sizeof(hello));
	SSL_key_update(talk.ends[1], SSL_KEY_UPDATE_NOT_REQUESTED);
	say(&talk, 1, "behind", 6);
	keys = keys_of(&talk, NULL);
	listen_with_gap(&talk, keys, SIZE_MAX, SIZE_MAX, &heard);
	g_assert_cmpstr(heard.said[1]->str, ==, "beforebehind");
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

/* Behind a loss, nothing but headers of records, each of which could be one: looking at all of them with all numbers would
 * take half an hour. */
static void test_vain(void)
{
	static const uint8_t header[] = { 0x17, 3, 3, 0x40, 0x10 };
	g_autoptr(GByteArray) headers = g_byte_array_new();
	struct fdar_tls_keys *keys;
	struct heard heard;
	struct fdar_tls *tls;
	struct talk talk;

	for (unsigned i = 0; i < 60000; i++)
		g_byte_array_append(headers, header, sizeof(header));
	talk_begin(&talk, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);
	shake_hands(&talk);
	say(&talk, 1, "before", 6);
	keys = keys_of(&talk, NULL);
	tls = listen_to(&talk, keys, &heard, 1000);
	fdar_tls_gap(tls, 1, 1000000);
	for (guint at = 0; at < headers->len; at += 1000)
		fdar_tls_feed(tls, 1, headers->data + at, MIN(headers->len - at, 1000));
	g_assert_cmpstr(heard.said[1]->str, ==, "before");
	g_assert_cmpuint(fdar_tls_info(tls)->lost, >=, 1);
	fdar_tls_free(tls);
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

static void shake_hands_anew(struct talk *talk)
{
	g_assert_true(SSL_renegotiate(talk->ends[0]));
	for (unsigned turn = 0; turn < 20; turn++) {
		size_t before = on_wire(talk, turn % 2);
		char nothing;

		SSL_do_handshake(talk->ends[turn % 2]);
		SSL_peek(talk->ends[turn % 2], &nothing, 1);
		note_flight(talk, turn % 2, before);
	}
}

/* Renegotiations within the connection: what is told of it stays, what is said opens. */
static void check_renegotiation(const char *suite)
{
	struct talk talk;

	talk_begin(&talk, TLS1_2_VERSION, suite, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	shake_hands(&talk);
	exchange(&talk);
	for (int i = 1; i < 3; i++) {
		SSL_set_tlsext_host_name(talk.ends[0], "other.example");
		shake_hands_anew(&talk);
		g_assert_cmpint((int)SSL_num_renegotiations(talk.ends[0]), ==, i);
		exchange(&talk);
	}
	end(&talk);
	check(&talk, NULL, 0x0303, "http/1.1");
	talk_end(&talk);
}

/* One whose end is lost, and the change of keys with it. */
static void check_lost_renegotiation(const char *suite)
{
	struct fdar_tls_keys *keys;
	struct talk talk;
	size_t end;

	talk_begin(&talk, TLS1_2_VERSION, suite,
		   SSL_OP_NO_TICKET | SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
	shake_hands(&talk);
	say(&talk, 1, "before", 6);
	shake_hands_anew(&talk);
	end = sent_by_server(&talk, talk.flights->len);
	say(&talk, 1, "behind", 6);
	keys = keys_of(&talk, NULL);
	for (size_t size = 1; size < 90; size += 8) {
		struct heard heard;

		listen_with_gap(&talk, keys, end - size, end, &heard);
		g_assert_cmpstr(heard.said[1]->str, ==, "beforebehind");
		heard_clear(&heard);
	}
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

static void test_renegotiation(void)
{
	check_renegotiation("ECDHE-RSA-AES128-GCM-SHA256");
	check_renegotiation("AES128-SHA");
	check_lost_renegotiation("ECDHE-RSA-AES128-GCM-SHA256");
	check_lost_renegotiation("ECDHE-RSA-CHACHA20-POLY1305");
}

/* Both hellos without a session's number, as of a client that sends its ticket alone. */
static void make_nameless(struct talk *talk)
{
	const guint number = 5 + 4 + 2 + 32; /* behind headers, version and random */

	for (guint i = 0; i < 2; i++) {
		GByteArray *hello = g_array_index(talk->flights, struct flight, i).bytes;

		g_assert_cmpuint(hello->data[number], ==, 32);
		hello->data[number] = 0;
		for (guint at = 3; at < 9; at += 4) {
			guint size = (guint)hello->data[at] << 8 | hello->data[at + 1];

			hello->data[at] = (uint8_t)((size - 32) >> 8);
			hello->data[at + 1] = (uint8_t)(size - 32);
		}
		g_byte_array_remove_range(hello, number + 1, 32);
	}
}

/* Sessions that are resumed, of which the key log says nothing: the first connection gave a ticket, or a number. */
static void check_resumed(uint64_t options, gboolean nameless)
{
	struct talk first, second;
	struct fdar_tls_keys *keys;
	struct heard heard;

	talk_begin(&first, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", options);
	shake_hands(&first);
	exchange(&first);
	talk_begin(&second, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", options);
	talk_resume(&second, &first);
	shake_hands(&second);
	g_assert_true(SSL_session_reused(second.ends[1]));
	if (nameless)
		make_nameless(&second);
	exchange(&second);
	keys = keys_of(&first, NULL);
	fdar_tls_free(listen_to(&first, keys, &heard, 1448));
	heard_clear(&heard);
	fdar_tls_free(listen_to(&second, keys, &heard, 1448));
	for (unsigned way = 0; way < 2; way++) {
		g_assert_cmpstr(heard.said[way]->str, ==, second.said[way]->str);
		g_assert_cmpuint(heard.missing[way], ==, 0);
	}
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&second);
	talk_end(&first);
}

/* A server that forgot the session makes new keys: nothing is opened with the old ones, or counted as lost. */
static void test_resumed_not(void)
{
	struct fdar_tls_keys *keys;
	struct talk first, second;
	struct heard heard;
	struct fdar_tls *tls;

	talk_begin(&first, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0);
	shake_hands(&first);
	talk_begin(&second, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0);
	SSL_set_session(second.ends[0], SSL_get0_session(first.ends[0]));
	shake_hands(&second);
	g_assert_false(SSL_session_reused(second.ends[1]));
	exchange(&second);
	keys = keys_of(&first, NULL);
	fdar_tls_free(listen_to(&first, keys, &heard, 1448));
	heard_clear(&heard);
	tls = listen_to(&second, keys, &heard, 1448);
	g_assert_false(fdar_tls_info(tls)->has_keys);
	g_assert_cmpuint(fdar_tls_info(tls)->lost, ==, 0);
	g_assert_cmpuint(heard.said[1]->len, ==, 0);
	fdar_tls_free(tls);
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&second);
	talk_end(&first);
}

static void test_resumed(void)
{
	check_resumed(0, FALSE);
	check_resumed(0, TRUE);
	check_resumed(SSL_OP_NO_TICKET, FALSE);
}

/* An older kind of line: the number of the session that the server's hello names. */
static void test_session_line(void)
{
	struct fdar_tls_keys *keys = fdar_tls_keys_new();
	g_autoptr(GString) line = g_string_new("RSA Session-ID:");
	uint8_t master[48];
	const uint8_t *id;
	struct heard heard;
	struct talk talk;
	unsigned size;

	talk_begin(&talk, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", SSL_OP_NO_TICKET);
	shake_hands(&talk);
	exchange(&talk);
	id = SSL_SESSION_get_id(SSL_get0_session(talk.ends[0]), &size);
	for (unsigned i = 0; i < size; i++)
		g_string_append_printf(line, "%02x", id[i]);
	g_string_append(line, " Master-Key:");
	SSL_SESSION_get_master_key(SSL_get0_session(talk.ends[0]), master, sizeof(master));
	for (size_t i = 0; i < sizeof(master); i++)
		g_string_append_printf(line, "%02X", master[i]);
	g_assert_cmpuint(fdar_tls_keys_add(keys, line->str, line->len), ==, 1);
	fdar_tls_free(listen_to(&talk, keys, &heard, 1448));
	g_assert_cmpstr(heard.said[0]->str, ==, talk.said[0]->str);
	g_assert_cmpstr(heard.said[1]->str, ==, talk.said[1]->str);
	heard_clear(&heard);
	fdar_tls_keys_free(keys);
	talk_end(&talk);
}

int main(int argc, char **argv)
{
	int failed;

	g_test_init(&argc, &argv, NULL);
	server_key = EVP_RSA_gen(2048);
	g_test_add_func("/tls/suites", test_suites);
	g_test_add_func("/tls/all-suites", test_all_suites);
	g_test_add_func("/tls/traffic-secrets", test_traffic_secrets);
	g_test_add_func("/tls/key-update", test_key_update);
	g_test_add_func("/tls/no-secrets", test_no_secrets);
	g_test_add_func("/tls/loss", test_loss);
	g_test_add_func("/tls/lost-hello", test_lost_hello);
	g_test_add_func("/tls/lost-change", test_lost_change);
	g_test_add_func("/tls/chance", test_chance);
	g_test_add_func("/tls/lost-updates", test_lost_updates);
	g_test_add_func("/tls/late-hello", test_late_hello);
	g_test_add_func("/tls/vain", test_vain);
	g_test_add_func("/tls/renegotiation", test_renegotiation);
	g_test_add_func("/tls/resumed", test_resumed);
	g_test_add_func("/tls/resumed-not", test_resumed_not);
	g_test_add_func("/tls/session-line", test_session_line);
	failed = g_test_run();
	EVP_PKEY_free(server_key);
	return failed;
}
