// Private to engine/symbols: what a module and its units are made of. `Dwarf *` ends here.
#pragma once
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/symbols.h"
#include "engine/type.h"

// A named DIE that other names stand on: namespace, type, function, variable. In DIE order, so that a DIE's
// node is found by bisection, and the nodes inside a namespace follow it.
struct node {
	u32 die;    // offset from the unit's start
	u32 parent; // index of the enclosing node; NODE_ROOT at the top
	u32 end;    // index after the last node inside
	u16 tag;
	bool declaration, has_code;
	const char *name; // "" if it has none (an out-of-line instance names its declaration)
	u64 hash;         // str_hash of the path
};
#define NODE_ROOT UINT32_MAX

// A piece of code that belongs to a function of this unit.
struct function_range {
	u64 low, high; // file addresses
	u32 node;
};

struct unit {
	struct dbg_module *module;
	Dwarf_Off offset;     // of the unit's DIE; of a split unit, that of its skeleton
	Dwarf_Off start, end; // of the unit in .debug_info; of a split unit, from SPLIT_BASE on
	Dwarf_Die die;
	Dwarf_Die skeleton; // what has the unit's lines and code ranges: another DIE than `die` if the unit is split
	Dwarf *dwarf;       // of `die`
	Dwarf_Off moved;    // start, less where libdw has the unit
	struct str name;    // DW_AT_name
	struct str comp_dir;
	struct map sources; // libdw's file name (pointer) -> struct str * (source.c)
	struct str crate;   // "tokio" from ".../src/lib.rs/@/tokio.1b2c-cgu.3"; "" if it is not known
	bool is_rust;       // by the form of its name
	bool indexed;
	bool copies_read; // body_copies.c
	u8 optimised;     // signature.c
	struct node *nodes;
	size_t n_nodes;
	struct function_range *functions; // sorted by low
	size_t n_functions;
};

struct unit_range {
	u64 low, high; // file addresses
	u32 unit;
};

// A definition that can be found by the hash of its path, and by that of its path without generic arguments.
struct definition {
	u32 unit, node;
	u32 next, next_base; // in the buckets' chains; 0: the end (definitions count from 1)
};

// All definitions of a module: two hash tables of chains. Made for many small entries: a general map of 64-bit keys
// took twice the memory of all names.
enum { DEFINITIONS_PER_PIECE = 4096 };
struct definitions {
	VEC(struct definition *) pieces;
	u32 len; // entry 0 is unused
	u32 *buckets, *base_buckets;
	u32 n_buckets; // a power of two
};

struct symbol {
	u64 addr, size; // file address
	const char *name;
};

struct dbg_module {
	struct dbg_modules *owner;
	struct arena arena; // everything read from the file
	struct str path, name, build_id, note;
	struct str file;   // by which it is opened: `path`, unless the process sees other files than we do
	struct str root;   // what stands before the paths that the process knows; "": they are ours
	struct str beside; // root and path: what is looked for beside the file is beside this
	int fd;
	Elf *elf;
	int debug_fd;          // of a separate debug file; -1: there is none
	Elf *debug_elf;        // where the debug info and the symbols are: often `elf`
	struct str debug_path; // of a separate debug file; ""
	Elf *inflated;         // what libdw reads where the sections are compressed with zstd; or NULL
	Dwarf *dwarf;
	u64 inode;       // of what is mapped; 0: none
	u64 number;      // which module this is of all that the list has had
	u8 *image;       // the vdso's bytes, malloc'ed; NULL for files
	size_t position; // of its mapping in the running update; NOT_SEEN: not there
	bool note_settled;
	u64 bias;
	u64 low, high; // file addresses of the PT_LOAD segments
	u64 eh_frame_hdr, eh_frame_hdr_size;
	u64 tls_size, tls_align, tls_vaddr;
	u64 tls_slot;          // of the module's id (tls.c)
	const char *tls_first; // the symbol at offset 0, "" if none; NULL: not looked for

