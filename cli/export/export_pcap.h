/*
 * `flowdar export --pcap`: what the server read and wrote, as a capture.
 */
#ifndef FDAR_CLI_EXPORT_EXPORT_PCAP_H
#define FDAR_CLI_EXPORT_EXPORT_PCAP_H

#include <glib.h>
#include <stdint.h>

#include "cli/kit/options.h"

#define FDAR_EXPORT_PCAP_PORT 80 /* where the user says nothing */

/* output "-": standard output. port: the server's in the capture; a recording does not say it. An
 * fdar_exit. */
int fdar_export_pcap_write(const struct fdar_usage *usage, const char *path, const char *output,
			   uint16_t port, const volatile int *stop);

#endif
