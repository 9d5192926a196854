#include "replay/lockstep/order.h"

#include <string.h>

#define STEPS_MAX  ((uint64_t)1 << 28)
#define PORT_FIRST 1024u  /* below are the privileged */
#define PORT_SPARE 10000u /* where the search for another port than the captured one begins */

/* A step with what it is sorted by. */
struct timed {
	uint64_t time_ns;
	uint64_t own;
	uint32_t clone;
	uint32_t session;
	struct fdar_step step;
};

static void add_step(GArray *steps, uint64_t time_ns, const struct fdar_start *start,
		     const struct fdar_step *step)
{
	struct timed timed = { .time_ns = time_ns,
			       .own = steps->len,
			       .clone = start->clone,
			       .session = start->script->session->id,
			       .step = *step };

	/* The steps of one session stay in their order, whatever their times are. */
	if (step->kind != FDAR_STEP_OPEN)
		timed.time_ns =
			MAX(time_ns, g_array_index(steps, struct timed, steps->len - 1).time_ns);
	g_array_append_val(steps, timed);
}

/* What the client of one session does. */
static void add_role(GArray *steps, const struct fdar_role *role, uint32_t number)
{
	const struct fdar_script *script = role->start.script;
	struct fdar_step step = { .role = number, .kind = FDAR_STEP_OPEN };
	gboolean opens = TRUE;
	uint32_t message = 0;
	uint32_t part = 0;

	add_step(steps, script->session->start_ns, &role->start, &step);
	for (uint64_t i = script->from; i < script->count; i++) {
		const struct fdar_piece *piece = &script->pieces[i];

		if (piece->way == FDAR_FROM_SERVER) {
			opens |= piece->kind == FDAR_PIECE_DATA || piece->kind == FDAR_PIECE_GAP;
			if (piece->kind == FDAR_PIECE_RST)
				break; /* what came after it met nobody */
			continue;
		}
		if (piece->kind == FDAR_PIECE_TLS)
			continue;
		step = (struct fdar_step){ .role = number, .kind = FDAR_STEP_FIN };
		if (piece->kind == FDAR_PIECE_DATA) {
			message += opens ? 1 : 0;
			part = opens ? 1 : part + 1;
			opens = FALSE;
			step.kind = FDAR_STEP_SEND;
			step.message = message;
			step.part = part;
		} else if (piece->kind == FDAR_PIECE_RST) {
			step.kind = FDAR_STEP_RESET;
		}
		add_step(steps, piece->time_ns, &role->start, &step);
		if (step.kind == FDAR_STEP_RESET)
			return;
	}
	step = (struct fdar_step){ .role = number, .kind = FDAR_STEP_CLOSE };
	add_step(steps, script->hold_ns, &role->start, &step);
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct timed *x = a;
	const struct timed *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->clone != y->clone)
		return x->clone < y->clone ? -1 : 1;
	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	return x->own < y->own ? -1 : x->own > y->own;
}

static void count_open(struct fdar_order *order)
{
	uint64_t open = 0;

	order->open_at_once = 0;
	for (uint64_t i = 0; i < order->count; i++) {
		switch (order->steps[i].kind) {
		case FDAR_STEP_OPEN:
			open++;
			order->open_at_once = MAX(order->open_at_once, open);
			break;
		case FDAR_STEP_CLOSE:
		case FDAR_STEP_RESET:
			open--;
			break;
		default:
			break;
		}
	}
}

static gboolean is_target(const struct fdar_routes *routes, uint16_t port)
{
	for (size_t i = 0; i < routes->count; i++)
		if (routes->routes[i].target.port == port)
			return TRUE;
	return FALSE;
}

static guint endpoint_hash(gconstpointer key)
{
	const uint8_t *bytes = key;
	guint hash = 5381;

	for (size_t i = 0; i < sizeof(struct fdar_endpoint); i++)
		hash = hash * 33 + bytes[i];
	return hash;
}

static gboolean endpoint_same(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct fdar_endpoint)) == 0;
}

/* A port of source that nobody has: the one it has, or the next spare one. TCP and UDP have their ports
 * apart: source->zero tells them from each other in here. */
