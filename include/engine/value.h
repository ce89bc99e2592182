// Values of the debuggee: a type and where its bytes are, or **absent** with a reason.
//
// Values are small structs passed by value and read lazily. Absence passes through: a member of an absent
// value is absent with the same reason, so that a walk of ten steps needs one check at its end.
#pragma once
#include "base/buf.h"
#include "engine/space.h"
#include "engine/type.h"

enum dbg_value_where {
	DBG_VALUE_ABSENT,
	DBG_VALUE_MEMORY, // at `addr`
	DBG_VALUE_BYTES,  // type->size bytes at `bytes` (from registers, pieces, or an expression)
};

struct dbg_value {
	enum dbg_value_where where;
	const struct dbg_space *space;
	const struct dbg_type *type; // NULL only if absent
	u64 addr;
	const u8 *bytes;   // owned by the arena that the value was made on
	const u8 *known;   // BYTES: NULL if all are known, else one for each: 0 where it was optimised out
	struct str absent; // ABSENT: why, and what to do about it where that is known
	bool raw;          // show members as they are, without a printer
};

static inline bool dbg_value_ok(struct dbg_value value)
{
	return value.where != DBG_VALUE_ABSENT;
}

struct dbg_value dbg_value_at(const struct dbg_space *space, const struct dbg_type *type, u64 addr); // type NULL: absent
struct dbg_value dbg_value_of_bytes(const struct dbg_space *space, const struct dbg_type *type, const u8 *bytes);
// The reason is copied to `arena`.
struct dbg_value dbg_value_none(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);

// The first `size` bytes.
err_t dbg_value_read(struct dbg_value value, void *buf, size_t size) MUST_USE;
// A scalar of 1 to 8 bytes, zero-extended, whatever its type: integers, bool, char, pointers, atomics and
// other wrappers (the first `size` bytes of any small type).
err_t dbg_value_uint(struct dbg_value value, u64 *out) MUST_USE;
// As dbg_value_uint, and false instead of an error.
bool dbg_value_get(struct dbg_value value, u64 *out);

// A member by name, also "0" for "__0" of tuples; absent ("no member `x` in T, which has a, b, c") if there is none.
struct dbg_value dbg_value_member(struct dbg_value value, const char *name);
// Members by a path: "shared.owned.list". Active variants are entered by their name: "Some.0".
struct dbg_value dbg_value_path(struct dbg_value value, const char *path);
struct dbg_value dbg_value_member_of(struct dbg_value value, const struct dbg_member *member);
// What a reference, raw pointer, or Box of a sized type points to; absent for null.
struct dbg_value dbg_value_deref(struct dbg_value value);
// The same bytes seen as another type.
struct dbg_value dbg_value_cast(struct dbg_value value, const struct dbg_type *type);
struct dbg_value dbg_value_element(struct dbg_value value, u64 index); // of an array, or behind a fat slice pointer

// The active variant of an enum or coroutine: NULL with value->absent set in `why` if the discriminant can't
// be read or names no variant. `payload` is the variant's member as a value.
const struct dbg_variant *dbg_value_variant(struct dbg_value value, struct dbg_value *payload, struct str *why);
// The payload if the active variant has this name, else absent.
struct dbg_value dbg_value_variant_named(struct dbg_value value, const char *name);

// A depth-first search in place (through members and active variants, never through pointers) for a value
// whose type has this path without generic arguments: finds an Instant in a Sleep, a LinkedList behind any
// kind of Mutex. Bounded; absent if there is none.
struct dbg_value dbg_value_find(struct dbg_value value, const char *base_path);
// All of them, not only the first; at most 64. In `arena`.
size_t dbg_value_find_all(struct arena *arena, struct dbg_value value, const char *base_path, struct dbg_value **out);

// Follows references, Pin, Box, Arc's pointer (to its `data`), NonNull, ManuallyDrop, UnsafeCell and other
// single-pointer wrappers until something else is reached; trait objects become their concrete type.
struct dbg_value dbg_value_pointee(struct dbg_value value);
// The concrete value behind a fat pointer to a trait object; absent with the reason otherwise.
struct dbg_value dbg_value_dyn(struct dbg_value fat_pointer);

// String, &str, Box<str>, Cow<str>, PathBuf, OsString, and slices or Vecs of u8, up to `max` bytes.
err_t dbg_value_text(struct dbg_value value, struct arena *arena, size_t max, struct str *out, u64 *whole_len) MUST_USE;

// ---- for people ------------------------------------------------------------------------------------

enum dbg_radix { DBG_RADIX_DEC, DBG_RADIX_HEX, DBG_RADIX_BIN };

struct dbg_render {
	size_t max_len; // columns; 0: 200
	unsigned depth; // levels of nesting shown; 0: 4
	enum dbg_radix radix;
};

// One line as a Rust programmer would write the value; always ends, always UTF-8. Absent values give
// "<reason>". In `arena`.
struct str dbg_value_render(struct arena *arena, struct dbg_value value, struct dbg_render options);
// The type as a Rust programmer would write it: "Vec<u8>", "&str", without allocators and std's paths.
struct str dbg_type_render(struct arena *arena, const struct dbg_type *type);
struct str dbg_type_told(const struct dbg_type *type); // the same, in an error's text

// What can be unfolded. A child's name is "field", "0" for tuples, "[3]" for elements, "[raw]" for the
// members as they are.
struct dbg_child {
	struct str name;
	struct dbg_value value;
	bool computed; // by a form of the user's: its name is no field of its parent's
};
struct dbg_counts {
	u64 named, indexed;
};
struct dbg_counts dbg_value_child_counts(struct dbg_value value); // both 0: a scalar
// Named children first, then indexed ones; [start, start + count) of those `filter` lets through.
enum dbg_child_filter { DBG_CHILDREN_ALL, DBG_CHILDREN_NAMED, DBG_CHILDREN_INDEXED };
size_t dbg_value_children(struct arena *arena, struct dbg_value value, enum dbg_child_filter filter, u64 start, u64 count,
                          struct dbg_child **out);

// Writes what is given as text: a scalar ("42", "-1", "0xff", "'x'", "true", "1.5"), a variant without contents ("None"),
// the contents of a String ("\"new\""), of a Vec or array of scalars ("[1, 2]"), within the capacity that is there.
err_t dbg_value_assign(struct dbg_value value, struct str text) MUST_USE;
