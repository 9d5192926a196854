/*
 * What of flowdar works on this machine, for this user: each check looks, or tries, and says what it found,
 * what is lost by it, and the line that mends it.
 *
 * Place in the house: under flowdar doctor, which shows them. Nothing is changed by a check, and nothing is
 * left behind.
 */
#ifndef FDAR_CLI_DOCTOR_CHECKS_H
#define FDAR_CLI_DOCTOR_CHECKS_H

#include <glib.h>

enum fdar_health {
	FDAR_HEALTH_GOOD,
	FDAR_HEALTH_LESS, /* works, but something that is asked for more seldom does not */
	FDAR_HEALTH_BAD   /* flowdar record cannot work */
};

struct fdar_finding {
	enum fdar_health health;
	char *found;        /* "8.4 GB free" */
	const char *effect; /* what is lost; NULL when nothing is */
	char *mend;         /* a line for a shell, NULL if there is none */
	gboolean admin;     /* only root can say that line */
};

struct fdar_check {
	const char *name; /* "shared memory" */
	const char *what; /* what it is needed for */
	void (*look)(struct fdar_finding *finding);
};

/* All of them, in the order of importance; ended by a row whose name is NULL. */
extern const struct fdar_check fdar_checks[];

void fdar_finding_clear(struct fdar_finding *finding);

/* Records a program that sleeps, as `flowdar record` does for people, and reads it back. A second or two. */
void fdar_check_record(struct fdar_finding *finding);

/* What of a program's source is in its functions, and so can be recorded. */
void fdar_check_program(const char *path, struct fdar_finding *finding);

/* Those of the kernel's (checks_kernel.c). */
void fdar_check_kernel(struct fdar_finding *finding);
void fdar_check_memory(struct fdar_finding *finding);
void fdar_check_ptrace(struct fdar_finding *finding);
void fdar_check_perf(struct fdar_finding *finding);
void fdar_check_files(struct fdar_finding *finding);
void fdar_check_clock(struct fdar_finding *finding);
void fdar_check_pressure(struct fdar_finding *finding);
void fdar_check_capture(struct fdar_finding *finding);

#endif
