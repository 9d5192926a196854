/*
 * A server that does to `record --tls-keys` what servers do: it closes every descriptor, gets a client's
 * socket under the number of the key log, and has a callback for secrets of its own. It shakes hands with
 * itself, and says how many lines its callback got. What was written to the client must be nothing.
 *
 * Arguments: certificate, key, and the file that plays the client.
 */
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int lines;

static void on_line(const SSL *ssl, const char *line)
{
	(void)ssl;
	lines += line[0] != '\0';
}

int main(int argc, char **argv)
{
	const char *told = getenv("FLOWDAR_TLS_KEYS");
	int number = told ? atoi(told) : -1;
	SSL_CTX *contexts[2];
	SSL *ends[2];
	BIO *wires[2];

	if (argc != 4 || number < 0)
		return 2;
	closefrom(3);
	if (dup2(open(argv[3], O_WRONLY | O_CREAT, 0600), number) < 0)
		return 3;
	BIO_new_bio_pair(&wires[0], 0, &wires[1], 0);
	for (int i = 0; i < 2; i++) {
		contexts[i] = SSL_CTX_new(i ? TLS_server_method() : TLS_client_method());
		if (i &&
		    (SSL_CTX_use_certificate_file(contexts[i], argv[1], SSL_FILETYPE_PEM) != 1 ||
		     SSL_CTX_use_PrivateKey_file(contexts[i], argv[2], SSL_FILETYPE_PEM) != 1))
			return 4;
		if (i)
			SSL_CTX_set_keylog_callback(contexts[i], on_line);
		if (SSL_CTX_get_keylog_callback(contexts[i]) != (i ? on_line : NULL))
			return 5;
		ends[i] = SSL_new(contexts[i]);
		SSL_set_bio(ends[i], wires[i], wires[i]);
	}
	SSL_set_connect_state(ends[0]);
	SSL_set_accept_state(ends[1]);
	for (int round = 0; round < 10; round++)
		for (int i = 0; i < 2; i++)
			SSL_do_handshake(ends[i]);
	printf("%d\n", SSL_is_init_finished(ends[1]) ? lines : -1);
	for (int i = 0; i < 2; i++) {
		SSL_free(ends[i]);
		SSL_CTX_free(contexts[i]);
	}
	return 0;
}
