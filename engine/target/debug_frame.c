// See debug_frame.h. The section is copied into the form of .eh_frame (LSB 5.0 Core, 10.6.1), which libunwind decodes,
// at addresses that no process has: CIEs have the id 0 there and no sizes of addresses, FDEs the distance to their CIE.
// The code's addresses are moved beside it, since a table's entries reach no further than 2 GiB.
#include "debug_frame.h"

#include "base/map.h"

#include <dwarf.h>
#include <stdlib.h>

enum { MOST_ENTRIES = 1 << 22, DWARF64 = 0xffffffff, CIE_ID = 0xffffffff };

// Not canonical on x86-64. Of one module: the table, 1 GiB behind it the section, another GiB behind it the code.
static const u64 BASE = 0x7ffe000000000000, STRIDE = (u64)8 << 30, IMAGE_AT = (u64)1 << 30, CODE_AT = (u64)2 << 30;

struct entry {
	i32 start, fde; // from CODE_AT
};

struct known {
	const struct dbg_module *module;
	struct entry *entries;
	size_t n_entries;
	u8 *image;
	size_t size;
};

struct debug_frames {
	struct arena arena;
	VEC(struct known) known;
};

struct debug_frames *debug_frames_new(struct arena *arena)
{
	return NEW(arena, struct debug_frames);
}

void debug_frames_free(struct debug_frames *frames)
{
	if (!frames)
		return;
	arena_deinit(&frames->arena);
	frames->known.items = NULL;
	frames->known.len = frames->known.cap = 0;
}

static u32 u32_at(const u8 *bytes)
{
	u32 value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

static void put_u32(u8 *bytes, u32 value)
{
	memcpy(bytes, &value, sizeof(value));
}

// version, augmentation, in version 4 address_size and segment_selector_size, then what .eh_frame has, too (DWARF 5,
// 6.4.1). False if it is of a kind that libunwind would misread.
static bool translate_cie(u8 *entry, size_t size)
{
	enum { VERSION = 8, AUGMENTATION = 9, SIZES = 10, BEHIND = 12, WITHOUT_SIZES = 3 };
	if (size < BEHIND || entry[AUGMENTATION] != 0)
		return false;
	put_u32(entry + 4, 0);
	if (entry[VERSION] != 4)
		return entry[VERSION] == 1 || entry[VERSION] == 3;
	if (entry[SIZES] != sizeof(u64) || entry[SIZES + 1] != 0)
		return false;
	entry[VERSION] = WITHOUT_SIZES;
	memmove(entry + SIZES, entry + BEHIND, size - BEHIND);
	memset(entry + size - 2, DW_CFA_nop, 2);
	return true;
}

// initial_location is an address of the file.
static bool translate_fde(u8 *entry, size_t size, size_t at, u64 cie, u64 code, struct entry *out)
{
	enum { LOCATION = 8, LEAST = 24 };
	u64 start;
	if (size < LEAST || cie >= at)
		return false;
	memcpy(&start, entry + LOCATION, sizeof(start));
	if (!start || start >= INT32_MAX)
		return false;
	*out = (struct entry){.start = (i32)start, .fde = (i32)((i64)at - (i64)(CODE_AT - IMAGE_AT))};
	start += code;
	memcpy(entry + LOCATION, &start, sizeof(start));
	put_u32(entry + 4, (u32)(at + 4 - cie));
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static void translate(struct arena *arena, struct known *known, u64 code)
{
	VEC(struct entry) entries = {0};
	struct map cies = {0}; // offset -> 1: is understood
	for (size_t at = 0; known->size - at >= 12 && entries.len < MOST_ENTRIES;) {
		u8 *entry = known->image + at;
		u32 length = u32_at(entry), id = u32_at(entry + 4);
		size_t size = (size_t)length + 4;
		struct entry found;
		if (length == DWARF64 || length < 8 || size > known->size - at)
			break;
		// An FDE's CIE stands before it: compilers and linkers write no others.
		if (id == CIE_ID && translate_cie(entry, size))
			map_put(&cies, arena, at, 1);
		else if (id != CIE_ID && map_get(&cies, id) && translate_fde(entry, size, at, id, code, &found))
			vec_push(arena, &entries, found);
		at += size;
	}
	vec_sort(entries.items, entries.len, sizeof(*entries.items), by_start);
	known->entries = entries.items;
	known->n_entries = entries.len;
}

static void read_module(struct debug_frames *frames, struct known *known, u64 base)
{
	const u8 *bytes;
	size_t size = dbg_module_debug_frame(known->module, &bytes);
	if (!size || size >= CODE_AT - IMAGE_AT)
		return;
	known->image = NEW_N(&frames->arena, u8, size + sizeof(u64)); // words are read whole
	known->size = size;
	memcpy(known->image, bytes, size);
	translate(&frames->arena, known, base + CODE_AT);
}

bool debug_frame_table_at(struct debug_frames *frames, const struct dbg_space *space, u64 ip, struct unwind_table *out,
                          u64 *shift)
{
	const struct dbg_module *module = dbg_module_at(space->modules, ip);
	size_t i = 0;
	if (!module)
		return false;
	while (i < frames->known.len && frames->known.items[i].module != module)
		i++;
	u64 base = BASE + i * STRIDE;
	if (i == frames->known.len) {
		struct known known = {.module = module};
		read_module(frames, &known, base);
		vec_push(&frames->arena, &frames->known, known);
	}
	*out = (struct unwind_table){.base = base + CODE_AT, .start = base, .count = frames->known.items[i].n_entries};
	*shift = base + CODE_AT - dbg_module_bias(module);
	return out->count > 0;
}

bool debug_frame_word(const struct debug_frames *frames, u64 addr, u64 *out)
{
	if (addr < BASE || (addr - BASE) / STRIDE >= frames->known.len)
		return false;
	const struct known *known = &frames->known.items[(addr - BASE) / STRIDE];
	u64 offset = (addr - BASE) % STRIDE;
	size_t table = known->n_entries * sizeof(struct entry);
	if (offset < table && table - offset >= sizeof(*out))
		memcpy(out, (const u8 *)known->entries + offset, sizeof(*out));
	else if (offset >= IMAGE_AT && offset - IMAGE_AT < known->size)
		memcpy(out, known->image + (offset - IMAGE_AT), sizeof(*out));
	else
		return false;
	return true;
}
