/* How much of a program can be recorded by function. */
#include "cli/doctor/checks.h"
#include "pipeline/elf/elf_inlined.h"

void fdar_check_program(const char *path, struct fdar_finding *finding)
{
	struct fdar_elf_inlined inlined;

	finding->health = FDAR_HEALTH_LESS;
	if (!fdar_elf_inlined_read(path, &inlined)) {
		finding->found = g_strdup_printf("%s: no debug information", path);
		finding->effect = "what is inlined, and static functions' names, are not known";
		finding->mend = g_strdup("make CC='flowdar cc' CFLAGS='-O2 -g' # build it anew");
	} else {
		finding->found = g_strdup_printf("%u functions; %u of its source are inlined "
						 "into others",
						 inlined.functions, inlined.inlined);
		finding->health = inlined.inlined ? FDAR_HEALTH_LESS : FDAR_HEALTH_GOOD;
	}
	if (finding->effect || finding->health == FDAR_HEALTH_GOOD)
		return;
	finding->effect = "inlined functions cannot be recorded: their time is their callers'";
	finding->mend = g_strdup("make CC='flowdar cc --flowdar-keep' # build it anew");
}
