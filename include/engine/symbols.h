// What debug info and symbol tables say about addresses: modules, functions, lines, names.
//
// All addresses in this header are of the running process (load bias added), unless a name says `file_`.
// `Dwarf *` never leaves engine/symbols. Everything is read when asked for: a compile unit is walked once,
// when something in it is needed; dbg_modules_index_some() does the rest in small slices when there is time.
#pragma once
#include <sys/types.h>

#include "base/err.h"
#include "engine/memory.h"

struct dbg_module;  // one ELF file of the process, with its DWARF
struct dbg_modules; // all of them; owns them

struct dbg_modules *dbg_modules_new(void);
void dbg_modules_free(struct dbg_modules *modules);
// Looks below this folder too for separate debug files (.build-id/ab/cdef.debug, and what a debug link names), as
// below /usr/lib/debug. For the modules that are opened after it.
void dbg_modules_add_debug_folder(struct dbg_modules *modules, struct str folder);

// Whose mappings they are; 0: of none that lives (a core file).
void dbg_modules_set_process(struct dbg_modules *modules, pid_t pid);

// Brings the list in line with the process's mappings: opens new files, drops those that are gone, moves
// those that were loaded elsewhere (a restart reuses what was read before). `mem` is needed for the vdso,
// which has no file. Answers whether anything changed. A file that can't be opened or has no debug info is
// a module with a note (dbg_module_note), never an error.
// The files are looked for as the process set below sees them.
bool dbg_modules_update(struct dbg_modules *modules, struct dbg_mem *mem, const struct dbg_mapping *mappings, size_t n);

size_t dbg_modules_count(const struct dbg_modules *modules);
struct dbg_module *dbg_modules_get(const struct dbg_modules *modules, size_t i); // the program itself is 0
struct dbg_module *dbg_module_at(const struct dbg_modules *modules, u64 addr);   // or NULL

// Not that of any other module that the list has had, nor 0: a program that was built again is another one at the same path.
u64 dbg_module_number(const struct dbg_module *module);
struct str dbg_module_path(const struct dbg_module *module);
struct str dbg_module_file(const struct dbg_module *module); // by which it can be opened: another one in a container
struct str dbg_module_name(const struct dbg_module *module); // the path's last part
u64 dbg_module_bias(const struct dbg_module *module);
void dbg_module_range(const struct dbg_module *module, u64 *start, u64 *end);
bool dbg_module_has_dwarf(const struct dbg_module *module);
struct str dbg_module_build_id(const struct dbg_module *module); // hexadecimal, "" if none
// What a person should know about this file's debug info ("" if all is well), with the remedy.
struct str dbg_module_note(const struct dbg_module *module);
// Where the module's unwind table lies: the loaded address of PT_GNU_EH_FRAME; false if there is none.
bool dbg_module_eh_frame_hdr(const struct dbg_module *module, u64 *addr, u64 *size);
// The bytes of .debug_frame, where the debug info is; 0 if there is none. They live as long as the module.
size_t dbg_module_debug_frame(const struct dbg_module *module, const u8 **out);
// Thread locals: PT_TLS as loaded in the initial TLS block. False if the module has none.
bool dbg_module_tls(const struct dbg_module *module, u64 *memory_size, u64 *align, u64 *vaddr);
// Bytes of a read-only mapped part (code, constants) from the file, for addresses memory can't give.
size_t dbg_module_file_bytes(const struct dbg_module *module, u64 addr, void *buf, size_t len);

// Opens a file for messages at launch, before there is a process: fails with what is wrong with it and what
// to do (no such file, a directory, not ELF, another architecture, not executable).
err_t dbg_module_check_program(struct str path) MUST_USE;

// Walks one more compile unit that is or may be of this crate ("std"), for some milliseconds; false when all are
// walked. Called while the program runs, so that the first question at a stop finds its answer ready.
bool dbg_modules_index_some(struct dbg_modules *modules, struct str crate);

// False if the debug info says that no code of this crate is in any module; a program without any says nothing. An incremental
// build's own units don't name their crate, so that true is no proof.
bool dbg_modules_may_have_crate(struct dbg_modules *modules, struct str crate);

// ---- lines -----------------------------------------------------------------------------------------

struct dbg_place {
	struct str file; // absolute as the compiler wrote it; "" if not known. Lives as long as its module
	u32 line;        // 1-based; 0 if not known
	u32 column;      // 1-based; 0 if not known
};

struct dbg_line_row {
	u64 addr, end; // [addr, end) belongs to this row
	struct dbg_place place;
	bool is_stmt, prologue_end;
};

// The row that covers addr; false if no line table does.
bool dbg_line_at(struct dbg_modules *modules, u64 addr, struct dbg_line_row *out);

// All rows of the half-open range, in order of address; they live in `arena`.
size_t dbg_line_rows(struct dbg_modules *modules, struct arena *arena, u64 start, u64 end, struct dbg_line_row **out);

// Where to stop for file:line: in every instantiation and inlined copy the address of the first arrival
// (for a line with `.await`: before the future is polled; the rule is in engine/symbols/arrival.c). When
// the line has no code, the next line of the file that has some, given in `line_out`. `file` matches by
// whole path components from the end, as given by an editor (absolute) or a person ("main.rs", "src/main.rs").
// No match in any module: n_out 0 and no error. The addresses live in `arena`, sorted, without doubles.
err_t dbg_breakpoint_addresses(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, u64 **out,
                               size_t *n_out, u32 *line_out) MUST_USE;
