#include "cli/replay/replay_texts.h"

#include <stddef.h>

#include "cli/kit/options.h"

/* Where an option's value goes: an offset into struct fdar_replay_texts, until fdar_options_bind adds the base. */
#define AT(field) ((gpointer)offsetof(struct fdar_replay_texts, field))

static const GOptionEntry options[] = {
	{ "to", 't', 0, G_OPTION_ARG_STRING_ARRAY, AT(to),
	  "Play at this server, whatever the captured one was; [ADDRESS]:PORT for IPv6",
	  "HOST:PORT" },
	{ "map", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(map),
	  "Play what went to the captured PORT at this server (may be repeated); without "
	  "--to the other sessions are left out",
	  "PORT=HOST:PORT" },
	{ "label", 'l', 0, G_OPTION_ARG_STRING, AT(label),
	  "The name of this traffic in the journal, e.g. attack; default: the file's name",
	  "TEXT" },
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME, AT(output),
	  "Write a journal: a line of JSON a session, with its verdict, the address it "
	  "came from and its latencies",
	  "FILE" },
	{ "mix", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(mix),
	  "Play this capture at the same time (may be repeated); after a colon its own "
	  "label, clones and repeat",
	  "FILE[:label=L,clones=N]" },
	{ "clones", 'n', 0, G_OPTION_ARG_INT64, AT(clones),
	  "Play every session N times side by side, each from its own address", "N" },
	{ "repeat", 'r', 0, G_OPTION_ARG_INT64, AT(repeat),
	  "Play the capture M times, one after the other; 0: until --duration or Ctrl-C", "M" },
	{ "phase", 0, 0, G_OPTION_ARG_STRING, AT(phase),
	  "When clones begin: all together (none, the default), spread evenly over the "
	  "length of the capture (uniform), or at random in it (random)",
	  "HOW" },
	{ "seed", 0, 0, G_OPTION_ARG_INT64, AT(seed),
	  "For --phase random and --rewrite: the same seed gives the same schedule and values",
	  "N" },
	{ "speed", 's', 0, G_OPTION_ARG_DOUBLE, AT(speed),
	  "So many times as fast as captured; 1 is the default", "X" },
	{ "rate", 0, 0, G_OPTION_ARG_DOUBLE, AT(rate),
	  "Begin N sessions a second in place of the captured beginnings", "N" },
	{ "asap", 0, 0, G_OPTION_ARG_NONE, AT(asap),
	  "As fast as the server answers: captured times are not waited for", NULL },
	{ "concurrency", 'c', 0, G_OPTION_ARG_INT64, AT(concurrency),
	  "At most N sessions open at once; default: 64 with --asap, else what the limit "
	  "of open files allows",
	  "N" },
	{ "duration", 'd', 0, G_OPTION_ARG_STRING, AT(duration),
	  "Stop after this time, e.g. 30s; until then the capture is played again and again, "
	  "unless --repeat says how often. Sessions that are open then are cut",
	  "TIME" },
	{ "wait-for", 0, 0, G_OPTION_ARG_STRING, AT(wait_for),
	  "Wait until somebody listens at each target (TCP), so long at most, e.g. 10s", "TIME" },
	{ "wait", 0, 0, G_OPTION_ARG_STRING, AT(wait),
	  "What a request waits for: answer (the one before it has come, the default), "
	  "time (only its captured time), none (nothing, not even its time)",
	  "FOR" },
	{ "quiet", 0, 0, G_OPTION_ARG_STRING, AT(quiet),
	  "An answer that differs from the captured one is over when it has been quiet "
	  "for this long; 50ms is the default",
	  "TIME" },
	{ "timeout", 0, 0, G_OPTION_ARG_STRING, AT(timeout),
	  "Give a session up when the server has done nothing for this long beyond its "
	  "captured time; 30s is the default",
	  "TIME" },
	{ "max-lag", 0, 0, G_OPTION_ARG_STRING, AT(max_lag),
	  "Stop when this program itself is later than this; 1s is the default, 0 never", "TIME" },
	{ "max-gap", 0, 0, G_OPTION_ARG_STRING, AT(max_gap),
	  "Keep at most this much silence of the capture; 5s is the default, keep for all",
	  "TIME" },
	{ "sources", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(sources),
	  "Addresses that clients get, e.g. 16.0.0.0/8 in a network namespace with that "
	  "local route; may be given for IPv4 and for IPv6",
	  "PREFIX" },
	{ "allow-remote", 0, 0, G_OPTION_ARG_NONE, AT(allow_remote),
	  "Targets may be other machines: only those you have the right to load", NULL },
	{ "filter", 0, 0, G_OPTION_ARG_STRING, AT(capture.filter), FDAR_CAPTURE_FILTER_HELP,
	  "EXPRESSION" },
	{ "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(capture.servers), FDAR_CAPTURE_SERVER_HELP,
	  "PORT" },
	{ "tls-keys", 0, 0, G_OPTION_ARG_FILENAME, AT(capture.keys), FDAR_CAPTURE_KEYS_HELP,
	  "FILE" },
	{ "tls", 0, 0, G_OPTION_ARG_STRING, AT(tls),
	  "Play TCP sessions in TLS, as --tls asking for the captured server name, as --tls=NAME "
	  "for this one; --tls=verbatim plays captured TLS byte for byte, e.g. floods of "
	  "handshakes",
	  "NAME" },
	{ "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, AT(tls_cert),
	  "With --tls: the certificate, and its key, in PEM, that all clients show to a server "
	  "that "
	  "asks for one",
	  "FILE" },
	{ "rewrite", 0, 0, G_OPTION_ARG_FILENAME, AT(rewrite),
	  "Replace what is stale in what clients send by the rules in FILE: tokens and cookies by "
	  "those "
	  "of this run's answers, dates, host names, names of each clone; lengths are mended",
	  "FILE" },
	{ "silent", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, AT(silent), NULL, NULL },
	{ "half-open", 0, 0, G_OPTION_ARG_NONE, AT(half_open),
	  "Play connections that were never established too (SYN scans and floods): as such, "
	  "without acknowledging the answer",
	  NULL },
	{ "client-pace", 0, 0, G_OPTION_ARG_NONE, AT(client_pace),
	  "Read no faster than captured clients did, by the windows that they advertised: slow "
	  "readers hold a server up then as they did",
	  NULL },
	{ "lockstep", 0, 0, G_OPTION_ARG_NONE, AT(lockstep),
	  "One step of one session at a time, in one order: the next goes out when the server has "
	  "taken "
	  "and answered the last and waits for work; same addresses and ports in every run",
	  NULL },
	{ "order-out", 0, 0, G_OPTION_ARG_FILENAME, AT(order_out),
	  "Write the order of the steps down, a line a step", "FILE" },
	{ "order", 0, 0, G_OPTION_ARG_FILENAME, AT(order),
	  "Play the steps in this order, as --order-out wrote it, or edited", "FILE" },
	{ "steps-out", 0, 0, G_OPTION_ARG_FILENAME, AT(steps_out),
	  "Write a line of JSON a step: what came, how it ended, how long it took", "FILE" },
	{ "until", 0, 0, G_OPTION_ARG_INT64, AT(until),
	  "Play so many steps, then pause; Enter plays one more, h lists what else there is",
	  "STEP" },
	{ "step", 0, 0, G_OPTION_ARG_NONE, AT(step), "Pause before the first step: --until 0",
	  NULL },
	{ "control", 0, 0, G_OPTION_ARG_FILENAME, AT(control),
	  "Take the same commands from this named pipe, too, which is made if need be: for gdb "
	  "(lockstep.gdb)",
	  "PIPE" },
	{ "server-pid", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(server_pids),
	  "The server's process, whose threads have to wait (may be repeated); default: who "
	  "listens there, and its children",
	  "PID" },
	{ "format", 0, 0, G_OPTION_ARG_STRING, AT(format),
	  "The summary as table (the default), json or csv", "FORMAT" },
	G_OPTION_ENTRY_NULL,
};

GOptionEntry *fdar_replay_texts_bind(struct fdar_replay_texts *texts)
{
	return fdar_options_bind(options, sizeof(options), texts);
}

void fdar_replay_texts_clear(struct fdar_replay_texts *texts)
{
	g_strfreev(texts->to);
	g_strfreev(texts->map);
	g_strfreev(texts->sources);
	g_strfreev(texts->mix);
	g_free(texts->label);
	g_free(texts->output);
	g_free(texts->phase);
	g_free(texts->wait);
	g_free(texts->quiet);
	g_free(texts->timeout);
	g_free(texts->duration);
	g_free(texts->wait_for);
	g_free(texts->max_lag);
	g_free(texts->max_gap);
	g_free(texts->format);
	g_free(texts->tls);
	g_free(texts->tls_cert);
	g_free(texts->rewrite);
	g_free(texts->order);
	g_free(texts->order_out);
	g_free(texts->steps_out);
	g_free(texts->control);
	g_strfreev(texts->server_pids);
	fdar_capture_texts_clear(&texts->capture);
}
