// The client's breakpoints.
#include "adapter/breakpoints.h"

#include "adapter/memory.h"
#include "adapter/sourcemap.h"
#include "engine/eval.h"

// ---- hit conditions

err_t dap_breakpoints_read_hit_condition(struct str text, struct dap_hit_condition *out)
{
	static const struct {
		const char *sign;
		int when;
	} signs[] = {{"===", HIT_EQUAL}, {"==", HIT_EQUAL}, {">=", HIT_AT_LEAST}, {"<=", HIT_AT_MOST}, {">", HIT_MORE},
	             {"<", HIT_LESS},    {"=", HIT_EQUAL},  {"%", HIT_EVERY},     {"", HIT_EQUAL}};
	struct str rest = str_trim(text);
	*out = (struct dap_hit_condition){0};
	if (!rest.len)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!str_starts(rest, str_of(signs[i].sign)))
			continue;
		out->when = signs[i].when;
		rest = str_trim(str_from(rest, strlen(signs[i].sign)));
		break;
	}
	if (!str_to_u64(rest, &out->count) || (out->when == HIT_EVERY && out->count == 0))
		return err_new(ERR_SYNTAX, "hitCondition: expected a count such as 5, >= 5, == 5, < 5 or %% 3, not \"%.*s\"", STRF(text));
	return NULL;
}

bool dap_breakpoints_hit_holds(struct dap_hit_condition condition, u64 hits)
{
	switch (condition.when) {
	case HIT_ALWAYS: return true;
	case HIT_EQUAL: return hits == condition.count;
	case HIT_AT_LEAST: return hits >= condition.count;
	case HIT_MORE: return hits > condition.count;
	case HIT_LESS: return hits < condition.count;
	case HIT_AT_MOST: return hits <= condition.count;
	case HIT_EVERY: return hits % condition.count == 0;
	}
	return true;
}

// ---- wishes

static bool same_wish(const struct dap_breakpoint *a, const struct dap_breakpoint *b)
{
	return a->kind == b->kind && str_eq(a->file, b->file) && a->line == b->line && a->column == b->column &&
	       str_eq(a->function, b->function) && a->this_task == b->this_task && a->named_task == b->named_task &&
	       a->uncaught_only == b->uncaught_only && a->addr == b->addr && a->size == b->size && a->on == b->on &&
	       str_eq(a->condition, b->condition) && str_eq(a->hit_condition, b->hit_condition) && str_eq(a->log, b->log);
}

static void set_watch(struct dap_session *session, struct dap_breakpoint *breakpoint)
{
	err_t error = dbg_watch_add(session->target, breakpoint->addr, breakpoint->size, breakpoint->on, &breakpoint->engine);
	if (!error)
		return;
	breakpoint->engine = 0;
	breakpoint->problem = str_dup(&session->forever, error->what);
}

static void set_in_target(struct dap_session *session, struct dap_breakpoint *breakpoint)
{
	if (!dap_session_is_live(session) || breakpoint->engine || breakpoint->wrong.len)
		return;
	if (breakpoint->kind == DAP_BREAK_DATA) {
		set_watch(session, breakpoint);
		return;
	}
	static const enum dbg_breakpoint_kind kinds[] = {[DAP_BREAK_LINE] = DBG_BREAK_LINE,
	                                                 [DAP_BREAK_FUNCTION] = DBG_BREAK_FUNCTION,
	                                                 [DAP_BREAK_INSTRUCTION] = DBG_BREAK_ADDRESS,
	                                                 [DAP_BREAK_PANIC] = DBG_BREAK_FUNCTION,
	                                                 [DAP_BREAK_MAIN] = DBG_BREAK_FUNCTION};
	struct dbg_breakpoint_spec spec = {
	    .kind = kinds[breakpoint->kind], .line = breakpoint->line, .function = breakpoint->function, .addr = breakpoint->addr};
	spec.column = breakpoint->column;
	spec.file = dap_sourcemap_from_client(&session->config, &session->turn, breakpoint->file);
	spec.asks = breakpoint->this_task || breakpoint->condition.len || breakpoint->hit_condition.len || breakpoint->log.len;
	breakpoint->engine = dbg_breakpoint_add(session->target, &spec);
}

void dap_breakpoints_begin(struct dap_session *session, enum dap_breakpoint_kind kind, struct str file)
{
	for (struct dap_breakpoint *each = session->breakpoints; each; each = each->next)
		if (each->kind == kind && str_eq(each->file, file))
			each->listed = false;
}

