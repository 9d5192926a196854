/*
 * Cells of tables: figures for people and for machines, in one call each.
 */
#ifndef FDAR_CLI_KIT_CELLS_H
#define FDAR_CLI_KIT_CELLS_H

#include "cli/kit/print.h"
#include "cli/kit/table.h"

/* "1.24 ms" and "1240000". */
void fdar_cell_duration(struct fdar_table *table, size_t column, double nanoseconds);

/* The same of a difference: "-1.24 ms" and "-1240000". */
void fdar_cell_added(struct fdar_table *table, size_t column, double added_ns);

/* "1,234" or "2.5" and the plain number. */
void fdar_cell_count(struct fdar_table *table, size_t column, double count);

/* A function's name may be hundreds of characters long (C++): for people it is shortened to so many. */
#define FDAR_NAME_COLUMNS 60
void fdar_cell_name(struct fdar_table *table, size_t column, const char *name);

/* "ns::map<...>::find(...)": without what is in brackets, from the parameters on, until it is no longer
 * than most; then cut in the middle. The caller frees the result. */
char *fdar_name_short(const char *name, glong most);

/* "412x" and "411.9"; infinite: "new" and nothing. */
void fdar_cell_ratio(struct fdar_table *table, size_t column, double ratio);

/* "97 %", ".4 %" and "0.97". */
void fdar_cell_percent(struct fdar_table *table, size_t column, double part);

/* "97 %", "0.4 %": the caller frees the result. */
char *fdar_format_percent(double part);

#endif
