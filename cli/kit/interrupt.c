#include "cli/kit/interrupt.h"

#include <signal.h>
#include <string.h>

static volatile int interrupted;
static volatile int asks;

static void on_signal(int number)
{
	interrupted = number;
}

const volatile int *fdar_interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	action.sa_flags = (int)SA_RESETHAND; /* no SA_RESTART: waits are to end */
	sigemptyset(&action.sa_mask);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	return &interrupted;
}

static void on_ask(int number)
{
	(void)number;
	asks = (asks + 1) & 0xffff;
}

const volatile int *fdar_interrupt_count_asks(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_ask; /* no SA_RESTART: waits are to end */
	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	return &asks;
}

static void on_file_limit(int number)
{
	(void)number;
}

void fdar_interrupt_file_limit(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	/* exec makes a handler the default again; SIG_IGN would stay. */
	action.sa_handler = on_file_limit;
	action.sa_flags = SA_RESTART;
	sigemptyset(&action.sa_mask);
	sigaction(SIGXFSZ, &action, NULL);
}
