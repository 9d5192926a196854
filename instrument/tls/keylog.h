/*
 * The functions of OpenSSL that libflowdar-tls.so stands in front of, without OpenSSL's headers: what is
 * passed through is never looked into.
 *
 * Place in the house: keylog.c alone.
 */
#ifndef FDAR_INSTRUMENT_TLS_KEYLOG_H
#define FDAR_INSTRUMENT_TLS_KEYLOG_H

#include <stdbool.h>

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

/* Gets a line of a key log, without its end. */
typedef void fdar_keylog_fn(const SSL *ssl, const char *line);

SSL_CTX *SSL_CTX_new(const void *method);
SSL_CTX *SSL_CTX_new_ex(void *library, const char *properties, const void *method);
void SSL_CTX_set_keylog_callback(SSL_CTX *context, fdar_keylog_fn *callback);
fdar_keylog_fn *SSL_CTX_get_keylog_callback(const SSL_CTX *context);

#endif
