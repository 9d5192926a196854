/*
 * The sequence diagram's workshop: what its files share. Nobody else includes this.
 *
 *	sequence.c         the order of work
 *	sequence_merge.c   lanes of one thread made one, where there is no room for all
 *	sequence_columns.c  which lane a step is on, and how wide lanes and panels are
 *	sequence_rows.c     which row it is on, and how far its bar goes
 *	sequence_lanes.c    panels: threads, heads, lifelines, the session's beginning and end
 *	sequence_steps.c    calls: bars, arrows, names, tooltips
 *	sequence_events.c   what is no call: hand-offs, loops, idle time, notes
 *	sequence_badges.c   which of the ratios are seen first
 *	sequence_marks.c    dots, ratios, durations
 *	sequence_head.c     title, warnings, what is below all
 *	sequence_legend.c   what the signs mean
 */
#ifndef FDAR_VIZ_SEQUENCE_SEQUENCE_DRAW_H
#define FDAR_VIZ_SEQUENCE_SEQUENCE_DRAW_H

#include "viz/sequence/sequence.h"

/* Sizes in points. */
#define FDAR_SEQ_NAME_SIZE    11.0
#define FDAR_SEQ_SMALL_SIZE   10.0
#define FDAR_SEQ_ROW_UP       12.0 /* room of a row above and below its middle */
#define FDAR_SEQ_ROW_DOWN     12.0
#define FDAR_SEQ_BAR_WIDTH    8.0
#define FDAR_SEQ_NEST         5.0 /* how far a bar is shifted from the one that called it */
#define FDAR_SEQ_DOT          6.5 /* diameter */
#define FDAR_SEQ_DOT_STEP     9.0
#define FDAR_SEQ_LIFE_X       22.0 /* the lifeline, from its lane's left edge */
#define FDAR_SEQ_LABEL_HEIGHT 14.0

/* What is smaller where the picture has to fit a column. */
struct fdar_seq_sizes {
	double margin;
	double gutter; /* between baseline and subject */
	double time_width;
	double client_width;
	double lane_min;
	double lane_soft; /* a lane grows no wider for its texts: they may reach over */
	double name_max;
	double note_max;
	double panel_min;
};

struct fdar_seq_lane {
	double x, w, life_x;
	gboolean shaded; /* it is of a thread that stands on a band */
	guint head;      /* scene index of the head box */
};

/* How loud a ratio is. */
enum fdar_seq_tone {
	FDAR_TONE_QUIET,  /* it hardly changes how long the session takes */
	FDAR_TONE_SLOWER, /* it is slower because of what it calls */
	FDAR_TONE_GUILTY, /* it is slower by itself */
	FDAR_TONE_FASTER
};

/* How a ratio, or a word in its place, is written: of many ratios one or two are to be seen first. */
enum fdar_seq_badge {
	FDAR_BADGE_NONE,
	FDAR_BADGE_PLAIN, /* quiet letters */
	FDAR_BADGE_LOUD,  /* letters of alarm */
	FDAR_BADGE_EDGED, /* the outermost caller: how much slower all of it is */
	FDAR_BADGE_CULPRIT,
	FDAR_BADGE_BETTER
};

/* What stands behind a step's name. */
struct fdar_seq_mark {
	guint64 dots;
	gboolean hollow; /* mostly waiting */
	gboolean many;   /* so many dots that one and the time stand for them */
	char *count;     /* "×240", or NULL */
	char *recursion; /* "calls itself 98,204×, 24 deep", or NULL */
	char *time;      /* "1.62 ms", "unfinished after 12.3 s" */
	gboolean open;   /* the time is one of an unfinished call */
	char *ratio;     /* "410×", "new", "gone", "moved", or NULL */
	enum fdar_seq_tone tone;
	enum fdar_seq_badge badge;
	double width; /* of all but the ratio */
	double ratio_width;
};

/* Where a step is drawn, beside what it is. */
struct fdar_seq_place {
	struct fdar_seq_mark mark;
	char *name;     /* as much of it as there is room for */
	double y;       /* of its arrow and name */
	double end_y;   /* where its bar ends */
	double bar_x;   /* its bar's left edge */
	double label_x; /* where its name starts */
	double label_end;
	double name_width;
	enum fdar_color ground; /* what it stands on */
	uint32_t nest;          /* bars of the same lane it stands in */
	guint bar;              /* scene index of its bar */
	gboolean placed;
	gboolean hooked;   /* called from a function of the same lane */
	gboolean leftward; /* its arrow comes from the right */
};