static gboolean choose_port(const struct fdar_routes *routes, struct fdar_endpoint *source,
			    GHashTable *taken, uint32_t *spare)
{
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		if (source->port >= PORT_FIRST && !is_target(routes, source->port) &&
		    !g_hash_table_contains(taken, source)) {
			g_hash_table_add(taken, g_memdup2(source, sizeof(*source)));
			return TRUE;
		}
		source->port = (uint16_t)*spare;
		*spare = *spare == UINT16_MAX ? PORT_FIRST : *spare + 1;
	}
	return FALSE;
}

/* Where a role plays from: the same in every run. */
static gboolean choose_source(const struct fdar_routes *routes, struct fdar_start *start,
			      GHashTable *taken, uint32_t *spare, GError **error)
{
	const struct fdar_session *session = start->script->session;
	const struct fdar_endpoint *target = fdar_routes_target(routes, session->server.port);
	struct fdar_endpoint *source = &start->source;
	char text[FDAR_ENDPOINT_TEXT_MAX];

	if (!target) /* the play gets its verdict from the driver */
		return TRUE;
	fdar_routes_source(routes, target, start->client, source);
	if (source->family == FDAR_FAMILY_NONE)
		source->family = target->family; /* any address of it: the kernel's choice */
	source->port = session->client.port;
	source->zero = session->transport == FDAR_UDP;
	if (choose_port(routes, source, taken, spare)) {
		source->zero = 0;
		return TRUE;
	}
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "no port of %s is left: give more --sources", fdar_endpoint_host(source, text));
	return FALSE;
}

static void collect_roles(struct fdar_order *order, const struct fdar_plan_input *input)
{
	static const struct fdar_plan_options as_captured = { .speed = 1 };
	struct fdar_plan_input once = *input;
	struct fdar_plan *plan;
	struct fdar_start start;

	once.rounds = 1;
	plan = fdar_plan_new(&once, 1, &as_captured);
	order->clones = input->clones;
	order->sessions = (uint32_t)input->scripts->count;
	order->roles = g_new0(struct fdar_role, (size_t)input->clones * input->scripts->fit);
	order->of_session = g_new(int64_t, (size_t)order->clones * order->sessions);
	memset(order->of_session, 0xff,
	       (size_t)order->clones * order->sessions * sizeof(*order->of_session));
	while (fdar_plan_next(plan, &start)) {
		start.due_ns = 0;
		order->of_session[(size_t)start.clone * order->sessions +
				  start.script->session->id] = order->role_count;
		order->roles[order->role_count++].start = start;
	}
	fdar_plan_free(plan);
}

static gboolean choose_sources(struct fdar_order *order, const struct fdar_routes *routes,
			       GError **error)
{
	g_autoptr(GHashTable) taken =
		g_hash_table_new_full(endpoint_hash, endpoint_same, g_free, NULL);
	uint32_t spare = PORT_SPARE;

	for (uint32_t i = 0; i < order->role_count; i++)
		if (!choose_source(routes, &order->roles[i].start, taken, &spare, error))
			return FALSE;
	return TRUE;
}

struct fdar_order *fdar_order_new(const struct fdar_plan_input *input,
				  const struct fdar_routes *routes, GError **error)
{
	struct fdar_order *order = g_new0(struct fdar_order, 1);
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(struct timed));

	collect_roles(order, input);
	if (!choose_sources(order, routes, error)) {
		fdar_order_free(order);
		return NULL;
	}
	for (uint32_t i = 0; i < order->role_count; i++) {
		order->roles[i].first = steps->len;
		add_role(steps, &order->roles[i], i);
		order->roles[i].count = steps->len - order->roles[i].first;
		if (steps->len > STEPS_MAX) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
				    "more than %" G_GUINT64_FORMAT
				    " steps: fewer --clones, or a --filter",
				    STEPS_MAX);
			fdar_order_free(order);
			return NULL;
		}
	}
	order->own_count = order->count = steps->len;
	order->own = g_new(struct fdar_step, steps->len);
	order->steps = g_new(struct fdar_step, steps->len);
	for (guint i = 0; i < steps->len; i++)
		order->own[i] = g_array_index(steps, struct timed, i).step;
	g_array_sort(steps, by_time);
	for (guint i = 0; i < steps->len; i++)
		order->steps[i] = g_array_index(steps, struct timed, i).step;
	count_open(order);
	return order;
}

void fdar_order_free(struct fdar_order *order)
{
	if (!order)
		return;
	g_free(order->roles);
	g_free(order->steps);
	g_free(order->own);
	g_free(order->of_session);
	g_free(order);
}

