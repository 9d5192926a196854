/* Fuzzing the rules in the control segment, as a library in the server reads them: any bytes, then a
 * name to be decided about. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "instrument/functions/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fdar_rules rules; /* too large for a stack */
	char name[64] = "";

	memcpy(name, data, size < sizeof(name) - 1 ? size : sizeof(name) - 1);
	fdar_rules_parse(&rules, (const char *)data, size);
	fdar_rules_function(&rules, name, "binary", "file.c");
	fdar_rules_function(&rules, name, name, NULL);
	fdar_rules_thread(&rules, name);
	return 0;
}
