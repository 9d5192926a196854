/*
 * Names of C++ functions as people write them in rules, out of what a demangler gives.
 *
 * Place in the house: as clones.h: what is chosen by name in the server, and what is compared by name
 * afterwards, must mean the same function.
 *
 *	unsigned long srv::mix<unsigned long>(unsigned long const&, int)
 *
 * is meant by all of that, by srv::mix<unsigned long>, and by srv::mix. Operators, lambdas and what is
 * local to another function have no shorter name.
 */
#ifndef FLOWDAR_CPP_NAMES_H
#define FLOWDAR_CPP_NAMES_H

#include <fnmatch.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define FDAR_CPP_ANONYMOUS "(anonymous namespace)"
#define FDAR_CPP_NAME_MAX  512u /* of a shorter name; longer ones have none */

/* Where the arguments begin; 0: it has none, or they are not the function's own. before gets where the name
 * begins, behind the type that is returned. */
static inline size_t fdar_cpp_arguments(const char *shown, size_t *before)
{
	const size_t anonymous = strlen(FDAR_CPP_ANONYMOUS);
	size_t depth = 0;

	*before = 0;
	for (size_t i = 0; shown[i]; i++) {
		if (strncmp(shown + i, FDAR_CPP_ANONYMOUS, anonymous) == 0) {
			i += anonymous - 1;
			continue;
		}
		if (shown[i] == '(' && depth == 0)
			return i;
		if (shown[i] == '<' || shown[i] == '(')
			depth++;
		else if ((shown[i] == '>' || shown[i] == ')') && depth > 0)
			depth--;
		else if (shown[i] == ' ' && depth == 0)
			*before = i + 1;
	}
	return 0;
}

/* Where what stands in front of the template's arguments at the end ends; all, if there are none. */
static inline size_t fdar_cpp_template(const char *name, size_t length)
{
	size_t depth = 0;

	if (length == 0 || name[length - 1] != '>')
		return length;
	for (size_t i = length; i-- > 0;) {
		depth += name[i] == '>';
		depth -= name[i] == '<' && depth > 0;
		if (depth == 0)
			return i;
	}
	return length;
}

/* Whether a glob means the function that a demangler shows so. */
static inline bool fdar_cpp_fits(const char *glob, const char *shown)
{
	char name[FDAR_CPP_NAME_MAX];
	size_t from, end = fdar_cpp_arguments(shown, &from), length = end - from;

	if (fnmatch(glob, shown, 0) == 0)
		return true;
	if (end <= from || length >= sizeof(name) || strstr(shown, "operator") ||
	    strstr(shown + end, ")::"))
		return false;
	memcpy(name, shown + from, length);
	name[length] = '\0';
	if (fnmatch(glob, name, 0) == 0)
		return true;
	name[fdar_cpp_template(name, length)] = '\0';
	return fnmatch(glob, name, 0) == 0;
}

#endif
