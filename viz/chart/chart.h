/*
 * Charts: plain SVG of rectangles, lines and texts, for pictures that need no graph.
 *
 * Place in the house: beside viz/svg; timelines, hand-offs, bars and distributions are drawn with it. The picture
 * stands alone as the sequence diagram does: no script, no links, what carries meaning is attributes; a style sheet
 * only turns the roles' light colours dark where the reader's system asks for it. Sizes are points, the origin is the
 * top left corner. Texts are cleaned and escaped here, and measured by label.h.
 */
#ifndef FDAR_VIZ_CHART_CHART_H
#define FDAR_VIZ_CHART_CHART_H

#include <glib.h>

#include "viz/scene/label.h"
#include "viz/scene/palette.h"

/* Colours that tell neighbours apart, on light and dark paper (3:1) and with all common kinds of colour blindness. */
#define FDAR_CHART_HUES 4u

struct fdar_chart {
	GString *body;
	const char *prefix; /* of ids: letters and digits */
	guint marks;        /* rectangles and paths so far */
	double cropped;     /* points at the top that are not shown */
};

/* prefix must outlive the chart. The caller owns the result; fdar_chart_finish ends it. */
struct fdar_chart *fdar_chart_new(const char *prefix);

/* hue: of FDAR_CHART_HUES, any number. */
const char *fdar_chart_hue(guint64 hue);

/* Fills with a hex colour; tooltip NULL: none. */
void fdar_chart_rect(struct fdar_chart *chart, double x, double y, double w, double h,
		     const char *fill, const char *tooltip);
/* With an edge of another colour and a little rounded; fill may be "none". */
void fdar_chart_box(struct fdar_chart *chart, double x, double y, double w, double h,
		    const char *fill, const char *edge, const char *tooltip);
void fdar_chart_line(struct fdar_chart *chart, double x1, double y1, double x2, double y2,
		     const char *color, double pen, gboolean dashed);
/* An arrow that leaves and arrives level, bent between; pen is its width. */
void fdar_chart_arrow(struct fdar_chart *chart, double x1, double y1, double x2, double y2,
		      const char *color, double pen, gboolean dashed, const char *tooltip);
/* A polygon of count points (x and y in turn), closed. */
void fdar_chart_area(struct fdar_chart *chart, const double *points, guint count, const char *fill,
		     const char *tooltip);
void fdar_chart_disc(struct fdar_chart *chart, double x, double y, double radius, const char *fill,
		     const char *tooltip);

/* y is the base line; align: 0 left, 1 middle, 2 right. Cut in the middle to width points, 0: not. */
void fdar_chart_text(struct fdar_chart *chart, double x, double y, int align, enum fdar_font font,
		     double size, enum fdar_color color, double width, const char *text);

/* A heading in bold over all else, cut to width. title NULL: there is none, and what FDAR_CHART_HEADING points keep
 * for it at the top is not shown; the others' places stay. */
#define FDAR_CHART_HEADING 26.0
void fdar_chart_heading(struct fdar_chart *chart, double x, double width, const char *title);

/* The whole document, description for those who can't see it; the chart is gone. The caller frees the result. */
GString *fdar_chart_finish(struct fdar_chart *chart, double width, double height, const char *title,
			   const char *description);

/* The light colour of a role, for the functions above. */
#define FDAR_INK(role) fdar_color_hex(FDAR_COLOR_##role, FDAR_THEME_LIGHT)

/* A round step for an axis of so much with at most so many ticks: 1, 2 or 5 times a power of ten. */
double fdar_chart_step(double whole, guint ticks);

#endif
