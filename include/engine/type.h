// Types of the debuggee, interned by module and DIE: the same DIE gives the same pointer, as long as its
// module lives. The same Rust type appears in many compile units: compare such by dbg_type_same().
//
// Nothing here fails: DWARF that is missing or broken gives a type of kind DBG_TYPE_UNKNOWN, no members, an
// empty name. A declaration is completed from any other unit that defines the same path.
#pragma once
#include "base/str.h"
#include "engine/symbols.h"

enum dbg_type_kind {
	DBG_TYPE_UNKNOWN,
	DBG_TYPE_VOID,
	DBG_TYPE_UINT,
	DBG_TYPE_INT,
	DBG_TYPE_FLOAT,
	DBG_TYPE_BOOL,
	DBG_TYPE_CHAR,    // Rust char, UTF-32
	DBG_TYPE_POINTER, // reference, raw pointer, Box of a sized type, fn pointer (target of kind FUNCTION)
	DBG_TYPE_STRUCT,  // also tuples, fat pointers (members data_ptr and length or vtable), closures
	DBG_TYPE_UNION,
	DBG_TYPE_ENUM,     // C-like: DW_TAG_enumeration_type
	DBG_TYPE_VARIANTS, // an enum with a variant part, or a coroutine
	DBG_TYPE_ARRAY,
	DBG_TYPE_FUNCTION,
};

struct dbg_type {
	enum dbg_type_kind kind;
	struct dbg_module *module;
	u64 die;                       // module-unique
	struct str name;               // without namespace: "Option<u32>", "{async_fn_env#0}", "&str"
	struct str path;               // with it: "core::option::Option<u32>", "echo::main::{async_fn_env#0}"
	u64 size, align;               // bytes; align 0 if not told
	const struct dbg_type *target; // POINTER: what it points to; ARRAY: the element. NULL for void pointers
	u64 count;                     // ARRAY: elements
};

struct dbg_member {
	struct str name; // "" if it has none
	const struct dbg_type *type;
	u64 offset; // bytes from the start of the enclosing type
	bool artificial;
	struct dbg_place decl; // where DW_AT_decl_* says
};

// An enumerator of a C-like enum.
struct dbg_enumerator {
	struct str name;
	i64 value;
};

// A variant of an enum or coroutine: the one whose discriminant is `value`, or the default one (niche).
struct dbg_variant {
	bool is_default;
	u64 value;                // truncated to the discriminant's size
	struct dbg_member member; // its name ("Some", or "3" for a coroutine) and payload struct ("Suspend0")
};

// Members in order of declaration, variant part excluded. The arrays live as long as the module.
size_t dbg_type_members(const struct dbg_type *type, const struct dbg_member **out);
size_t dbg_type_variants(const struct dbg_type *type, const struct dbg_variant **out);
// The discriminant of a type of kind VARIANTS; NULL when it has a single variant without one.
const struct dbg_member *dbg_type_discriminant(const struct dbg_type *type);
size_t dbg_type_enumerators(const struct dbg_type *type, const struct dbg_enumerator **out);
// Generic parameters (DW_TAG_template_type_parameter), name and type, offset 0.
size_t dbg_type_params(const struct dbg_type *type, const struct dbg_member **out);
const struct dbg_type *dbg_type_param(const struct dbg_type *type, const char *name); // or NULL

const struct dbg_member *dbg_type_member(const struct dbg_type *type, const char *name); // or NULL
// Same path and size (or the same pointer).
bool dbg_type_same(const struct dbg_type *a, const struct dbg_type *b);
// path without generic arguments: "core::option::Option". Cached: lives as long as the module.
struct str dbg_type_base_path(const struct dbg_type *type);

// Does the crate that the type's path begins with come from a registry or with the compiler? False if not known.
bool dbg_type_is_library(const struct dbg_type *type);

