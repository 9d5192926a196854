#include "cli/kit/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 20
#define WIDTH_MAX 10000

gsize fdar_terminal_width(FILE *out)
{
	const char *columns = g_getenv("COLUMNS");
	struct winsize size;
	guint64 number = 0;

	if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return MAX(size.ws_col, WIDTH_MIN);
	if (columns && g_ascii_string_to_unsigned(columns, 10, WIDTH_MIN, WIDTH_MAX, &number, NULL))
		return (gsize)number;
	return 0;
}

gboolean fdar_terminal_is_ours(void)
{
	pid_t foreground = isatty(STDERR_FILENO) ? tcgetpgrp(STDERR_FILENO) : 0;

	/* -1: it is nobody's controlling terminal, or not ours. */
	return foreground && (foreground < 0 || foreground == getpgrp());
}
