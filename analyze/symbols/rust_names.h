/*
 * Names of Rust's functions as they are in the source: without what tells one build from another.
 *
 * Place in the house: asked by symbols.c, of names in symbol tables and samples. Both ways to mangle are known:
 * the legacy one, which is C++'s with a hash at its end, and v0 (Rust's RFC 2603), which has numbers of crates.
 * Neither hash nor numbers are in what is given: a function of two builds has one name.
 */
#ifndef FDAR_ANALYZE_SYMBOLS_RUST_NAMES_H
#define FDAR_ANALYZE_SYMBOLS_RUST_NAMES_H

#include <glib.h>

#define FDAR_RUST_NAME_MAX 4096u /* bytes; what is longer is given as it is mangled */

/* NULL: it is no name of Rust's that can be understood. The caller frees it. */
char *fdar_rust_name(const char *mangled);

#endif