static void line_of(const struct fdar_order *order, const struct fdar_step *step,
		    struct fdar_order_line *line)
{
	const struct fdar_start *start = &order->roles[step->role].start;

	*line = (struct fdar_order_line){ .kind = (enum fdar_step_kind)step->kind,
					  .session = start->script->session->id,
					  .clone = start->clone,
					  .message = step->message,
					  .part = step->part };
	if (step->kind == FDAR_STEP_OPEN)
		line->source = start->source;
}

const char *fdar_order_step_text(const struct fdar_order *order, const struct fdar_step *step,
				 char text[FDAR_ORDER_LINE_MAX])
{
	struct fdar_order_line line;

	line_of(order, step, &line);
	return fdar_order_line_write(&line, text);
}

gboolean fdar_order_write(const struct fdar_order *order, const char *path, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char line[FDAR_ORDER_LINE_MAX];

	g_string_append_printf(text,
			       "# The order of flowdar replay --lockstep: %" G_GUINT64_FORMAT
			       " steps of %u sessions. --order feeds it again.\n",
			       order->count, order->role_count);
	for (uint64_t i = 0; i < order->count; i++) {
		g_string_append(text, fdar_order_step_text(order, &order->steps[i], line));
		g_string_append_c(text, '\n');
	}
	return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

/* The step that a line means: the next one of its role. NULL, and *why is what is wrong. */
static const struct fdar_step *step_of(const struct fdar_order *order, const uint64_t *done,
				       const struct fdar_order_line *line, char *why,
				       size_t why_size)
{
	const struct fdar_role *role;
	const struct fdar_step *step;
	char text[FDAR_ORDER_LINE_MAX];
	int64_t number = -1;

	if (line->session < order->sessions && line->clone < order->clones)
		number = order->of_session[(size_t)line->clone * order->sessions + line->session];
	if (number < 0) {
		g_snprintf(why, why_size, "the capture has no such session to play");
		return NULL;
	}
	role = &order->roles[number];
	if (done[number] == role->count) {
		g_snprintf(why, why_size, "that session has no step left");
		return NULL;
	}
	step = &order->own[role->first + done[number]];
	if (step->kind != line->kind || step->message != line->message ||
	    step->part != line->part) {
		g_snprintf(why, why_size, "the next step of that session is \"%s\"",
			   fdar_order_step_text(order, step, text));
		return NULL;
	}
	return step;
}

/* One line of a fed order. FALSE, and why. */
static gboolean feed_line(struct fdar_order *order, const char *bytes, size_t length,
			  uint64_t *done, GArray *steps, char *why, size_t why_size)
{
	struct fdar_order_line line;
	const struct fdar_step *step;
	const char *expected;

	switch (fdar_order_line_read(bytes, length, &line, &expected)) {
	case FDAR_ORDER_NOTHING:
		return TRUE;
	case FDAR_ORDER_BAD:
		g_snprintf(why, why_size, "expected %s", expected);
		return FALSE;
	case FDAR_ORDER_STEP:
		break;
	}
	step = step_of(order, done, &line, why, why_size);
	if (!step)
		return FALSE;
	done[step->role]++;
	if (line.source.family != FDAR_FAMILY_NONE)
		order->roles[step->role].start.source = line.source;
	g_array_append_val(steps, *step);
	return TRUE;
}

gboolean fdar_order_feed(struct fdar_order *order, const char *text, size_t length,
			 const char *name, GError **error)
{
	g_autofree uint64_t *done = g_new0(uint64_t, MAX(order->role_count, 1));
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct fdar_step));
	const char *end = text + length;
	uint64_t number = 0;
	char why[256];

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		number++;
		if (!feed_line(order, text, (size_t)(stop - text), done, steps, why, sizeof(why))) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
				    "%s:%" G_GUINT64_FORMAT ": %s", name, number, why);
			g_array_free(steps, TRUE);
			return FALSE;
		}
		text = stop + 1;
	}
	if (!steps->len) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: no step in it",
			    name);
		g_array_free(steps, TRUE);
		return FALSE;
	}
	g_free(order->steps);
	order->count = steps->len;
	order->steps = (struct fdar_step *)(void *)g_array_free(steps, FALSE);
	count_open(order);
	return TRUE;
}
