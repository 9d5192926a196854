/*
 * What the demo server was asked for on its command line.
 */
#ifndef DEMO_OPTIONS_H
#define DEMO_OPTIONS_H

#include <stdint.h>

struct options {
	const char *address; /* IPv4, to listen on */
	uint16_t port;       /* 0: any free one */
	unsigned threads;
	const char *root;    /* directory of the static files, or NULL for none */
	const char *pattern; /* what /match matches against */
	unsigned timeout_s;  /* how long a client may stay silent */
	unsigned delay_ms;   /* between the pieces of /echo */
	uint64_t steps_max;  /* of one match, 0: no limit */
};

/* 0 when the server should run; 1 when all was said and done (--help); 2 after a usage error, of
 * which stderr tells. The texts point into argv. */
int options_parse(struct options *options, int argc, char **argv);

#endif