	bool units_read;
	struct package *package; // of split units; NULL: none
	struct map skeletons;    // offset of the skeleton's DIE -> index of the split unit
	struct map split_units;  // libdw's unit (pointer) -> index of the unit
	size_t n_missing;        // units whose .dwo file is not there
	struct str first_missing;
	struct unit *units;
	size_t n_units;
	struct unit_range *ranges; // sorted by low
	size_t n_ranges;
	size_t n_indexed;
	u64 walked; // bytes of .debug_info since pages were last given back

	struct definitions definitions;

	bool symbols_read, symbols_sorted;
	struct map symbols_with; // hash of a part of a name -> file address, 0 if there is none
	struct symbol *symbols;  // sorted by addr once that is asked for
	size_t n_symbols;
	struct map symbols_by_name; // hash -> index

	struct map types;             // die -> struct dbg_type *
	struct map impls;             // path hash of an impl namespace -> struct impl * (names.c)
	struct map macro_bodies;      // path hash of an async block's type -> is it one (macro_body.c)
	struct map vtables;           // file address -> struct dbg_type * (find.c)
	struct map switches;          // a body's first address -> its jump by the state, 0 if it has none (arrival.c)
	struct map inlines_coroutine; // a function's DIE -> whether one was inlined into it (coroutine_body.c)
	struct map generic_crates;    // hash of the name of a crate without units -> is it a library (library.c)
	struct map body_copies;       // a body's path hash -> struct body_copy * (body_copies.c)
	struct map await_places;      // type's DIE and state -> struct dbg_place * (await_place.c)
	struct map may_be_resumed;   // a coroutine's DIE -> 1: it is never suspended, as far as can be told; 2: it is (await_place.c)
	struct map named_places;     // address -> struct named_places * (turn.c)
	struct looked_at *looked_at; // or NULL (turn.c)
	struct map local_turns;      // hash of address, place in the frame and resume point -> enum local_turn (turn.c)
	struct map kept_parameters;  // DIE of a body -> const struct kept_parameter * (optimised_self.c)
	struct map envs_beside;      // DIE of a body -> const struct dbg_type *, or NULL (unnamed_self.c)
	struct map resume_rows;      // the same -> struct coroutine_resume * (await_place.c)
	bool lines_scanned;
	struct line_files *line_files; // line_files.c
};

struct statics {
	struct dbg_static *items;
	size_t n;
};

struct dbg_modules {
	struct arena arena;
	VEC(struct str) debug_folders; // of separate debug files
	pid_t pid;                     // whose modules they are, 0: of none that lives
	struct dbg_module **items;
	size_t len, cap;
	u64 numbers;                 // how many it has had
	struct dbg_module *last_hit; // dbg_module_at's
	struct arena statics_arena;  // of dbg_statics_find's answers, until modules change
	struct map statics;          // hash of a prefix -> struct statics
};

// ---- elf_file.c ------------------------------------------------------------------------------------
// Opens path (or, with image, the bytes of a vdso) and reads headers; problems become module->note.
void module_open(struct dbg_module *module);
void module_close(struct dbg_module *module);
struct str elf_build_id(Elf *elf, struct arena *arena); // in hex; "" if it has none
// Gives the file's pages that were read back to the system (they are read again when needed): walking debug info
// would otherwise keep all of it resident.
void module_release_pages(struct dbg_module *module);
// The kernel maps some pages around each that is touched: so many units' headers are a MiB or two.
enum { UNITS_A_RELEASE = 32 };

// ---- module.c --------------------------------------------------------------------------------------
void module_forget_statics(struct dbg_modules *modules); // their addresses may be others now

// ---- debug_file.c ----------------------------------------------------------------------------------
// Sets debug_elf, debug_path and dwarf, which is NULL if there is no debug info. A file of another build is told in
// the note.
void module_open_debug_file(struct dbg_module *module);
void module_close_debug_file(struct dbg_module *module);
Elf *elf_open(int fd, struct str path); // of the module that lies at `path`; NULL: not read
bool elf_section(Elf *elf, const char *wanted, Elf_Scn **out, GElf_Shdr *shdr);

