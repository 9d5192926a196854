/*
 * A scene: what is where on a picture, as plain geometry.
 *
 * Place in the house: sequence.h makes one, graph.h turns it into a graphviz graph and svg.h into
 * SVG. Units are points (CSS pixels), the origin is the top left corner, y goes down. Later items
 * are drawn over earlier ones of their kind; frames lie under arrows, arrows under all the rest.
 *
 * A scene owns its items and all texts given to it; texts are cleaned (label.h) on the way in, so
 * nothing behind the scene has to fear them. Widths and positions are the caller's business.
 */
#ifndef FD_VIZ_SCENE_H
#define FD_VIZ_SCENE_H

#include <glib.h>

#include "viz/scene/palette.h"
#include "viz/scene/label.h"

enum fd_item_kind {
	FD_ITEM_FRAME, /* a rectangle in the background */
	FD_ITEM_ARROW, /* a line from box to box, with or without a head, with or without a label */
	FD_ITEM_BOX,   /* a rectangle, with or without a label in it */
	FD_ITEM_DOT    /* a disc or ring in the rectangle's middle, w wide */
};

enum fd_dash { FD_DASH_SOLID, FD_DASH_DASHED, FD_DASH_DOTTED };

enum fd_head {
	FD_HEAD_NONE,
	FD_HEAD_FULL, /* a call */
	FD_HEAD_OPEN, /* a return */
	FD_HEAD_GIVEN /* a hand-off: a full head, and a disc where it starts */
};

enum fd_align { FD_ALIGN_LEFT, FD_ALIGN_MIDDLE, FD_ALIGN_RIGHT };

struct fd_point {
	double x, y;
};

struct fd_rect {
	double x, y, w, h;
};

struct fd_label {
	const char *text; /* NULL: none */
	enum fd_font font;
	double size;
	enum fd_color color;
	enum fd_align align; /* within at */
	struct fd_rect at;   /* of arrows; a box's label lies in the box */
	enum fd_color halo;  /* around the letters, so that lines under them do not disturb */
};

struct fd_item {
	enum fd_item_kind kind;
	const char *id;      /* unique in the scene; letters, digits, "-" and "_" */
	const char *tooltip; /* NULL: none */
	struct fd_rect at;   /* not of arrows */
	enum fd_color fill;
	enum fd_color stroke;
	double pen; /* width of the stroke */
	enum fd_dash dash;
	gboolean rounded;
	struct fd_label label;
	guint from, to; /* ARROW: the items it joins, boxes or dots */
	struct fd_point
		curve[4]; /* ARROW: a cubic Bezier curve; its last point is the head's tip */
	enum fd_head head;
};

struct fd_scene {
	GArray *items; /* struct fd_item */
	double width, height;
	enum fd_theme theme;
	const char *title;
	const char *description;
	GStringChunk *texts;
	GHashTable *interned; /* text -> cleaned text, so that equal texts are kept once */
};

/* The caller owns the result (fd_scene_free). */
struct fd_scene *fd_scene_new(enum fd_theme theme);

/* Adds a copy of item, with its texts cleaned and kept by the scene; gives its index. */
guint fd_scene_add(struct fd_scene *scene, const struct fd_item *item);

/* The scene's own clean copy of text. */
const char *fd_scene_text(struct fd_scene *scene, const char *text);

/* Adds a text without a box around it. */
guint fd_scene_add_text(struct fd_scene *scene, const char *id, struct fd_rect at,
			const struct fd_label *label, const char *tooltip);

/* Fills an arrow's curve with a straight line. */
void fd_item_straight(struct fd_item *arrow, struct fd_point start, struct fd_point tip);

/* NULL is allowed. */
void fd_scene_free(struct fd_scene *scene);
typedef struct fd_scene fd_scene;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_scene, fd_scene_free)

#endif