// The same for one of several places on the line: the first whose column is this or greater, else the last, which is in
// `column`. 0: the line.
err_t dbg_breakpoint_addresses_at(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, u32 *column,
                                  u64 **out, size_t *n_out, u32 *line_out) MUST_USE;
// The columns of the line at which statements and calls begin, sorted. In `arena`.
size_t dbg_breakpoint_columns(struct dbg_modules *modules, struct arena *arena, struct str file, u32 line, u32 **out);

// The source files that the line tables of all modules name: absolute paths as places have them, sorted, each once. In `arena`.
// 40 ms on a program of 213 MB.
size_t dbg_source_files(struct dbg_modules *modules, struct arena *arena, struct str **out);

// Where to stop for a function by its path ("echo::main", "main"): after its prologue, in every
// instantiation; for an async fn its body, not the function that makes the future. Matches whole path
// components from the end; generic arguments and {impl#N} may be left out. "/REGEX/" (POSIX, extended): all functions whose
// path it matches; of those that were inlined, the user's own.
err_t dbg_function_addresses(struct dbg_modules *modules, struct arena *arena, struct str name, u64 **out,
                             size_t *n_out) MUST_USE;

// ---- functions -------------------------------------------------------------------------------------

// A function instance around an address: the physical one, or a copy inlined into the one that follows.
struct dbg_scope {
	struct dbg_module *module;
	u64 die;         // offset of DW_TAG_subprogram or DW_TAG_inlined_subroutine, module-unique; 0 without DWARF
	struct str name; // Rust path without hash: "echo::main::{async_block#0}"; lives as long as the module
	u64 low, high;   // the physical function's extent (for inlined: its lowest and highest address)
	bool inlined;
	struct dbg_place call; // inlined: where it was called; else nothing
	struct dbg_place decl; // where the function is declared
};

// The chain at addr, innermost first, the physical function last; n is 0 if nothing is known of addr.
// Without DWARF the symbol table's demangled name makes a chain of one.
size_t dbg_scopes_at(struct dbg_modules *modules, struct arena *arena, u64 addr, struct dbg_scope **out);

// Is this code of the standard library, of the compiler, or of a registry (not the user's)?
bool dbg_place_is_library(struct dbg_place place);
// "tokio 1.54.1", "std", "futures-util 0.3.31"; "" for the user's own. Lives in `arena`.
struct str dbg_place_origin(struct arena *arena, struct dbg_place place);
// The folder that stands for "/rustc/HASH" on this machine: that of the sources of rustup's toolchain of this commit; ""
// if there is none (then `rustup component add rust-src` brings it). Looks into all toolchains: ask once a hash.
struct str dbg_std_sources(struct arena *arena, struct str hash);
// A short form for text: "src/main.rs" for the user's, "tokio-1.54.1/src/net/tcp/listener.rs", "core/src/pin.rs".
struct str dbg_place_short_path(struct arena *arena, struct dbg_place place);

// What a function takes and gives, as its debug info tells.
struct dbg_type;
struct dbg_parameter {
	struct str name;
	const struct dbg_type *type;
	u64 registers; // a bit for each that its first place is made of; in code that is not optimised this tells nothing
};
struct dbg_signature {
	u64 addr;
	const struct dbg_parameter *params; // in `arena`
	size_t n_params;
	const struct dbg_type *result; // NULL: nothing
	bool optimised;
	bool adapted; // it is told that the compiler has changed how it is called (DW_CC_nocall, or parameters that are gone)
};
bool dbg_function_signature(struct dbg_modules *modules, struct arena *arena, u64 addr, struct dbg_signature *out);
// Of a closure's function that was not optimised: does it find what it has captured by this name behind a pointer that it was
// given (Fn, FnMut), and not in what it was given (FnOnce, which ends it)?
bool dbg_closure_borrows(struct dbg_modules *modules, u64 addr, struct str captured);
// The functions that a path means (as dbg_function_addresses takes it), by their first instruction; of an async fn the one that
// makes its future. In `arena`.
struct dbg_function {
	struct str path; // without generic arguments
	u64 addr;
};
size_t dbg_functions_find(struct dbg_modules *modules, struct arena *arena, struct str name, struct dbg_function **out);

// ---- symbols ---------------------------------------------------------------------------------------

struct dbg_symbol {
	struct str name; // as in the table, mangled
	u64 addr, size;
	struct dbg_module *module;
};

bool dbg_symbol_at(struct dbg_modules *modules, u64 addr, struct dbg_symbol *out);             // the one that covers addr
bool dbg_symbol_find(struct dbg_modules *modules, struct str mangled, struct dbg_symbol *out); // exact name
// One whose name has this part, in the first module that has one; looked for once a module.
bool dbg_symbol_with(struct dbg_modules *modules, struct str part, struct dbg_symbol *out);
// Calls `each` for every function and object symbol; stops early when it answers false.
void dbg_symbols_each(struct dbg_modules *modules, bool (*each)(void *context, const struct dbg_symbol *symbol), void *context);
// Calls `each` for every mangled name with this part that debug info has, also of functions that were inlined everywhere.
void dbg_linkage_names_each(struct dbg_modules *modules, struct str part, void (*each)(void *context, struct str mangled),
                            void *context);
// Legacy and v0 Rust names and C++ names as text, without hash; anything else is copied as it is.
struct str dbg_demangle(struct arena *arena, struct str mangled);
// "core::option::Option<u32>" -> "core::option::Option"; `{impl#3}` and the like stay. Lives where `path` lives,
// or in `arena` when something in the middle was left out.
struct str dbg_path_without_generics(struct arena *arena, struct str path);
