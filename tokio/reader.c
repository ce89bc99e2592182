// A reader's life: what is bound once per process image, and its preparation in small steps.
#include <stdlib.h>

#include "base/log.h"
#include "tokio/copies.h"
#include "tokio/private.h"

struct tk_reader *tk_reader_new(struct dbg_target *target)
{
	struct tk_reader *reader = calloc(1, sizeof(*reader));
	if (!reader)
		abort();
	reader->target = target;
	reader->space = dbg_target_space(target);
	const struct dbg_text_row *rows;
	size_t n = shown_rows(&rows);
	dbg_target_show(target, rows, n);
	return reader;
}

void tk_reader_free(struct tk_reader *reader)
{
	if (!reader)
		return;
	arena_deinit(&reader->arena);
	free(reader);
}

void tk_reader_forget(struct tk_reader *reader)
{
	struct tk_reader fresh = {.target = reader->target, .space = dbg_target_space(reader->target)};
	arena_deinit(&reader->arena);
	*reader = fresh;
}

// Where tokio keeps a thread's runtime. CONTEXT since 1.22; the two CURRENT point to the scheduler's context up to
// 1.28 (macros/scoped_tls.rs: a Cell<*const ()>).
static const struct {
	const char *space, *points_to;
} thread_locals[] = {
    {"tokio::runtime::context::CONTEXT", NULL},
    {"tokio::runtime::scheduler::multi_thread::worker::CURRENT", "tokio::runtime::scheduler::multi_thread::worker::Context"},
    {"tokio::runtime::scheduler::current_thread::CURRENT", "tokio::runtime::scheduler::current_thread::Context"},
};

static bool is_storage(const struct dbg_static *variable)
{
	return str_find(variable->type->path, STR("Storage<")) >= 0;
}

// Beside the value std has had a byte of its own for its state (rustc 1.75: __getit::{VAL, STATE}).
static bool is_value(const struct dbg_static *variable)
{
	return variable->is_tls && variable->type->size >= sizeof(u64);
}

// A debug build has a second, dead DIE of each (its section was collected by the linker and it reads as TLS
// offset 0): a live one is elsewhere; if it is at 0 too, it is the one wrapped in std's Storage, if one is. A shared
// library keeps both, and the one that is not used says None for ever.
static bool is_live(struct tk_reader *reader, const struct dbg_static *variable, bool any_elsewhere, bool any_wrapped)
{
	if (variable->module != dbg_modules_get(reader->space->modules, 0))
		return true;
	return any_elsewhere ? variable->addr != 0 : !any_wrapped || is_storage(variable);
}

void reader_read_contexts(struct tk_reader *reader)
{
	if (reader->contexts_read)
		return;
	reader->contexts_read = true;
	VEC(struct tk_thread_local) contexts = {0};
	for (size_t i = 0; i < ARRAY_LEN(thread_locals); i++) {
		struct dbg_static *found;
		size_t n = dbg_statics_find(reader->space->modules, &reader->arena, str_of(thread_locals[i].space), &found);
		const struct dbg_type *points_to =
		    n && thread_locals[i].points_to ? dbg_type_find(reader->space->modules, str_of(thread_locals[i].points_to)) : NULL;
		bool wrapped = false, elsewhere = false;
		for (size_t k = 0; k < n; k++) {
			wrapped |= is_value(&found[k]) && is_storage(&found[k]);
			elsewhere |= is_value(&found[k]) && found[k].addr != 0;
		}
		for (size_t k = 0; k < n; k++)
			if (is_value(&found[k]) && is_live(reader, &found[k], elsewhere, wrapped) &&
			    (points_to || !thread_locals[i].points_to)) {
				vec_push(
				    &reader->arena, &contexts,
				    ((struct tk_thread_local){found[k], points_to, tokio_first_id(reader->space->modules, found[k].module)}));
				reader_took(reader, is_storage(&found[k]) ? "a thread's runtime, in std's Storage" : "a thread's runtime",
				            thread_locals[i].space);
			}
	}
	reader->contexts = contexts.items;
	reader->n_contexts = contexts.len;
}

static bool is_runtime_symbol(void *found, const struct dbg_symbol *symbol)
{
	*(bool *)found = str_find(symbol->name, STR("5tokio7runtime")) >= 0; // legacy and v0 mangling alike
	return !*(bool *)found;
}

// Asked before anything that walks debug info to find nothing.
static bool has_tokio(struct tk_reader *reader)
{
	bool found = false;
	if (dbg_modules_may_have_crate(reader->space->modules, STR("tokio")))
		dbg_symbols_each(reader->space->modules, is_runtime_symbol, &found);
	return found;
}

static bool is_main_of_program(void *program, const struct dbg_symbol *symbol)
{
	struct dbg_module **wanted = program;
	if (symbol->module == *wanted && str_eqc(symbol->name, "main"))
		*wanted = NULL;
	return *wanted != NULL;
}

// Of a program that was stripped of all, also of its `main` (what the dynamic linker needs is left), nothing can be said,
// neither that it has tokio nor that it has not.
static bool is_stripped(struct tk_reader *reader)
{
	struct dbg_modules *modules = reader->space->modules;
	struct dbg_module *program = dbg_modules_count(modules) ? dbg_modules_get(modules, 0) : NULL;
	if (!program || dbg_module_has_dwarf(program))
		return false;
	dbg_symbols_each(modules, is_main_of_program, &program);
	return program != NULL;
}

err_t reader_bind(struct tk_reader *reader)
{
	if (!reader->layout_tried) {
		reader->layout_tried = true;
		reader->has_tokio = has_tokio(reader);
		if (reader->has_tokio) {
			reader_read_contexts(reader);
			layout_bind(&reader->layout, &reader->arena, reader->space->modules);
			LOG(LOG_TOKIO, "layout: %s%.*s", reader->layout.bound ? "bound" : "", STRF(reader->layout.problem));
		}
	}
	if (!reader->has_tokio && is_stripped(reader))
		return err_new(ERR_NOT_FOUND,
		               "whether there is tokio in this program can't be told: it has no debug info and no symbols; "
		               "build it with debug = 2 and without strip, or put its debug file beside it");
	if (!reader->has_tokio)
		return err_new(ERR_NOT_FOUND, "there is no tokio in this program");
	if (!reader->layout.bound)
		return err_new(ERR_NO_DEBUG_INFO, "tokio's tasks can't be read: %.*s", STRF(reader->layout.problem));
	return NULL;
}

// Each step answers whether it wants to be called again.
static bool index_tokio(struct tk_reader *reader)
{
	return dbg_modules_may_have_crate(reader->space->modules, STR("tokio")) &&
	       dbg_modules_index_some(reader->space->modules, STR("tokio"));
}

static bool bind_layout(struct tk_reader *reader)
{
	err_ignore(reader_bind(reader));
	return false;
}

bool tk_reader_prepare(struct tk_reader *reader)
{
	static bool (*const steps[])(struct tk_reader *) = {index_tokio, bind_layout, learn_futures};
	if (reader->prepared >= (int)ARRAY_LEN(steps))
		return false;
	if (!steps[reader->prepared](reader))
		reader->prepared++;
	return true;
}
