/*
 * Upgrades: where a connection that began in plain turns to TLS, and by which request.
 *
 * Place in the house: beside tls.h, over hello.h. The server's consent is not looked at: TLS begins when the
 * client's hello is there.
 */
#ifndef FDAR_REPLAY_TLS_UPGRADE_H
#define FDAR_REPLAY_TLS_UPGRADE_H

#include <stddef.h>
#include <stdint.h>

/* The request to turn to TLS, or to a server that speaks it, that a client's message is or ends with: "STARTTLS"
 * (SMTP, IMAP, NNTP, Sieve, IRC), "STLS" (POP3), "AUTH TLS" (FTP), those of LDAP, XMPP, PostgreSQL, MySQL and RDP,
 * a proxy's CONNECT, SOCKS. A static text; NULL: none that is known. */
const char *fdar_tls_upgrade(const uint8_t *bytes, size_t size);

/* Where TLS begins in what a client sends behind something in plain: with the first byte, or behind a known request
 * that shares the segment, FDAR_TLS_PLAIN_MAX bytes into it at most. size: not in it. */
size_t fdar_tls_upgrade_at(const uint8_t *bytes, size_t size);

#endif
