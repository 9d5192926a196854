/*
 * The rules of a control segment in the form that it holds them.
 *
 * Place in the house: between control.c and control_rules.c only; control.h parses what users write.
 */
#ifndef FDAR_PIPELINE_SERVER_CONTROL_RULES_H
#define FDAR_PIPELINE_SERVER_CONTROL_RULES_H

#include <glib.h>

/* The texts of instrument/wire/control.h, each with the NUL that ends it. The caller frees the result. */
GString *fdar_control_rules_build(const char *const *rules);

#endif