// ---- inflate.c -------------------------------------------------------------------------------------
// debug_elf, or a copy of it whose sections are not compressed with zstd (`inflated`).
Elf *inflate_debug_info(struct dbg_module *module);

// ---- unit.c ----------------------------------------------------------------------------------------
void module_read_units(struct dbg_module *module);                     // once
void unit_index(struct unit *unit);                                    // once
struct unit *module_unit_at(struct dbg_module *module, u64 file_addr); // by address, not indexed yet; or NULL
struct unit *module_unit_of_die(struct dbg_module *module, u64 die);   // by offset; or NULL
// Indexes units until none is left that `wanted` lets through (NULL: all).
void module_index_all(struct dbg_module *module, bool (*wanted)(const struct unit *, void *), void *context);
// DIEs are known by an offset that is the module's: where they are in .debug_info or, in split units, a number that
// no other DIE of the module has.
#define SPLIT_BASE ((u64)1 << 40)
bool module_die(struct dbg_module *module, u64 offset, Dwarf_Die *out);
bool unit_die(const struct unit *unit, u32 node, Dwarf_Die *out); // of a node
u64 module_offset(struct dbg_module *module, Dwarf_Die *die);
// Counts a walk through the unit's debug info, whose pages are given back now and then.
void unit_walked(const struct unit *unit);
// For module_index_all: units of the crate that the `struct str` at `crate` names.
bool unit_is_of_crate(const struct unit *unit, void *crate);
bool unit_may_be_of_crate(const struct unit *unit, void *crate); // also those that don't name theirs
// The node of the DIE, or NODE_ROOT.
u32 unit_node_of_die(struct unit *unit, Dwarf_Off die);
// The innermost function range that covers the address, or NULL.
const struct function_range *unit_function_at(struct unit *unit, u64 file_addr);
const struct function_range *unit_function_of(const struct unit *unit, u32 node); // its lowest range; NULL: it has no code
// The function that covers addr; false if there is none.
bool module_function_die(struct dbg_modules *modules, u64 addr, struct dbg_module **module, Dwarf_Die *out);
// Is the node the one with this path's hash, or inside of it?
bool node_is_inside(const struct unit *unit, u32 node, u64 path_hash);
// Is the function the body of an async fn, block or closure?
bool is_coroutine_body(const struct unit *unit, u32 node);
bool is_coroutine_name(struct str name);

// str_hash of the path "OUTER::name", from that of OUTER.
u64 hash_below(u64 outer, struct str name);

// ---- signature.c -----------------------------------------------------------------------------------
bool unit_is_optimised(struct unit *unit); // by where the parameters of its functions lie

// ---- unnamed_self.c --------------------------------------------------------------------------------
// Of a body that has no parameter that leads to it: the env's type, NULL if it is not known; and a variable that lies in the
// future, by its DIE, and how far in.
const struct dbg_type *coroutine_env_beside(struct dbg_module *module, Dwarf_Die *function);
bool coroutine_held_variable(struct dbg_module *module, Dwarf_Die *parent, int depth, u64 *variable, u64 *offset);

// ---- x86_register.c --------------------------------------------------------------------------------
// DWARF's number of what capstone calls eax, al, rax; -1 for those that are no general register.
int x86_register_number(unsigned name);

// ---- kept_parameter.c ------------------------------------------------------------------------------
// Where optimised code keeps a parameter that came in a register.
struct kept_parameter {
	enum { NOT_KEPT, KEPT_IN_REGISTER, KEPT_IN_FRAME } where;
	u8 number; // of the register
	i64 from_cfa;
	u64 from; // from this address on
};
// Of the function [low, high), whose parameter is in `number` at first; NOT_KEPT if the code does not show it.
struct kept_parameter parameter_kept(struct dbg_module *module, u64 low, u64 high, unsigned number);
// Has the register been given back where the code goes on from pc? Then it is the caller's already.
bool register_given_back(struct dbg_module *module, u64 low, u64 high, unsigned number, u64 pc);

