#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"Usage: demo_httpd [OPTION...]\n"
	"A small HTTP server with flowdar inside: / and /static/FILE, /match?s=TEXT, /echo\n"
	"\n"
	"  --address=IP      listen there (127.0.0.1)\n"
	"  --port=N          listen on port N; 0 for any free one, which is printed (8080)\n"
	"  --threads=N       worker threads (4)\n"
	"  --root=DIR        directory of the static files (none)\n"
	"  --pattern=REGEX   what /match matches against (^(a+)+$)\n"
	"  --timeout=S       give up on a client that is silent for S seconds (10)\n"
	"  --delay=MS        between the pieces of an echo (2)\n"
	"  --max-steps=N     give up on a match after N steps; 0 for never (20000000)\n"
	"  --help\n";

static int number_parse(const char *name, const char *text, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *number <= most)
		return 0;
	fprintf(stderr, "demo_httpd: --%s: '%s' is not a number from 0 to %llu\n", name, text,
		(unsigned long long)most);
	return -1;
}

enum { ADDRESS = 1, PORT, THREADS, ROOT, PATTERN, TIMEOUT, DELAY, STEPS, HELP };

static const struct option names[] = {
	{ "address", required_argument, NULL, ADDRESS },
	{ "port", required_argument, NULL, PORT },
	{ "threads", required_argument, NULL, THREADS },
	{ "root", required_argument, NULL, ROOT },
	{ "pattern", required_argument, NULL, PATTERN },
	{ "timeout", required_argument, NULL, TIMEOUT },
	{ "delay", required_argument, NULL, DELAY },
	{ "max-steps", required_argument, NULL, STEPS },
	{ "help", no_argument, NULL, HELP },
	{ NULL, 0, NULL, 0 },
};

static int option_set(struct options *options, int option, const char *name, const char *text)
{
	static const uint64_t most[] = {
		[PORT] = UINT16_MAX, [THREADS] = 256,      [TIMEOUT] = 3600,
		[DELAY] = 60000,     [STEPS] = UINT64_MAX,
	};
	uint64_t number = 0;

	if (option != ADDRESS && option != ROOT && option != PATTERN &&
	    number_parse(name, text, most[option], &number) < 0)
		return -1;
	switch (option) {
	case ADDRESS:
		options->address = text;
		break;
	case PORT:
		options->port = (uint16_t)number;
		break;
	case THREADS:
		options->threads = number > 0 ? (unsigned)number : 1;
		break;
	case ROOT:
		options->root = text;
		break;
	case PATTERN:
		options->pattern = text;
		break;
	case TIMEOUT:
		options->timeout_s = (unsigned)number;
		break;
	case DELAY:
		options->delay_ms = (unsigned)number;
		break;
	default:
		options->steps_max = number;
	}
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int option, index = 0;

	*options = (struct options){ .address = "127.0.0.1",
				     .port = 8080,
				     .threads = 4,
				     .pattern = "^(a+)+$",
				     .timeout_s = 10,
				     .delay_ms = 2,
				     .steps_max = 20000000 };
	while ((option = getopt_long(argc, argv, "", names, &index)) != -1) {
		if (option == HELP) {
			fputs(usage, stdout);
			return 1;
		}
		if (option == '?' || option_set(options, option, names[index].name, optarg) < 0)
			return 2;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "demo_httpd: unexpected argument '%s'\n", argv[optind]);
	return 2;
}
