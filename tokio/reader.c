// A reader's life: what is bound once per process image, and its preparation in small steps.
#include <stdlib.h>

#include "base/log.h"
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

// Where tokio keeps a thread's runtime. CONTEXT since 1.22; the two CURRENT hold the scheduler's context up to 1.28.
static const char *const context_namespaces[] = {
    "tokio::runtime::context::CONTEXT",
    "tokio::runtime::scheduler::multi_thread::worker::CURRENT",
    "tokio::runtime::scheduler::current_thread::CURRENT",
};

// A debug build has a second, dead DIE of each (its section was collected by the linker and it reads as TLS
// offset 0): the live one is wrapped in std's Storage.
static bool is_storage(const struct dbg_static *variable)
{
	return str_find(variable->type->path, STR("Storage<")) >= 0;
}

void reader_read_contexts(struct tk_reader *reader)
{
	if (reader->contexts_read)
		return;
	reader->contexts_read = true;
	VEC(struct dbg_static) contexts = {0};
	for (size_t i = 0; i < ARRAY_LEN(context_namespaces); i++) {
		struct dbg_static *found;
		size_t n = dbg_statics_find(reader->space->modules, &reader->arena, str_of(context_namespaces[i]), &found);
		bool wrapped = false;
		for (size_t k = 0; k < n; k++)
			wrapped |= found[k].is_tls && is_storage(&found[k]);
		for (size_t k = 0; k < n; k++)
			if (found[k].is_tls && (!wrapped || is_storage(&found[k])))
				vec_push(&reader->arena, &contexts, found[k]);
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

static bool learn_futures(struct tk_reader *reader)
{
	is_future_type(reader, NULL);
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
