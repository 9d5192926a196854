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