// ---- optimised_self.c ------------------------------------------------------------------------------
// The future that a frame of such a body polls, in optimised code; 0 if that can't be told.
struct dbg_coroutine_body;
struct dbg_frame;
struct dbg_scope;
struct dbg_space;
bool coroutine_is_kept_by_code(const struct dbg_scope *scope); // from the first instruction to the last
u64 coroutine_optimised_self(const struct dbg_space *space, const struct dbg_coroutine_body *body, const struct dbg_frame *frame);

// ---- macro_body.c ----------------------------------------------------------------------------------
// Is the async block (its body, env or namespace) the body of the fn around it, made by an attribute macro?
bool is_macro_body(struct unit *unit, u32 node);
bool gives_boxed_future(struct dbg_module *module, Dwarf_Die *fn); // Pin<Box<dyn Future ..>>

// ---- definitions.c ---------------------------------------------------------------------------------
void definitions_add(struct dbg_module *module, u32 unit, u32 node);
const struct definition *definition_at(const struct dbg_module *module, u32 index);
// The first of the chain for a hash; those behind it by `next` (`next_base`). Chains hold other hashes too.
u32 definitions_by_hash(const struct dbg_module *module, u64 hash);
u32 definitions_by_base_hash(const struct dbg_module *module, u64 hash);

// ---- library.c -------------------------------------------------------------------------------------
// The crate that a path names first: "<&tokio::x::Y as Z>" and "tokio::x" give "tokio".
struct str path_crate(struct str path);

// ---- find.c ----------------------------------------------------------------------------------------
// A definition with this full path and one of the tags that `wanted` lets through, among what is indexed.
const struct definition *module_definition(struct dbg_module *module, struct str path, bool (*wanted)(unsigned tag));

// ---- names.c ---------------------------------------------------------------------------------------
// "core::option::Option<u32>" as DWARF tells it, `{impl#N}` kept. On the module's arena; not cached.
struct str node_path(struct unit *unit, u32 node);
// The same for people: `{impl#N}` resolved.
struct str node_nice_path(struct unit *unit, u32 node);
// Nice path of a function's DIE, through its specification or abstract origin.
struct str function_name(struct dbg_module *module, Dwarf_Die *die);
u64 node_base_hash(const struct unit *unit, u32 node); // of the path without generic arguments
// The part of a component before its generic arguments: "Option<u32>" -> "Option"; "<T as X>" stays.
struct str name_without_generics(struct str name);

// ---- dwarf attributes (attr.c) ---------------------------------------------------------------------
bool die_unsigned(Dwarf_Die *die, unsigned name, u64 *out); // data, also signed forms, followed through origins
bool die_ref(Dwarf_Die *die, unsigned name, Dwarf_Die *out);
bool die_flag(Dwarf_Die *die, unsigned name);
const char *die_linkage_name(Dwarf_Die *die);                         // or NULL
struct dbg_place die_decl(struct dbg_module *module, Dwarf_Die *die); // DW_AT_decl_file, _line
struct dbg_place die_call(struct dbg_module *module, Dwarf_Die *die); // DW_AT_call_file, _line, _column

// Lowest address and the one behind the highest, as the file has them. False: it has no code.
bool die_extent(Dwarf_Die *die, u64 *low, u64 *high);

// ---- inlined_walk.c --------------------------------------------------------------------------------
// What the walk does behind a DIE that was visited. ONLY_INTO: nothing beside it is looked at.
enum inlined_way { INLINED_INTO, INLINED_ONLY_INTO, INLINED_PAST, INLINED_END };
typedef enum inlined_way inlined_visitor(void *context, Dwarf_Die *die, bool is_block);
// Visits the inlined subroutines of a function and the lexical blocks around them, each before what it holds; 200 deep at
// most. Whether the visitor ended it.
bool inlined_walk(Dwarf_Die *function, inlined_visitor *visit, void *context);

