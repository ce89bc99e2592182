// struct dbg_mem: a source of bytes behind a cache of pages that is valid for one stop.
#include "engine/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum { PAGE = 4096, MOST_PAGES = 8192 /* 32 MiB; then the cache starts anew */, RUN = 16 /* pages read at once */ };

struct page {
	size_t valid; // bytes from the start that could be read
	u8 bytes[PAGE];
};

struct dbg_mem {
	struct dbg_mem_source source;
	struct arena home;  // of this struct
	struct arena pages; // cached pages and the map's tables
	struct map map;     // page number -> struct page *
	u64 generation;
	struct held {
		u64 addr;
		size_t len, cap;
		u8 *bytes;
	} held;
	dbg_mem_reads *tap;
	void *tap_context;
};

struct dbg_mem *dbg_mem_new(struct dbg_mem_source source)
{
	struct arena home = {0};
	struct dbg_mem *mem = NEW(&home, struct dbg_mem);
	mem->source = source;
	mem->home = home;
	return mem;
}

void dbg_mem_free(struct dbg_mem *mem)
{
	if (!mem)
		return;
	free(mem->held.bytes);
	arena_deinit(&mem->pages);
	struct arena home = mem->home;
	arena_deinit(&home);
}

static void drop_pages(struct dbg_mem *mem)
{
	mem->map = (struct map){0};
	arena_clear(&mem->pages);
}

void dbg_mem_invalidate(struct dbg_mem *mem)
{
	drop_pages(mem);
	mem->held.len = 0;
	mem->generation++;
}

u64 dbg_mem_generation(const struct dbg_mem *mem)
{
	return mem->generation;
}

static struct page *cached(const struct dbg_mem *mem, u64 number)
{
	u64 *slot = map_get(&mem->map, number);
	return slot ? (struct page *)(uintptr_t)*slot : NULL;
}

// Reads pages [first, first + n) by one call, as far as they can be read.
static void read_pages(struct dbg_mem *mem, u64 first, size_t n)
{
	u8 buf[RUN * PAGE];
	if (mem->map.count + n > MOST_PAGES)
		drop_pages(mem);
	size_t got = mem->source.read(mem->source.context, first * PAGE, buf, n * PAGE);
	for (size_t i = 0; i < n; i++) {
		size_t valid = got > i * PAGE ? size_min(got - i * PAGE, PAGE) : 0;
		if (i > 0 && valid < PAGE)
			break; // asked again by itself when somebody wants it
		if (cached(mem, first + i))
			continue;
		struct page *page = NEW(&mem->pages, struct page);
		page->valid = valid;
		memcpy(page->bytes, buf + i * PAGE, valid);
		map_put(&mem->map, &mem->pages, first + i, (u64)(uintptr_t)page);
	}
}

// Reads page `number`, those after it that are wanted too, and more where a walk goes through memory upwards or
// downwards: lists of tasks lie on the heap in the order in which they were made, or the other way round.
static struct page *fill(struct dbg_mem *mem, u64 number, size_t wanted)
{
	bool upwards = number > 0 && cached(mem, number - 1);
	if (!upwards && number >= RUN && cached(mem, number + 1)) {
		read_pages(mem, number - RUN + 1, RUN);
		struct page *page = cached(mem, number);
		if (page)
			return page;
	}
	size_t n = 1, most = upwards ? RUN : size_min(wanted, RUN);
	while (n < most && !cached(mem, number + n))
		n++;
	read_pages(mem, number, n);
	return cached(mem, number);
}

static size_t read_some(struct dbg_mem *mem, u64 addr, void *buf, size_t len)
{
	u64 at_held = addr - mem->held.addr;
	if (at_held < mem->held.len && len <= mem->held.len - at_held) {
		memcpy(buf, mem->held.bytes + at_held, len);
		return len;
	}
	size_t done = 0;
	while (done < len) {
		u64 at = addr + done;
		if (at < addr)
			break;
		u64 number = at / PAGE;
		size_t from = at % PAGE, part = size_min(len - done, PAGE - from);
		struct page *page = cached(mem, number);
		if (!page)
			page = fill(mem, number, (from + (len - done) + PAGE - 1) / PAGE);
		if (page->valid >= from + part) {
			memcpy((u8 *)buf + done, page->bytes + from, part);
			done += part;
			continue;
		}
		// A source whose bytes begin or end inside of the page.
		size_t got = mem->source.read(mem->source.context, at, (u8 *)buf + done, part);
		done += size_min(got, part);
		if (got < part)
			break;
	}
	return done;
}

size_t dbg_mem_read_some(struct dbg_mem *mem, u64 addr, void *buf, size_t len)
{
	size_t got = read_some(mem, addr, buf, len);
	if (mem->tap)
		mem->tap(mem->tap_context, addr, buf, len, got);
	return got;
}

void dbg_mem_tap(struct dbg_mem *mem, dbg_mem_reads *reads, void *context)
{
	mem->tap = reads;
	mem->tap_context = context;
}

err_t dbg_mem_read(struct dbg_mem *mem, u64 addr, void *buf, size_t len)
{
	size_t got = dbg_mem_read_some(mem, addr, buf, len);
	return got == len ? NULL : err_fault(addr + got);
}

err_t dbg_mem_read_uint(struct dbg_mem *mem, u64 addr, size_t size, u64 *out)
{
	if (size == 0 || size > sizeof(*out))
		return err_new(ERR_ARGUMENT, "an integer of %zu bytes", size);
	u64 value = 0;
	TRY(dbg_mem_read(mem, addr, &value, size));
	*out = value;
	return NULL;
}

size_t dbg_mem_read_bulk(struct dbg_mem *mem, u64 addr, void *buf, size_t len)
{
	return mem->source.read(mem->source.context, addr, buf, len);
}

const u8 *dbg_mem_hold(struct dbg_mem *mem, u64 addr, size_t len, size_t *got)
{
	struct held *held = &mem->held;
	u8 *bytes = len > held->cap ? realloc(held->bytes, len) : held->bytes;
	held->len = *got = 0;
	if (!bytes)
		return NULL;
	held->cap = size_max(held->cap, len);
	held->bytes = bytes;
	held->addr = addr;
	held->len = *got = size_min(mem->source.read(mem->source.context, addr, bytes, len), len);
	return bytes;
}

err_t dbg_mem_write(struct dbg_mem *mem, u64 addr, const void *buf, size_t len)
{
	if (!mem->source.write)
		return err_new(ERR_UNSUPPORTED, "this memory can't be written (not a live process)");
	err_t error = mem->source.write(mem->source.context, addr, buf, len);
	dbg_mem_invalidate(mem); // also after an error: a part may have been written
	return error;
}
