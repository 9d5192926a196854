/* A shared object that uses the header: traced_macros loads it while it runs. */
#include <flowdar/flowdar.h>

void plugin_run(void);

void plugin_run(void)
{
	FLOWDAR_NOTE("from", "plugin");
}
