// Source paths in both directions.
#include "adapter/sourcemap.h"

#include <unistd.h>

#include "adapter/missing_sources.h"
#include "adapter/session.h"

// `path` begins with the whole components of `prefix`.
static bool under(struct str path, struct str prefix)
{
	while (prefix.len > 1 && prefix.ptr[prefix.len - 1] == '/')
		prefix.len--;
	return str_starts(path, prefix) && (path.len == prefix.len || path.ptr[prefix.len] == '/' || str_eqc(prefix, "/"));
}

static struct str exchanged(struct arena *arena, struct str path, struct str from, struct str to)
{
	while (from.len && from.ptr[from.len - 1] == '/')
		from.len--;
	while (to.len > 1 && to.ptr[to.len - 1] == '/')
		to.len--;
	return str_printf(arena, "%.*s%.*s", STRF(to), STRF(str_from(path, from.len)));
}

// "/rustc/HASH/library/core/src/x.rs": the toolchain's own copy, where it is installed.
static struct str std_path(struct dap_config *config, struct arena *arena, struct str path)
{
	struct str rest = str_from(path, strlen("/rustc/"));
	ptrdiff_t slash = str_find(rest, STR("/"));
	if (!str_starts(path, STR("/rustc/")) || slash < 1 || !config->arena)
		return path;
	struct str hash = str_slice(rest, 0, (size_t)slash), prefix = str_slice(path, 0, strlen("/rustc/") + (size_t)slash);
	size_t i = 0;
	while (i < config->std.len && !str_eq(config->std.items[i].from, prefix))
		i++;
	if (i == config->std.len) {
		struct dap_mapping found = {str_dup(config->arena, prefix), dbg_std_sources(config->arena, hash)};
		vec_push(config->arena, &config->std, found);
	}
	struct str to = config->std.items[i].to;
	return to.len ? exchanged(arena, path, prefix, to) : path;
}

static bool is_here(struct dap_session *session, struct str path)
{
	return str_starts(path, STR("/")) && access(str_cstr(&session->turn, path), R_OK) == 0;
}

// By the newest of what was learned, where that leads to a file.
static struct str by_learned(struct dap_session *session, struct str path)
{
	for (size_t i = session->learned.len; i-- > 0;) {
		const struct dap_mapping *rule = &session->learned.items[i];
		if (rule->from.len && !str_starts(path, rule->from))
			continue;
		struct str rest = str_from(path, rule->from.len);
		struct str file = str_printf(&session->turn, "%.*s%.*s", STRF(rule->to), STRF(rest));
		if (is_here(session, file))
			return file;
	}
	return path;
}

struct str dap_sourcemap_to_client(struct dap_session *session, struct str path)
{
	struct dap_config *config = &session->config;
	const struct dap_mapping *best = NULL;
	for (size_t i = 0; i < config->source_map.len; i++) {
		const struct dap_mapping *rule = &config->source_map.items[i];
		if (under(path, rule->from) && (!best || rule->from.len > best->from.len))
			best = rule;
	}
	struct str file = best ? exchanged(&session->turn, path, best->from, best->to) : std_path(config, &session->turn, path);
	return session->learned.len && !is_here(session, file) ? by_learned(session, path) : file;
}

void dap_sourcemap_learn(struct dap_session *session, struct str debug, struct str client)
{
	enum { MAX_LEARNED = 64 };
	struct str known = dap_sourcemap_to_client(session, debug);
	if (str_eq(known, client) || is_here(session, known) || !is_here(session, client))
		return;
	// What both end in, in whole components: "src/main.rs".
	size_t same = 0, whole = 0;
	while (same < debug.len && same < client.len && debug.ptr[debug.len - 1 - same] == client.ptr[client.len - 1 - same])
		if (client.ptr[client.len - 1 - same++] == '/')
			whole = same - 1;
	if (same == debug.len && same < client.len && client.ptr[client.len - 1 - same] == '/')
		whole = same; // a relative path, whole
	if (!whole || session->learned.len >= MAX_LEARNED)
		return;
	struct dap_mapping rule = {str_dup(&session->forever, str_slice(debug, 0, debug.len - whole)),
	                           str_dup(&session->forever, str_slice(client, 0, client.len - whole))};
	vec_push(&session->forever, &session->learned, rule);
}

struct str dap_sourcemap_from_client(const struct dap_config *config, struct arena *arena, struct str path)
{
	const struct dap_mapping *best = NULL;
	for (size_t i = 0; i < config->source_map.len; i++) {
		const struct dap_mapping *rule = &config->source_map.items[i];
		if (under(path, rule->to) && (!best || rule->to.len > best->to.len))
			best = rule;
	}
	return best ? exchanged(arena, path, best->to, best->from) : path;
}

struct cJSON *dap_sourcemap_source(struct dap_session *session, struct str file, bool library, struct str origin)
{
	struct cJSON *source = json_new_object();
	struct str path = dap_sourcemap_to_client(session, file);
	json_set_text(source, "name", str_from(path, (size_t)(str_rfind(path, STR("/")) + 1)));
	if (is_here(session, path))
		json_set_text(source, "path", path);
	else
		json_set_number(source, "sourceReference", dap_missing_sources_add(&session->missing, &session->forever, path));
	if (library) {
		json_set_text(source, "presentationHint", STR("deemphasize"));
		if (origin.len)
			json_set_text(source, "origin", origin);
	}
	return source;
}

void dap_sourcemap_put_place(struct dap_session *session, struct cJSON *object, struct dbg_place place)
{
	if (!place.file.len || !place.line) {
		json_set_number(object, "line", 0);
		json_set_number(object, "column", 0);
		return;
	}
	bool library = dbg_place_is_library(place);
	json_set(object, "source", dap_sourcemap_source(session, place.file, library, dbg_place_origin(&session->turn, place)));
	json_set_number(object, "line", (i64)place.line - !session->client.lines_from_1);
	i64 column = place.column ? place.column : 1;
	json_set_number(object, "column", column - !session->client.columns_from_1);
}

err_t dap_sourcemap_read_source(struct dap_session *session, struct json_in source, struct str *file)
{
	i64 reference;
	TRY(json_object(source));
	TRY(json_number_or(json_member(source, "sourceReference"), 0, INT32_MAX, 0, &reference));
	if (json_present(json_member(source, "path")) || reference == 0)
		return json_text(json_member(source, "path"), file);
	if (reference > (i64)session->missing.paths.len)
		return err_new(ERR_ARGUMENT, "%.*s.sourceReference: %lld was never given", STRF(source.path), (long long)reference);
	*file = session->missing.paths.items[reference - 1];
	return NULL;
}