// ---- source.c --------------------------------------------------------------------------------------
// A file name of libdw's as an absolute path: libdw leaves those relative whose folder in the table is.
// The same pointer for the same name; lives as long as the module.
struct str unit_source(struct unit *unit, const char *name);
struct str path_normalised(struct arena *arena, struct str path); // of an absolute one

// ---- type.c ----------------------------------------------------------------------------------------
const struct dbg_type *type_of_die(struct dbg_module *module, Dwarf_Die *die);
const struct dbg_type *type_attribute(struct dbg_module *module, Dwarf_Die *die, unsigned name); // DW_AT_type...
const struct dbg_type *type_unknown(void);

// ---- symtab.c --------------------------------------------------------------------------------------
void module_read_symbols(struct dbg_module *module);
// Is the thread local at offset 0 this one, by its mangled name? True if there is nothing to tell it by.
bool module_has_first_tls(struct dbg_module *module, struct str name);
const struct symbol *module_symbol_at(struct dbg_module *module, u64 file_addr);

// ---- line_files.c ----------------------------------------------------------------------------------
// Calls `each` for every unit whose line table names a file that ends in these path components.
void module_units_naming_file(struct dbg_module *module, struct str file, void (*each)(void *context, struct unit *unit),
                              void *context);
// Does `path` end in the components of `wanted`?
bool path_ends_in(struct str path, struct str wanted);

// ---- place.c ---------------------------------------------------------------------------------------
// "library/core/src/x.rs", "tokio-1.54.1/src/x.rs"; "": the file is a user's.
struct str place_library_part(struct str file);

// ---- elsewhere.c -----------------------------------------------------------------------------------
// May the file of the debug info be the client's, which has only these last components in common with it?
bool is_built_elsewhere(struct str debug, struct str client, struct str common);

// ---- line.c ----------------------------------------------------------------------------------------
// A unit's decoded table, sorted by address; 0 if it has none.
size_t unit_lines(struct unit *unit, Dwarf_Lines **out);
bool line_row(struct unit *unit, Dwarf_Lines *lines, size_t n, size_t i, struct dbg_line_row *out); // false: end of a sequence

// ---- arrival.c -------------------------------------------------------------------------------------
// Of the rows of one line in one function (physical extent), those where the first arrival is seen.
struct arrival_input {
	struct dbg_modules *modules;
	struct dbg_module *module;
	const struct function_range *function;
	struct unit *unit;
	const struct dbg_line_row *rows; // of the whole function, sorted; process addresses
	size_t n_rows;
	struct str file;
	u32 line;
	const u64 *wanted; // the rows to choose among: the function's own, or those of one that was inlined into it
	size_t n_wanted;
	bool inlined;
	bool by_column; // the rows may be in the middle of the line
};
// The function's code, decoded once for all that is asked of it.
struct flow *arrival_open(struct arena *arena, const struct arrival_input *input);
size_t arrival_addresses(struct arena *arena, const struct arrival_input *input, struct flow *flow, u64 **out);
// Where a coroutine's body goes on from a state, by the table of its state switch; 0 if there is none.
// state_chain.c: the same by the code of the body, where it compares the state; 0 if it does not do that alone.
u64 coroutine_chain_target(const u8 *code, u64 size, u64 low, u64 state);
// The jump of its state switch by a table; 0 if there is none.
u64 coroutine_switch(struct dbg_module *module, const struct function_range *body);
u64 coroutine_resume_address(struct dbg_module *module, const struct function_range *body, u64 state);

// ---- await_place.c ---------------------------------------------------------------------------------
// The first statement of the user's that a coroutine's body comes to from a state; false if that can't be told.
bool coroutine_first_row(struct dbg_module *module, struct unit *unit, const struct function_range *body, u64 state,
                         struct dbg_line_row *out);
