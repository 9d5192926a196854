/* The table of commands, in the order a user meets them. */
#include <stddef.h>

#include "cli/kit/command.h"

const struct fdar_command fdar_commands[] = {
	{ "doctor", "what works on this machine, and what mends the rest", fdar_cmd_doctor },
	{ "patch", "mark a server's source: sessions, requests, hand-offs", fdar_cmd_patch },
	{ "cc", "the C compiler, made to build functions that can be recorded", fdar_cmd_cc },
	{ "c++", "the same for C++", fdar_cmd_cxx },
	{ "record", "run a server and record what its functions and sessions do", fdar_cmd_record },
	{ "info", "what is in a recording: events, processes, binaries, losses", fdar_cmd_info },
	{ "export", "give the trace to babeltrace2, Trace Compass and others", fdar_cmd_export },
	{ "replay", "play the sessions of a capture at a server", fdar_cmd_replay },
	{ "feed", "run a server that reads a capture in the place of a network", fdar_cmd_feed },
	{ "mirror", "play what an interface sees at another server, as it happens",
	  fdar_cmd_mirror },
	{ "split", "take a capture apart into one pcap a session", fdar_cmd_split },
	{ "amplify", "write a more intense capture: many copies, mixed in time", fdar_cmd_amplify },
	{ "reduce", "the smallest part of a capture that still hurts", fdar_cmd_reduce },
	{ "hunt", "from a capture and a server to the sessions that hurt, and why", fdar_cmd_hunt },
	{ "verify", "a small capture in every way, before and after a patch", fdar_cmd_verify },
	{ "analyze", "whose time it was: sessions, functions, call paths", fdar_cmd_analyze },
	{ "log", "what threads did, call by call, indented and folded", fdar_cmd_log },
	{ "rules", "try what a rules file makes of a trace", fdar_cmd_rules },
	{ "batch", "many recordings: a profile each, a table, where it changed", fdar_cmd_batch },
	{ "merge", "many recordings, or profiles of them, into one profile", fdar_cmd_merge },
	{ "calibrate", "how much runs of one server differ on this machine", fdar_cmd_calibrate },
	{ "diff", "compare a bad run with a good one and name the culprit", fdar_cmd_diff },
	{ "sequence", "draw a session, or two side by side, as a sequence diagram",
	  fdar_cmd_sequence },
	{ "flame", "draw where the time went as a flame graph, or what changed", fdar_cmd_flame },
	{ "timeline", "draw which thread worked for which session when", fdar_cmd_timeline },
	{ "handoffs", "draw queues between threads: rates and waiting times", fdar_cmd_handoffs },
	{ "report", "one HTML file for a review: verdict, evidence, pictures", fdar_cmd_report },
	{ NULL, NULL, NULL },
};
