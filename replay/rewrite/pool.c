#include "replay/rewrite/pool.h"

#include "replay/capture/checksum.h"
#include "replay/rewrite/original.h"

/* Enough for anybody, and hosts times blocks stays below 2^64. */
#define HOSTS_MAX ((uint64_t)1 << 40)

static gint by_value(gconstpointer a, gconstpointer b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

void fdar_pool_init(struct fdar_pool *pool, const struct fdar_prefix *prefix, GHashTable *servers)
{
	uint64_t hosts = MIN(fdar_prefix_hosts(prefix), HOSTS_MAX);
	GHashTableIter iter;
	gpointer server;
	uint64_t n;

	*pool = (struct fdar_pool){ .prefix = *prefix,
				    .skipped = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
	g_hash_table_iter_init(&iter, servers);
	while (g_hash_table_iter_next(&iter, &server, NULL))
		if (fdar_prefix_find(prefix, server, &n) && n < hosts)
			g_array_append_val(pool->skipped, n);
	g_array_sort(pool->skipped, by_value);
	pool->hosts = hosts - pool->skipped->len;
	fdar_pool_set_block(pool, 1);
}

uint32_t fdar_pool_largest_block(const struct fdar_pool *pool, uint64_t needed)
{
	uint64_t blocks;

	if (pool->hosts == 0)
		return 0;
	blocks = MAX(needed / pool->hosts + (needed % pool->hosts != 0), 1);
	return (uint32_t)(FDAR_ORIGINAL_PORTS / blocks);
}

void fdar_pool_set_block(struct fdar_pool *pool, uint32_t block)
{
	pool->block = block;
	pool->places = pool->hosts * (FDAR_ORIGINAL_PORTS / block);
}

/* The n-th address that is no server's: before it lie n others and the servers' up to there. */
static uint64_t skip_servers(const struct fdar_pool *pool, uint64_t n)
{
	guint low = 0, high = pool->skipped->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(pool->skipped, uint64_t, middle) - middle <= n)
			low = middle + 1;
		else
			high = middle;
	}
	return n + low;
}

void fdar_pool_place(const struct fdar_pool *pool, uint64_t number, struct fdar_identity *identity,
		     uint16_t *first_port)
{
	uint64_t place = number % pool->places;
	uint64_t block = place / pool->hosts;

	fdar_prefix_host(&pool->prefix, skip_servers(pool, place % pool->hosts), &identity->client);
	identity->address_sum = fdar_checksum_fold(
		fdar_checksum_add(0, identity->client.addr,
				  fdar_checksum_address_bytes(identity->client.family)));
	*first_port = (uint16_t)(FDAR_POOL_FIRST_PORT + block * pool->block);
}

void fdar_pool_clear(struct fdar_pool *pool)
{
	g_clear_pointer(&pool->skipped, g_array_unref);
}
