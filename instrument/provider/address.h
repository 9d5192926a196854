/*
 * Socket addresses as text: "1.2.3.4:80", "[::1]:80", "unix:/path", "unix:@abstract", "unix:".
 *
 * Place in the house: used by provider.c when a session begins, inside somebody's server: no
 * allocation, no lock, safe in a signal handler. errno may change.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_ADDRESS_H
#define FDAR_INSTRUMENT_PROVIDER_ADDRESS_H

#include <sys/socket.h>

/* Room for the longest: "unix:@", 107 bytes of name, each perhaps written as one byte. */
#define FDAR_ADDRESS_TEXT_MAX 128u

/* Writes address, of which length bytes are there, into text (FDAR_ADDRESS_TEXT_MAX bytes). A family
 * that is not known gives "family:N", an address too short for its family the empty text. */
void fdar_address_format(const void *address, socklen_t length, char *text);

/* The length an address of its family has when it is complete; 0 for families not known. */
socklen_t fdar_address_length(const void *address);

/* The address of a descriptor's far end; the empty text when it has none. */
void fdar_address_of_peer(int fd, char *text);

#endif
