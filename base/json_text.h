/*
 * Texts of strangers in JSON that is written by hand, where there is too much of it for a tree.
 */
#ifndef FDAR_BASE_JSON_TEXT_H
#define FDAR_BASE_JSON_TEXT_H

#include <glib.h>

/* Appends text in quotes, made valid UTF-8; what base/show.h says must not be raw is escaped. */
void fdar_json_append(GString *json, const char *text);

/* Appends an array of texts; list ends with NULL. */
void fdar_json_append_list(GString *json, const char *const *list);

#endif