// The env of an async fn, async block or async closure: `{async_fn_env#0}` and its like, with variants
// Unresumed, Returned, Panicked, Suspend0...
bool dbg_type_is_coroutine(const struct dbg_type *type);
// "echo::main::{async_block#0}" for the env `echo::main::{async_block_env#0}`; an async fn is told as its fn:
// "echo::main". `{impl#N}` is resolved to the implementing type's path where the debug info tells it. In `arena`.
struct str dbg_coroutine_name(struct arena *arena, const struct dbg_type *type);

// Where the user's source awaits in this state (the variant's value), from the line table at the state's resume
// point: for macros such as `select!`, whose variants are declared in the macro's own file, it is the line of the
// macro's use. Line 0 if that can't be told.
struct dbg_place dbg_coroutine_await_place(const struct dbg_type *type, u64 state);

// ---- finding types ---------------------------------------------------------------------------------

// A complete definition of the type with this full path, in any unit; NULL if there is none. Units of the
// crate that the path names are looked at first; a miss costs the walk of all units, once.
const struct dbg_type *dbg_type_find(struct dbg_modules *modules, struct str path);
// Every distinct type whose path without generic arguments is `base`, with as many units walked as needed to
// know all. In `arena`.
size_t dbg_types_find_all(struct dbg_modules *modules, struct arena *arena, struct str base, const struct dbg_type ***out);
// The same among the units that have been walked so far.
size_t dbg_types_indexed(struct dbg_modules *modules, struct arena *arena, struct str base, const struct dbg_type ***out);

// ---- types of no module ------------------------------------------------------------------------------

// Of literals, slices, `&x`: made by made_type.c, in `arena`. A struct's members are laid out in their order, which sets their
// offsets; they are its own from then on. The text is that of a `&str` literal: an array of bytes that is shown as text.
const struct dbg_type *dbg_type_made_array(struct arena *arena, const struct dbg_type *element, u64 count);
const struct dbg_type *dbg_type_made_text(struct arena *arena, u64 len);
const struct dbg_type *dbg_type_made_pointer(struct arena *arena, struct str sigil, const struct dbg_type *target);
const struct dbg_type *dbg_type_made_struct(struct arena *arena, struct str path, struct dbg_member *members, size_t n);
// The type itself if it is a module's, else a copy in `arena`.
const struct dbg_type *dbg_type_kept(struct arena *arena, const struct dbg_type *type);

// ---- functions and variables as types see them -------------------------------------------------------

// Template parameters of the function that begins at (or contains) addr. In the order of the DWARF; in `arena`.
size_t dbg_function_params(struct dbg_modules *modules, struct arena *arena, u64 addr, const struct dbg_member **out);
// The name of the function at addr as the debug info has it, with its generic arguments but without its path; of
// one that has none and is a jump alone, that of where it leads. "" if not told. Lives as long as the module.
struct str dbg_function_full_name(struct dbg_modules *modules, struct dbg_mem *mem, u64 addr);
// Did the optimiser inline calls into the function at addr? Without optimisation every call stays one.
bool dbg_function_is_optimised(struct dbg_modules *modules, u64 addr);
// The template parameters of a function instance, inlined ones too.
size_t dbg_scope_params(const struct dbg_scope *scope, struct arena *arena, const struct dbg_member **out);
// The concrete type behind a trait object's vtable at addr (DW_AT_containing_type of the vtable's type; the
// type argument of its drop_in_place as second way), or NULL.
const struct dbg_type *dbg_vtable_type(struct dbg_modules *modules, struct dbg_mem *mem, u64 vtable_addr);

// Static and thread-local variables.
struct dbg_static {
	struct str path;
	const struct dbg_type *type;
	bool is_tls;
	u64 addr; // static: address. TLS: offset in the module's TLS block
	struct dbg_module *module;
};
// Those whose path begins with `prefix` (a namespace: "tokio::runtime::context::CONTEXT"). In `arena`.
size_t dbg_statics_find(struct dbg_modules *modules, struct arena *arena, struct str prefix, struct dbg_static **out);
// The address of a thread local for the thread whose fs base is given (x86-64); false for a shared library's whose
// block this thread has not used yet.
bool dbg_tls_address(const struct dbg_static *variable, struct dbg_mem *mem, u64 fs_base, u64 *out);
