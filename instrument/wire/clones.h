/*
 * Compilers' clones: which part of a symbol's name is the function's name in the source.
 *
 * Place in the house: what is chosen by name in the server, and what is shown and compared by name
 * afterwards, must mean the same function: both ask here. No other code is in this folder.
 *
 * Compilers make copies of a function for the arguments that it is called with, or cut a part off it,
 * and name them after it. Which of them there are depends on who else calls it, so they come and go
 * from one build to the next:
 *
 *	parse.constprop.0   parse.isra.0.cold   check.part.1   state.lto_priv.7   parse.llvm.1234567
 */
#ifndef FLOWDAR_CLONES_H
#define FLOWDAR_CLONES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The length of the word at text if it is one that gcc (ipa-cp.cc, ipa-param-manipulation.cc,
 * ipa-split.cc, lto-partition.cc, symtab.cc) or LLVM puts behind a name; 0 otherwise. */
static inline size_t fdar_clone_word(const char *text)
{
	static const char *const words[] = {
		"constprop", "isra",    "part",    "cold",    "lto_priv", "localalias",
		"llvm",      "argprom", "argelim", "retelim", "__uniq",
	};
	size_t length = strcspn(text, ".");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length && strncmp(text, words[i], length) == 0)
			return length;
	return 0;
}

/* Whether all of text, which begins with a dot, is such words and numbers, a word first. */
static inline bool fdar_clone_suffix(const char *text)
{
	size_t length = fdar_clone_word(text + 1);

	if (length == 0)
		return false;
	for (text += 1 + length; *text; text += 1 + length) {
		length = fdar_clone_word(text + 1);
		if (length == 0)
			length = strspn(text + 1, "0123456789");
		if (length == 0 || (text[1 + length] && text[1 + length] != '.'))
			return false;
	}
	return true;
}

/* How many bytes of a symbol's name are the function's: all, if it is no clone. */
static inline size_t fdar_clone_base(const char *name)
{
	const char *dot = name[0] ? strchr(name + 1, '.') : NULL;

	for (; dot; dot = strchr(dot + 1, '.'))
		if (fdar_clone_suffix(dot))
			return (size_t)(dot - name);
	return strlen(name);
}

/* Whether it is a part that was cut off a function, which calls it: of "check.part.0" a call is not
 * one more call of check where check itself made it. */
static inline bool fdar_clone_is_part(const char *name)
{
	const char *suffix = name + fdar_clone_base(name);

	return strstr(suffix, ".part") != NULL;
}

#endif
