/* The table of commands, in the order a user meets them. */
#include <stddef.h>

#include "cli/kit/command.h"

const struct fd_command fd_commands[] = {
	{ "patch", "mark a server's source: sessions, requests, hand-offs", fd_cmd_patch },
	{ "cc", "the C compiler, made to build functions that can be recorded", fd_cmd_cc },
	{ "c++", "the same for C++", fd_cmd_cxx },
	{ "record", "run a server and record what its functions and sessions do", fd_cmd_record },
	{ "info", "what is in a recording: events, processes, binaries, losses", fd_cmd_info },
	{ "export", "give the trace to babeltrace2, Trace Compass and others", fd_cmd_export },
	{ "replay", "play the sessions of a capture at a server", fd_cmd_replay },
	{ "mirror", "play what an interface sees at another server, as it happens", fd_cmd_mirror },
	{ "split", "take a capture apart into one pcap a session", fd_cmd_split },
	{ "amplify", "write a more intense capture: many copies, mixed in time", fd_cmd_amplify },
	{ "analyze", "whose time it was: sessions, functions, call paths", fd_cmd_analyze },
	{ "diff", "compare a bad run with a good one and name the culprit", fd_cmd_diff },
	{ "sequence", "draw a session, or two side by side, as a sequence diagram",
	  fd_cmd_sequence },
	{ NULL, NULL, NULL },
};
