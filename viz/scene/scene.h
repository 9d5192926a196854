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
#ifndef FDAR_VIZ_SCENE_SCENE_H
#define FDAR_VIZ_SCENE_SCENE_H

#include <glib.h>

#include "viz/scene/palette.h"
#include "viz/scene/label.h"

enum fdar_item_kind {
	FDAR_ITEM_FRAME, /* a rectangle in the background */
	FDAR_ITEM_ARROW, /* a line from box to box, with or without a head, with or without a label */
	FDAR_ITEM_BOX,   /* a rectangle, with or without a label in it */
	FDAR_ITEM_DOT    /* a disc or ring in the rectangle's middle, w wide */
};

enum fdar_dash { FDAR_DASH_SOLID, FDAR_DASH_DASHED, FDAR_DASH_DOTTED };

enum fdar_head {
	FDAR_HEAD_NONE,
	FDAR_HEAD_FULL, /* a call */
	FDAR_HEAD_OPEN, /* a return */
	FDAR_HEAD_GIVEN /* a hand-off: a full head, and a disc where it starts */
};

enum fdar_align { FDAR_ALIGN_LEFT, FDAR_ALIGN_MIDDLE, FDAR_ALIGN_RIGHT };

struct fdar_point {
	double x, y;
};

struct fdar_rect {
	double x, y, w, h;
};

struct fdar_label {
	const char *text; /* NULL: none */
	enum fdar_font font;
	double size;
	enum fdar_color color;
	enum fdar_align align; /* within at */
	struct fdar_rect at;   /* of arrows; a box's label lies in the box */
	enum fdar_color halo;  /* around the letters, so that lines under them do not disturb */
};

struct fdar_item {
	enum fdar_item_kind kind;
	const char *id;      /* unique in the scene; letters, digits, "-" and "_" */
	const char *tooltip; /* NULL: none */
	struct fdar_rect at; /* not of arrows */
	enum fdar_color fill;
	enum fdar_color stroke;
	double pen; /* width of the stroke */
	enum fdar_dash dash;
	gboolean rounded;
	struct fdar_label label;
	guint from, to; /* ARROW: the items it joins, boxes or dots */
	struct fdar_point
		curve[4]; /* ARROW: a cubic Bezier curve; its last point is the head's tip */
	enum fdar_head head;
};

struct fdar_scene {
	GArray *items; /* struct fdar_item */
	double width, height;
	enum fdar_theme theme;
	const char *title;
	const char *description;
	const char *prefix; /* of all ids, where several scenes are in one document; NULL: none */
	GStringChunk *texts;
	GHashTable *interned; /* text -> cleaned text, so that equal texts are kept once */
};

/* The caller owns the result (fdar_scene_free). */
struct fdar_scene *fdar_scene_new(enum fdar_theme theme);

/* Adds a copy of item, with its texts cleaned and kept by the scene; gives its index. */
guint fdar_scene_add(struct fdar_scene *scene, const struct fdar_item *item);

/* The scene's own clean copy of text. */
const char *fdar_scene_text(struct fdar_scene *scene, const char *text);

/* Adds a text without a box around it. */
guint fdar_scene_add_text(struct fdar_scene *scene, const char *id, struct fdar_rect at,
			  const struct fdar_label *label, const char *tooltip);

/* Fills an arrow's curve with a straight line. */
void fdar_item_straight(struct fdar_item *arrow, struct fdar_point start, struct fdar_point tip);

/* NULL is allowed. */
void fdar_scene_free(struct fdar_scene *scene);
typedef struct fdar_scene fdar_scene;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_scene, fdar_scene_free)

#endif
