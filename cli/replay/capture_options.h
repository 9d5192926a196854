/*
 * What all commands that read a capture have in common: which files, a filter, and who serves.
 */
#ifndef FDAR_CLI_REPLAY_CAPTURE_OPTIONS_H
#define FDAR_CLI_REPLAY_CAPTURE_OPTIONS_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/session.h"

/* As the options say it; owned. */
struct fdar_capture_texts {
	char *filter;
	char **servers;
	char **paths; /* of a command line: borrowed, set by fdar_capture_options_read */
	uint16_t *ports;
	char *keys; /* a file of TLS secrets */
	struct fdar_tls_keys *tls_keys;
};

#define FDAR_CAPTURE_FILTER_HELP \
	"Read only packets that match, in the language of tcpdump, e.g. \"port 80\""
#define FDAR_CAPTURE_KEYS_HELP                                                                 \
	"TLS secrets of the capture, as SSLKEYLOGFILE has them, - for those of a pcapng file " \
	"itself: sessions that they open are decrypted"
#define FDAR_CAPTURE_SERVER_HELP \
	"This port is a server's, where the capture does not show it (may be repeated)"

/* The servers' ports alone, for who tells what is wrong by itself before what is missing. */
gboolean fdar_capture_options_read_ports(struct fdar_capture_texts *texts, GError **error);

/* The captures of a command line (argv[1] and following) and what the texts say about them. FALSE
 * and error (G_OPTION_ERROR) when there is none, or a port makes no sense. The options point into
 * argv and texts. */
gboolean fdar_capture_options_read(struct fdar_capture_texts *texts, int argc, char **argv,
				   struct fdar_capture_options *capture, const uint16_t **ports,
				   GError **error);

/* The secrets that the texts name: NULL without any, and when they cannot be read (error). They belong
 * to the texts. */
const struct fdar_tls_keys *fdar_capture_options_keys(struct fdar_capture_texts *texts,
						      GError **error);

/* FALSE and error when output is that input, by whatever name; either may be NULL. what: "the capture". */
gboolean fdar_capture_check_other(const char *input, const char *what, const char *output,
				  GError **error);

/* FALSE and error when output is one of the captures, or their secrets: writing it would destroy what is
 * read. */
gboolean fdar_capture_check_output(const struct fdar_capture_texts *texts, const char *output,
				   GError **error);

void fdar_capture_texts_clear(struct fdar_capture_texts *texts);

#endif
