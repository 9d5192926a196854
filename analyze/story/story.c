#include "analyze/story/story.h"

void fdar_story_free(struct fdar_story *story)
{
	if (!story)
		return;
	g_free(story->lanes);
	g_free(story->steps);
	if (story->texts)
		g_string_chunk_free(story->texts);
	g_free(story);
}
