#include "adapter/loaded.h"
#include "adapter/sourcemap.h"

// ---- modules

void dap_loaded_put_module(struct dap_session *session, struct cJSON *object, const struct dbg_module *module)
{
	u64 start, end;
	dbg_module_range(module, &start, &end);
	json_set_text(object, "id", dbg_module_path(module));
	json_set_text(object, "name", dbg_module_name(module));
	json_set_text(object, "path", dbg_module_path(module));
	json_set_text(object, "symbolStatus", dbg_module_has_dwarf(module) ? STR("debug info") : STR("no debug info"));
	json_set_text(object, "addressRange",
	              str_printf(&session->turn, "0x%llx-0x%llx", (unsigned long long)start, (unsigned long long)end));
}

static const struct dbg_module *loaded_from(const struct dap_session *session, struct str path)
{
	for (size_t i = 0; i < dbg_modules_count(session->modules); i++)
		if (str_eq(dbg_module_path(dbg_modules_get(session->modules, i)), path))
			return dbg_modules_get(session->modules, i);
	return NULL;
}

// The place in the list of what was told, which is made.
static struct dap_told_module *told_module(struct dap_session *session, struct str path)
{
	for (size_t i = 0; i < session->told_modules.len; i++)
		if (str_eq(session->told_modules.items[i].path, path))
			return &session->told_modules.items[i];
	struct dap_told_module *module = vec_add(&session->forever, &session->told_modules);
	module->path = str_dup(&session->forever, path);
	return module;
}

static void tell_new_modules(struct dap_session *session)
{
	for (size_t i = 0; i < dbg_modules_count(session->modules); i++) {
		const struct dbg_module *module = dbg_modules_get(session->modules, i);
		struct dap_told_module *told = told_module(session, dbg_module_path(module));
		u64 number = dbg_module_number(module);
		if (told->number == number)
			continue;
		struct cJSON *body = json_new_object();
		json_set_text(body, "reason", told->number ? STR("changed") : STR("new"));
		told->number = number;
		dap_loaded_put_module(session, json_set_object(body, "module"), module);
		dap_session_event(session, "module", body);
		struct str note = dbg_module_note(module);
		if (i == 0 && note.len) // of the program itself
			dap_session_say(session, "%.*s", STRF(note));
	}
}

static void tell_gone_modules(struct dap_session *session)
{
	for (size_t i = 0; i < session->told_modules.len; i++) {
		struct dap_told_module *told = &session->told_modules.items[i];
		if (!told->number || loaded_from(session, told->path))
			continue;
		told->number = 0;
		ptrdiff_t slash = str_rfind(told->path, STR("/"));
		struct cJSON *body = json_new_object(), *module = json_set_object(body, "module");
		json_set_text(body, "reason", STR("removed"));
		json_set_text(module, "id", told->path);
		json_set_text(module, "name", str_from(told->path, (size_t)(slash + 1)));
		dap_session_event(session, "module", body);
	}
}

// ---- source files

const struct dap_sources *dap_loaded_sources(struct dap_session *session)
{
	struct dap_sources *sources = &session->sources;
	arena_clear(&sources->arena);
	sources->n = dbg_source_files(session->modules, &sources->arena, &sources->paths);
	sources->asked = true;
	return sources;
}

struct cJSON *dap_loaded_source(struct dap_session *session, struct str path)
{
	struct dbg_place place = {.file = path};
	return dap_sourcemap_source(session, path, dbg_place_is_library(place), dbg_place_origin(&session->turn, place));
}

static void tell_source(struct dap_session *session, const char *reason, struct str path)
{
	struct cJSON *body = json_new_object();
	json_set_text(body, "reason", str_of(reason));
	json_set(body, "source", dap_loaded_source(session, path));
	dap_session_event(session, "loadedSource", body);
}

static void tell_sources(struct dap_session *session)
{
	struct dap_sources old = session->sources; // both lists are sorted
	session->sources = (struct dap_sources){0};
	const struct dap_sources *now = dap_loaded_sources(session);
	for (size_t o = 0, n = 0; o < old.n || n < now->n;) {
		int order = o == old.n ? 1 : n == now->n ? -1 : str_cmp(old.paths[o], now->paths[n]);
		if (order < 0)
			tell_source(session, "removed", old.paths[o]);
		else if (order > 0)
			tell_source(session, "new", now->paths[n]);
		o += order <= 0;
		n += order >= 0;
	}
	arena_deinit(&old.arena);
}

// ---- both

void dap_loaded_tell(struct dap_session *session)
{
	tell_gone_modules(session);
	tell_new_modules(session);
	if (session->sources.asked)
		tell_sources(session);
}
