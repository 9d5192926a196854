/* bench_sequence MESSAGES GRAPH.dot PICTURE.svg DIAGRAM.puml: lays a made-up story of so many calls out and
 * draws it, three times; prints the least processor time in seconds and leaves the graph, the picture, and the
 * same diagram for PlantUML.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file_write.h"
#include "viz/plain/plain.h"
#include "viz/svg/graph.h"
#include "viz/sequence/sequence.h"
#include "viz/svg/svg.h"

#define LANES 10u
#define DEEP  8u

static void make_story(struct fdar_story *story, uint32_t messages)
{
	story->lanes = g_new0(struct fdar_story_lane, LANES);
	story->steps = g_new0(struct fdar_story_step, messages);
	story->lane_count = LANES;
	story->step_count = messages;
	story->peer = "127.0.0.1:40001";
	story->duration_ns = messages * UINT64_C(1000000);
	for (uint32_t i = 0; i < LANES; i++) {
		story->lanes[i] = (struct fdar_story_lane){ .thread = "worker",
							    .component = "library",
							    .tid = i / 3,
							    .thread_index = i / 3 };
	}
	for (uint32_t i = 0; i < messages; i++) {
		uint32_t depth = i % DEEP;

		story->steps[i] = (struct fdar_story_step){
			.name = "some_function_name",
			.text = "",
			.lane = (i * 7) % LANES,
			.lane_to = FDAR_STORY_NONE,
			.depth = depth,
			.parent = depth ? i - 1 : FDAR_STORY_NONE,
			.end = MIN(i - depth + DEEP, messages),
			.count = 1,
			.start_ns = i * UINT64_C(1000),
			.duration_ns = (i % 5000) * UINT64_C(1000),
		};
	}
}

static void stop_on(GError *error)
{
	if (error) {
		fprintf(stderr, "bench_sequence: %s\n", error->message);
		exit(1);
	}
}

static void write_plantuml(const struct fdar_sequence *sequence, const char *path)
{
	static const struct fdar_sequence_options options;
	GString *text = fdar_plain_plantuml(sequence, &options);
	GError *error = NULL;

	fdar_file_write(path, text->str, text->len, &error);
	stop_on(error);
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	struct fdar_story story = { 0 };
	struct fdar_sequence sequence = { .sides = { { .story = &story } }, .side_count = 1 };
	static const struct fdar_sequence_options options;
	double best = 1e9;
	GError *error = NULL;

	if (argc != 5) {
		fprintf(stderr,
			"usage: bench_sequence MESSAGES GRAPH.dot PICTURE.svg DIAGRAM.puml\n");
		return 2;
	}
	make_story(&story, (uint32_t)atoi(argv[1]));
	for (int run = 0; run < 3; run++) {
		clock_t began = clock();
		g_autoptr(fdar_scene) scene = fdar_sequence_scene(&sequence, &options);
		GString *svg = fdar_svg_render(scene);
		g_autofree char *dot = NULL;

		stop_on(error);
		best = MIN(best, (double)(clock() - began) / CLOCKS_PER_SEC);
		dot = fdar_graph_to_dot(scene, &error);
		stop_on(error);
		fdar_file_write(argv[2], dot, strlen(dot), &error);
		stop_on(error);
		fdar_file_write(argv[3], svg->str, svg->len, &error);
		stop_on(error);
		g_string_free(svg, TRUE);
	}
	write_plantuml(&sequence, argv[4]);
	printf("%.4f\n", best);
	return 0;
}
