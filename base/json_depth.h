/*
 * How deep a JSON text is nested: asked before json-glib reads a file that may come from anywhere.
 */
#ifndef FDAR_BASE_JSON_DEPTH_H
#define FDAR_BASE_JSON_DEPTH_H

#include <glib.h>

/* Whether brackets are nested deeper than most. json-glib descends once a bracket; a hostile file could
 * have a million. */
gboolean fdar_json_too_deep(const char *text, int most);

#endif
