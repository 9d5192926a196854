/*
 * Names of Rust's functions that are mangled the legacy way: as C++'s, with a hash of the build for a last part, and
 * letters that C++ has not as "$LT$".
 *
 * Place in the house: under rust_names.c.
 */
#ifndef FDAR_ANALYZE_SYMBOLS_RUST_LEGACY_H
#define FDAR_ANALYZE_SYMBOLS_RUST_LEGACY_H

/* Without the hash. NULL: it is none. mangled begins with "_ZN". The caller frees it (g_free). */
char *fdar_rust_legacy_name(const char *mangled);

#endif
