/* Fuzzing mangled names of Rust's: one that is understood is bounded, and the same each time. */
#include <string.h>

#include "analyze/symbols/rust_names.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *mangled = g_strndup((const char *)data, size);
	g_autofree char *name = fdar_rust_name(mangled), *again = fdar_rust_name(mangled);

	check(!name || strlen(name) <= 2 * FDAR_RUST_NAME_MAX, "a name is bounded");
	check(g_strcmp0(name, again) == 0, "a name is the same each time");
	return 0;
}
