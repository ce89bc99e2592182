// Cell, RefCell and its guards, OnceCell, atomics.
#include "engine/value/printer.h"

static struct dbg_value value_member(struct dbg_value value)
{
	return dbg_value_member(value, "value");
}

// Whether it has been written nothing tells.
const struct printer printer_maybe_uninit = {.inner = value_member, .label = "MaybeUninit"};

const struct printer printer_cell = {.inner = value_member, .label = "Cell"};

// `borrow`: 0 free, above it the number of borrows, below it mutable ones (core/src/cell.rs: BorrowFlag).
static void borrow_note(struct buf *buf, struct dbg_value value)
{
	u64 flag;
	if (!dbg_value_get(dbg_value_member(value, "borrow"), &flag) || flag == 0)
		return;
	if ((i64)flag < 0)
		buf_puts(buf, " (mutably borrowed)");
	else if (flag == 1)
		buf_puts(buf, " (borrowed)");
	else
		buf_printf(buf, " (borrowed %llu times)", (unsigned long long)flag);
}

const struct printer printer_ref_cell = {.inner = value_member, .label = "RefCell", .note = borrow_note};

// Ref and RefMut: a pointer, which is fat for what has no size.
static struct dbg_value guard_inner(struct dbg_value value)
{
	struct dbg_value pointer = walk_peel(dbg_value_member(value, "value"));
	return dbg_value_ok(pointer) && pointer.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(pointer) : pointer;
}

const struct printer printer_cell_guard = {.inner = guard_inner};

static struct dbg_value once_inner(struct dbg_value value)
{
	struct dbg_value option = dbg_value_find(value, "core::option::Option");
	struct dbg_value some = dbg_value_variant_named(option, "Some");
	if (dbg_value_ok(option) && !dbg_value_ok(some))
		return (struct dbg_value){.absent = STR("uninit")};
	return dbg_value_member(some, "0");
}

const struct printer printer_once_cell = {.inner = once_inner, .label = "OnceCell"};

// once_cell::{sync, unsync}::Lazy {cell: OnceCell, init}.
static struct dbg_value once_cell_lazy_inner(struct dbg_value value)
{
	return once_inner(dbg_value_member(value, "cell"));
}

const struct printer printer_once_cell_lazy = {.inner = once_cell_lazy_inner, .label = "Lazy"};

// State {Uninit(how), Init(value), Poisoned} (core/src/cell/lazy.rs); before 1.70 {cell: OnceCell, init}.
static struct dbg_value lazy_cell_inner(struct dbg_value value)
{
	struct dbg_value payload, cell = dbg_value_member(value, "cell");
	if (dbg_value_ok(cell))
		return once_inner(cell);
	struct str state = walk_variant_name(walk_peel(dbg_value_member(value, "state")), &payload);
	if (str_eqc(state, "Init"))
		return dbg_value_member(payload, "0");
	return (struct dbg_value){.absent = str_eqc(state, "Poisoned") ? STR("poisoned") : STR("uninit")};
}

const struct printer printer_lazy_cell = {.inner = lazy_cell_inner, .label = "LazyCell"};

// ---- atomics ---------------------------------------------------------------------------------------

// The one number in it; a bool is kept as a byte.
static struct dbg_value atomic_inner(struct dbg_value value)
{
	const struct dbg_type *param = dbg_type_param(value.type, "T"); // Atomic<bool>
	bool is_bool = str_eqc(value.type->name, "AtomicBool") || (param && param->kind == DBG_TYPE_BOOL);
	const struct dbg_type *as_bool =
	    is_bool && value.space && value.space->modules ? dbg_type_find(value.space->modules, STR("bool")) : NULL;
	struct dbg_value number = walk_peel(value);
	return as_bool && as_bool->size == 1 ? dbg_value_cast(number, as_bool) : number;
}

const struct printer printer_atomic = {.inner = atomic_inner};
