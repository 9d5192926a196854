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

void fd_pool_init(struct fd_pool *pool, const struct fd_prefix *prefix, GHashTable *servers)
{
	uint64_t hosts = MIN(fd_prefix_hosts(prefix), HOSTS_MAX);
	GHashTableIter iter;
	gpointer server;
	uint64_t n;

	*pool = (struct fd_pool){ .prefix = *prefix,
				  .skipped = g_array_new(FALSE, FALSE, sizeof(uint64_t)) };
	g_hash_table_iter_init(&iter, servers);
	while (g_hash_table_iter_next(&iter, &server, NULL))
		if (fd_prefix_find(prefix, server, &n) && n < hosts)
			g_array_append_val(pool->skipped, n);
	g_array_sort(pool->skipped, by_value);
	pool->hosts = hosts - pool->skipped->len;
	fd_pool_set_block(pool, 1);
}

uint32_t fd_pool_largest_block(const struct fd_pool *pool, uint64_t needed)
{
	uint64_t blocks;

	if (pool->hosts == 0)
		return 0;
	blocks = MAX(needed / pool->hosts + (needed % pool->hosts != 0), 1);
	return (uint32_t)(FD_ORIGINAL_PORTS / blocks);
}

void fd_pool_set_block(struct fd_pool *pool, uint32_t block)
{
	pool->block = block;
	pool->places = pool->hosts * (FD_ORIGINAL_PORTS / block);
}

/* The n-th address that is no server's: before it lie n others and the servers' up to there. */
static uint64_t skip_servers(const struct fd_pool *pool, uint64_t n)
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

void fd_pool_place(const struct fd_pool *pool, uint64_t number, struct fd_identity *identity,
		   uint16_t *first_port)
{
	uint64_t place = number % pool->places;
	uint64_t block = place / pool->hosts;

	fd_prefix_host(&pool->prefix, skip_servers(pool, place % pool->hosts), &identity->client);
	identity->address_sum = fd_checksum_fold(
		fd_checksum_add(0, identity->client.addr,
				fd_checksum_address_bytes(identity->client.family)));
	*first_port = (uint16_t)(FD_POOL_FIRST_PORT + block * pool->block);
}

void fd_pool_clear(struct fd_pool *pool)
{
	g_clear_pointer(&pool->skipped, g_array_unref);
}
