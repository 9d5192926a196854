#include "base/json_depth.h"

gboolean fdar_json_too_deep(const char *text, int most)
{
	gboolean quoted = FALSE;
	int depth = 0;

	for (const char *p = text; *p; p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && (*p == '[' || *p == '{') && ++depth > most)
			return TRUE;
		else if (!quoted && (*p == ']' || *p == '}'))
			depth--;
	}
	return FALSE;
}