// Where the body of a coroutine begins for a person: behind the switch on its state, at its first line that is not the one
// where it is declared, if it has others; 0 if that can't be told, or the function is none.
u64 coroutine_beginning(struct dbg_module *module, struct unit *unit, const struct function_range *body);
// Where the poll has begun that the frame of a coroutine's body is in, if that was not the first; `row.place.line` is 0 if it
// was, or it can't be told.
struct coroutine_resume {
	u64 addr;                // where its code goes on
	struct dbg_line_row row; // the first one of the user's from there
};
struct dbg_space;
struct dbg_frame;
struct coroutine_resume coroutine_resumed_at(const struct dbg_space *space, const struct dbg_frame *frame);
// The body of a coroutine's type, which a unit of the same crate as `unit` holds; or NULL (also where it was inlined
// everywhere and is a definition without a range).
const struct definition *coroutine_definition(struct unit *unit, const struct dbg_type *type);
const struct function_range *coroutine_body_of(struct unit *unit, const struct dbg_type *type, struct unit **body_unit);
// The DIE of a coroutine's body of which all copies were inlined: it has no code, and is no definition. Looks at all that is
// indexed.
bool coroutine_inlined_everywhere(const struct dbg_type *type, Dwarf_Die *out);
// Behind Pin<&mut T> or &T as a function's first parameter; NULL: it has no such one.
const struct dbg_type *first_parameter_target(struct dbg_module *module, Dwarf_Die *function);

// ---- coroutine_head.c ------------------------------------------------------------------------------
// Does each poll pass this address of the line, wherever the future is?
bool coroutine_passes_always(struct dbg_module *module, struct unit *unit, const struct function_range *body, u64 addr, u32 line);
// The body that is meant by this line of a fn that has nothing else to do than to make its future; false if it has not.
bool coroutine_body_for(struct dbg_modules *modules, struct unit *unit, const struct function_range *function, u32 line,
                        struct unit **body_unit, const struct function_range **body);
// Is the code at this address a copy of such a fn, inlined where it was called?
bool coroutine_is_makers_copy(struct dbg_modules *modules, u64 addr);

// ---- turn.c ----------------------------------------------------------------------------------------
enum local_turn { TURN_UNKNOWN, TURN_THIS, TURN_EARLIER, TURN_EITHER };
struct local_slot {
	i64 offset; // from the frame base
	i64 size;
};
// Was the local that lies there, in the frame alone, given its value in this poll of the coroutine, which is at `here` and began
// at `resumed` (both addresses of the process)? Remembered.
enum local_turn coroutine_local_turn(struct dbg_module *module, u64 here, struct local_slot slot, u64 resumed);
// Of a function that was not optimised: has nothing on any way to `here` given the local that lies there a value (`let x;`)?
bool local_has_no_value_yet(struct dbg_module *module, u64 here, struct local_slot slot);
void turn_forget(struct dbg_module *module); // when it is closed

// ---- inlined_functions.c ---------------------------------------------------------------------------
struct inlined_name {
	struct str mangled, path; // path: of the fn, without what stands for an async fn's body
	struct str last, crate;   // the last and the first part of it
	struct str file;          // where it is declared, as far as known; else ""
	bool is_body;             // of an async fn
	bool has_code;            // of its own, somewhere
};
struct inlined_copy {
	const struct inlined_name *name;
	u64 addr; // to stop at
};
// Where code of these functions was inlined into others. `anywhere`: one that its own crate's units do not know is looked for in
// all of them, which takes long.
size_t inlined_functions_find(struct dbg_modules *modules, struct arena *arena, const struct inlined_name *names, size_t n,
                              bool anywhere, const struct inlined_copy **out);

// ---- body_copies.c ---------------------------------------------------------------------------------
struct body_copy {
	u64 die; // of DW_TAG_inlined_subroutine, or of DW_TAG_subprogram that names its origin
	const struct body_copy *next;
};
// Where the copies of the coroutine's body poll a future of the type `awaitee`: the one line of the user's where they
// do, or line 0.
struct dbg_place body_copies_await_place(struct unit *unit, const struct dbg_type *env, const struct dbg_type *awaitee);