struct fdar_seq_panel {
	const struct fdar_sequence_side *side;
	const struct fdar_story
		*story; /* as it is drawn: with a lane for each thread where it is narrow */
	const struct fdar_story *whole; /* as it was told */
	struct fdar_story *merged;      /* ours; NULL: story is whole */
	const char *prefix;             /* of ids: "a" and "b" */
	double x, w;
	double first_lane_x;
	double client_x;
	guint client; /* scene index of the client's head */
	struct fdar_seq_lane *lanes;
	struct fdar_seq_place *places; /* by step */
	uint32_t *partners; /* by step: the other panel's, or FDAR_STORY_NONE; where one was
					* moved to, too */
	double begin_y, end_y;
};

struct fdar_seq {
	const struct fdar_sequence *sequence;
	struct fdar_sequence_options options;
	struct fdar_scene *scene;
	struct fdar_seq_sizes sizes;
	struct fdar_seq_panel panels[2];
	unsigned panel_count;
	struct fdar_story_row *rows; /* ours */
	uint32_t row_count;
	double top;     /* where the panels begin */
	double heads_y; /* top of the lane heads */
	double lines_y; /* where the lifelines begin */
	double bottom;  /* where they end */
	double width;
};

/* A copy of story that has one lane for each thread, whatever components run on it; lanes, steps and the copy are
 * the caller's (fdar_seq_merged_free). */
struct fdar_story *fdar_seq_merge_lanes(const struct fdar_story *story);
void fdar_seq_merged_free(struct fdar_story *merged);

/* columns and rows */
void fdar_seq_lay_out_columns(struct fdar_seq *seq);
void fdar_seq_lay_out_rows(struct fdar_seq *seq);

/* lanes */
void fdar_seq_draw_bands(struct fdar_seq *seq);
void fdar_seq_draw_heads(struct fdar_seq *seq);
void fdar_seq_draw_ends(struct fdar_seq *seq);

/* steps */
void fdar_seq_draw_steps(struct fdar_seq *seq, struct fdar_seq_panel *panel);

/* events */
void fdar_seq_draw_handoff(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index);
void fdar_seq_draw_loop(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index);
void fdar_seq_draw_idle(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index);
void fdar_seq_draw_note(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index);

/* All that is known about a step. The caller frees the result. */
char *fdar_seq_tooltip(const struct fdar_story *story, uint32_t index);

/* "connections · 0x55d0c8a0f0 · 1.24 ms in the queue"; without the object where it is to be brief. The caller
 * frees the result. */
char *fdar_seq_handoff_words(const struct fdar_story_step *step, gboolean brief);

/* "target: /match?s=aaaa". The caller frees the result. */
char *fdar_seq_note_words(const struct fdar_story_step *step);

/* Whether a step is drawn as a bar: calls and waits are. */
gboolean fdar_seq_has_bar(const struct fdar_story_step *step);

/* marks; y is the middle of the line, ground what they stand on */
void fdar_seq_mark_init(const struct fdar_seq *seq, const struct fdar_seq_panel *panel,
			uint32_t step, struct fdar_seq_mark *mark);
/* After all have been initialized: which ratios are badges, and which are not written. */
void fdar_seq_choose_badges(struct fdar_seq *seq);
void fdar_seq_mark_clear(struct fdar_seq_mark *mark);
/* Gives where it ends. */
double fdar_seq_draw_mark(struct fdar_seq *seq, const char *id, double x, double y,
			  enum fdar_color ground, const struct fdar_seq_mark *mark);
void fdar_seq_draw_pill(struct fdar_seq *seq, const char *id, double x, double y,
			enum fdar_color ground, const struct fdar_seq_mark *mark);

/* head */
double fdar_seq_draw_header(struct fdar_seq *seq);
/* The signs that the picture has; gives where it ends. */
double fdar_seq_draw_legend(struct fdar_seq *seq, double y);
/* Below all: names that were cut, in full, as a picture in a page shows no tooltips. Gives where it ends. */
double fdar_seq_draw_footer(struct fdar_seq *seq, double y);

/* The step whose frame this one was called in: nearest one above that is not a LOOP. */
uint32_t fdar_seq_caller(const struct fdar_story *story, uint32_t step);

#define FDAR_SEQ_ID_BYTES 48

/* An id of the panel's prefix, a word and a number, written into and given as buffer. */
const char *fdar_seq_id(const struct fdar_seq_panel *panel, const char *word, uint32_t number,
			char buffer[FDAR_SEQ_ID_BYTES]);

#endif
