// Owners and wrappers that a Rust programmer does not see: Box, Rc, Arc, Pin, NonNull and the like.
#include "engine/shown.h"
#include "engine/value/printer.h"
#include "engine/value/span.h"

static struct dbg_value only_member(struct dbg_value value)
{
	const struct dbg_member *members, *only = walk_only_member(value.type);
	size_t n = dbg_type_members(value.type, &members);
	if (!only && n == 1) // of something without a size: ManuallyDrop<Global>
		only = &members[0];
	return only ? dbg_value_member_of(value, only) : value;
}

// A wrapper around nothing (PhantomData-like) has no member to show: show it as a struct.
static struct dbg_value transparent_inner(struct dbg_value value)
{
	struct dbg_value inner = only_member(value);
	if (dbg_value_ok(inner) && inner.type == value.type) {
		inner.raw = true;
		return inner;
	}
	return inner;
}

const struct printer printer_transparent = {.inner = transparent_inner};

static struct dbg_value boxed_inner(struct dbg_value value)
{
	if (walk_is_dyn_pointer(value.type))
		return dbg_value_dyn(value);
	struct dbg_value pointer = dbg_value_ok(value) ? dbg_value_member(value, "0") : value;
	return dbg_value_deref(walk_first_pointer(dbg_value_ok(pointer) ? pointer : value)); // Box<T, A> with an allocator's state
}

const struct printer printer_boxed = {.inner = boxed_inner};

static struct dbg_value pointer_inner(struct dbg_value value)
{
	struct dbg_value peeled = walk_peel(value);
	return dbg_value_ok(peeled) && peeled.type != value.type ? peeled : walk_first_pointer(value);
}

const struct printer printer_pointer = {.inner = pointer_inner};

// NonZero and niche types come down to one integer or char.
const struct printer printer_scalar = {.inner = walk_peel};

// An alignment is an enum of the powers of two (core/src/mem/alignment.rs).
static bool alignment_text(struct buf *buf, struct dbg_value value)
{
	u64 bytes;
	if (!dbg_value_get(value, &bytes))
		return false;
	buf_printf(buf, "%llu", (unsigned long long)bytes);
	return true;
}

const struct printer printer_alignment = {.text = alignment_text};

extern const struct printer printer_counted, printer_weak;

// ---- reference counts ------------------------------------------------------------------------------

// The block {strong, weak, payload}, whatever the payload is.
static struct dbg_value counted_block(struct dbg_value value)
{
	return dbg_value_deref(walk_first_pointer(value));
}

static struct dbg_value fat_pointer(struct dbg_value value)
{
	struct dbg_value peeled = walk_peel(dbg_value_member(value, "ptr"));
	return dbg_value_ok(peeled) && walk_member(peeled.type, STR("data_ptr")) ? peeled
	                                                                         : (struct dbg_value){.absent = STR("no slice")};
}

static struct dbg_value counted_inner(struct dbg_value value)
{
	struct dbg_value inner = dbg_value_pointee(value);
	return inner;
}

static bool counted_items(struct dbg_value value, struct items *out)
{
	struct dbg_value fat = fat_pointer(value);
	return dbg_value_ok(fat) && !walk_is_dyn_pointer(fat.type) && printer_of(fat.type)->items(fat, out);
}

static size_t counted_page(struct arena *arena, struct dbg_value value, u64 start, u64 count, struct item *out)
{
	struct dbg_value fat = fat_pointer(value);
	return dbg_value_ok(fat) ? printer_of(fat.type)->page(arena, fat, start, count, out) : 0;
}

bool dbg_shown_counts(struct dbg_value value, u64 *strong, u64 *weak)
{
	if (!dbg_value_ok(value) || value.type->kind != DBG_TYPE_STRUCT)
		return false;
	const struct printer *printer = printer_of(value.type);
	struct dbg_value block =
	    printer == &printer_counted || printer == &printer_weak ? counted_block(value) : (struct dbg_value){0};
	if (!dbg_value_get(dbg_value_member(block, "strong"), strong) || !dbg_value_get(dbg_value_member(block, "weak"), weak))
		return false;
	*weak -= *strong && *weak; // all strong ones together hold one
	return true;
}

static void counts_note(struct buf *buf, struct dbg_value value)
{
	u64 strong, weak;
	if (!dbg_shown_counts(value, &strong, &weak))
		return;
	buf_printf(buf, " (strong %llu", (unsigned long long)strong);
	if (weak)
		buf_printf(buf, ", weak %llu", (unsigned long long)weak);
	buf_putc(buf, ')');
}

const struct printer printer_counted = {
    .inner = counted_inner, .items = counted_items, .page = counted_page, .outer_note = counts_note};

static struct dbg_value weak_inner(struct dbg_value value)
{
	u64 addr, strong;
	if (dbg_value_get(walk_first_pointer(value), &addr) && addr == UINT64_MAX) // Weak::new()
		return (struct dbg_value){.absent = STR("points to nothing")};
	struct dbg_value block = counted_block(value);
	if (!dbg_value_get(dbg_value_member(block, "strong"), &strong))
		return block;
	if (strong == 0)
		return (struct dbg_value){.absent = STR("its value is gone")};
	struct dbg_value data = dbg_value_member(block, "data");
	return dbg_value_ok(data) ? data : dbg_value_member(block, "value");
}

const struct printer printer_weak = {.inner = weak_inner, .label = "Weak", .outer_note = counts_note};

// An enum whose variant goes without saying: IpAddr, SocketAddr.
static struct dbg_value payload_inner(struct dbg_value value)
{
	struct dbg_value payload;
	dbg_value_variant(value, &payload, NULL);
	return dbg_value_member(payload, "0");
}

const struct printer printer_payload = {.inner = payload_inner};