static struct str condition_complaint(struct dap_session *session, const struct dap_breakpoint *breakpoint, struct str why)
{
	return str_printf(&session->forever, "the condition `%.*s` can't be evaluated: %.*s; it stops once",
	                  STRF(breakpoint->condition), STRF(why));
}

void dap_breakpoints_complain(struct dap_session *session, struct dap_breakpoint *breakpoint, struct str why)
{
	if (breakpoint->complaint.len)
		return;
	breakpoint->complaint = condition_complaint(session, breakpoint, why);
	struct cJSON *body = json_new_object();
	json_set_text(body, "reason", STR("changed"));
	dap_breakpoints_put(session, json_set_object(body, "breakpoint"), breakpoint);
	dap_session_event(session, "breakpoint", body);
}

struct dap_breakpoint *dap_breakpoints_want(struct dap_session *session, const struct dap_breakpoint *wish)
{
	for (struct dap_breakpoint *each = session->breakpoints; each; each = each->next) {
		if (!each->listed && same_wish(each, wish)) {
			each->listed = true;
			return each;
		}
	}
	struct arena *forever = &session->forever;
	struct dap_breakpoint *made = NEW(forever, struct dap_breakpoint);
	*made = *wish;
	made->id = ++session->last_breakpoint;
	made->listed = true;
	made->file = str_dup(forever, wish->file);
	made->function = str_dup(forever, wish->function);
	made->condition = str_dup(forever, wish->condition);
	made->hit_condition = str_dup(forever, wish->hit_condition);
	made->log = str_dup(forever, wish->log);
	err_t error = dap_breakpoints_read_hit_condition(made->hit_condition, &made->hit);
	made->wrong = error ? str_dup(forever, error->what) : STR("");
	made->complaint = STR("");
	if (!error && made->this_task && !made->task)
		made->wrong = STR("mode \"task\": no task is stopped now; set it again where one is");
	if (!error && made->named_task && !made->condition.len)
		made->wrong = STR("mode \"named\": give a regular expression for the tasks' root future as the condition");
	error = made->condition.len ? dbg_eval_prepare(forever, made->condition, &made->test) : NULL;
	made->test = error ? NULL : made->test;
	if (error)
		made->complaint = condition_complaint(session, made, error->what);
	else if ((error = dbg_eval_template_check(&session->turn, made->log)))
		made->complaint = str_printf(forever, "the log message: %.*s", STRF(error->what));
	made->next = session->breakpoints;
	session->breakpoints = made;
	set_in_target(session, made);
	return made;
}

void dap_breakpoints_end(struct dap_session *session, enum dap_breakpoint_kind kind, struct str file)
{
	for (struct dap_breakpoint **at = &session->breakpoints; *at;) {
		struct dap_breakpoint *each = *at;
		if (each->kind != kind || !str_eq(each->file, file) || each->listed) {
			at = &each->next;
			continue;
		}
		if (each->engine && dap_session_is_live(session) && kind == DAP_BREAK_DATA)
			dbg_watch_remove(session->target, each->engine);
		else if (each->engine && dap_session_is_live(session))
			dbg_breakpoint_remove(session->target, each->engine);
		*at = each->next;
	}
}

struct dap_breakpoint *dap_breakpoints_by_engine(struct dap_session *session, u32 engine)
{
	for (struct dap_breakpoint *each = session->breakpoints; each; each = each->next)
		if (each->engine == engine && each->kind != DAP_BREAK_DATA)
			return each;
	return NULL;
}

struct dap_breakpoint *dap_breakpoints_by_watch(struct dap_session *session, u32 watch)
{
	for (struct dap_breakpoint *each = session->breakpoints; each; each = each->next)
		if (each->engine == watch && each->kind == DAP_BREAK_DATA)
			return each;
	return NULL;
}

void dap_breakpoints_set_all(struct dap_session *session)
{
	session->counted.len = 0;
	for (struct dap_breakpoint *each = session->breakpoints; each; each = each->next) {
		each->hits = 0;
		each->complained = false;
		if (each->kind == DAP_BREAK_DATA) // its place is gone with the program that it was in
			each->problem = STR("the program was started anew: set it again at a stop");
		else
			set_in_target(session, each);
	}
}

void dap_breakpoints_lost(struct dap_session *session)
{
	for (struct dap_breakpoint *each = session->breakpoints; each; each = each->next)
		each->engine = 0;
}

// ---- telling

