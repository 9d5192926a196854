/* What the readers of both formats call. */
#include <pcap/pcap.h>

#include "replay/capture/format.h"

/* The numbers in files and those of libpcap differ in one of the types that are read. */
uint16_t fdar_format_link(uint32_t link_type)
{
	/* What is above 16 bits tells the length of frame check sequences. */
	uint16_t link = (uint16_t)link_type;

	return link == 101 ? DLT_RAW : link;
}

int fdar_format_fail(struct fdar_format *format, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	g_free(format->problem);
	format->problem = g_strdup_vprintf(text, arguments);
	va_end(arguments);
	return -1;
}