void dap_breakpoints_put(struct dap_session *session, struct cJSON *object, struct dap_breakpoint *breakpoint)
{
	struct dbg_breakpoint_info info;
	bool data = breakpoint->kind == DAP_BREAK_DATA;
	bool known = !data && breakpoint->engine && dap_session_is_live(session) &&
	             dbg_breakpoint_info(session->target, breakpoint->engine, &info);
	bool verified = data ? breakpoint->engine != 0 : known && info.n_addresses > 0;
	json_set_number(object, "id", breakpoint->id);
	json_set_flag(object, "verified", verified);
	breakpoint->verified = verified;
	breakpoint->told_line = 0;
	if (known && verified && info.place.line) {
		// The client's own path where it gave one: it may differ from the debug info's, and it is the one that is open.
		struct cJSON *source = breakpoint->file.len
		                           ? json_new_object()
		                           : dap_sourcemap_source(session, info.place.file, dbg_place_is_library(info.place),
		                                                  dbg_place_origin(&session->turn, info.place));
		if (breakpoint->file.len) {
			json_set_text(source, "name", str_from(breakpoint->file, (size_t)(str_rfind(breakpoint->file, STR("/")) + 1)));
			json_set_text(source, "path", breakpoint->file);
			dap_sourcemap_learn(session, info.place.file, breakpoint->file);
		}
		json_set(object, "source", source);
		json_set_number(object, "line", (i64)info.place.line - !session->client.lines_from_1);
		breakpoint->told_line = info.place.line;
		if (info.column)
			json_set_number(object, "column", (i64)info.column - !session->client.columns_from_1);
	} else if (breakpoint->line) {
		json_set_number(object, "line", (i64)breakpoint->line - !session->client.lines_from_1);
	}
	if (verified && breakpoint->kind == DAP_BREAK_INSTRUCTION)
		json_set_text(object, "instructionReference", dap_memory_reference(&session->turn, breakpoint->addr));
	struct str message = known ? info.problem : STR("");
	if (breakpoint->wrong.len)
		message = breakpoint->wrong;
	else if (data)
		message = breakpoint->problem;
	else if (!known)
		message = STR("waits for the program to start");
	else if (!verified && !message.len)
		message = breakpoint->kind == DAP_BREAK_LINE
		              ? STR("no code is known at this line; set as soon as a module that has it is loaded")
		              : STR("no function of this name is known; set as soon as a module that has it is loaded");
	if (!message.len && verified)
		message = breakpoint->complaint;
	if (message.len)
		json_set_text(object, "message", message);
	if (!verified)
		json_set_text(object, "reason", breakpoint->wrong.len || data ? STR("failed") : STR("pending"));
}

void dap_breakpoints_tell_changed(struct dap_session *session, u32 engine)
{
	struct dap_breakpoint *breakpoint = dap_breakpoints_by_engine(session, engine);
	struct dbg_breakpoint_info info;
	if (!breakpoint || breakpoint->kind >= DAP_BREAK_PANIC || !dbg_breakpoint_info(session->target, engine, &info))
		return;
	if (breakpoint->verified == (info.n_addresses > 0) && (!breakpoint->verified || breakpoint->told_line == info.place.line))
		return;
	struct cJSON *body = json_new_object();
	json_set_text(body, "reason", STR("changed"));
	dap_breakpoints_put(session, json_set_object(body, "breakpoint"), breakpoint);
	dap_session_event(session, "breakpoint", body);
}

// ---- a request's list

err_t dap_breakpoints_read_wish(struct json_in in, struct dap_breakpoint *wish)
{
	TRY(json_object(in));
	TRY(json_text_or(json_member(in, "condition"), STR(""), &wish->condition));
	TRY(json_text_or(json_member(in, "hitCondition"), STR(""), &wish->hit_condition));
	TRY(json_text_or(json_member(in, "logMessage"), STR(""), &wish->log));
	wish->condition = str_trim(wish->condition);
	return NULL;
}

void dap_breakpoints_replace(struct dap_session *session, struct cJSON *body, enum dap_breakpoint_kind kind, struct str file,
                             const struct dap_breakpoint *wishes, size_t n)
{
	struct cJSON *array = json_set_array(body, "breakpoints");
	struct dap_breakpoint **made = NEW_N(&session->turn, struct dap_breakpoint *, n + 1);
	dap_breakpoints_begin(session, kind, file);
	for (size_t i = 0; i < n; i++)
		made[i] = dap_breakpoints_want(session, &wishes[i]);
	dap_breakpoints_end(session, kind, file);
	for (size_t i = 0; i < n; i++)
		dap_breakpoints_put(session, json_add_object(array), made[i]);
}
