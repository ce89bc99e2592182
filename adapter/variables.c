// Scopes and values as the client's trees of variables.
#include "adapter/variables.h"

#include "adapter/memory.h"
#include "engine/eval.h"

enum {
	PAGE_FROM = 100,   // children that a client which pages is told to ask for in pages
	UNPAGED_MAX = 200, // children at once, for a client that does not
	PAGED_MAX = 10000, // for one that does
};

// ---- one value

// Of a pointer, a slice or a text: where it leads; of anything else in memory: where it is.
bool dap_variables_address(struct dbg_value value, u64 *out)
{
	if (!dbg_value_ok(value) || !value.type)
		return false;
	if (value.type->kind == DBG_TYPE_POINTER)
		return dbg_value_get(value, out) && *out;
	if (dbg_type_member(value.type, "data_ptr"))
		return dbg_value_get(dbg_value_member(value, "data_ptr"), out) && *out;
	*out = value.addr;
	return value.where == DBG_VALUE_MEMORY;
}

bool dap_variables_is_code(struct dbg_value value)
{
	if (!dbg_value_ok(value) || !value.type)
		return false;
	return dbg_type_is_coroutine(value.type) ||
	       (value.type->kind == DBG_TYPE_POINTER && value.type->target && value.type->target->kind == DBG_TYPE_FUNCTION);
}

void dap_variables_take_format(struct dap_session *session, struct str *text)
{
	session->radix_told = dbg_eval_format(text, &session->radix) || session->radix_told;
}

void dap_variables_put_value(struct dap_session *session, struct cJSON *object, const char *value_key, struct dbg_value value,
                             struct str path)
{
	u64 addr;
	json_set_text(object, value_key, dbg_value_render(&session->turn, value, (struct dbg_render){.radix = session->radix}));
	if (dap_variables_address(value, &addr))
		json_set_text(object, "memoryReference", dap_memory_reference(&session->turn, addr));
	if (dbg_value_ok(value) && value.type)
		json_set_text(object, "type", dbg_type_render(&session->turn, value.type));
	if (dap_variables_is_code(value))
		json_set_number(object, "valueLocationReference",
		                dap_ids_add(&session->ids, &session->stop, (struct dap_ref){.kind = DAP_REF_CODE, .value = value}));
	struct dbg_counts counts = dbg_value_ok(value) ? dbg_value_child_counts(value) : (struct dbg_counts){0};
	if (counts.named + counts.indexed == 0) {
		json_set_number(object, "variablesReference", 0);
		return;
	}
	struct dap_ref ref = {.kind = DAP_REF_VALUE, .value = value, .path = str_dup(&session->stop, path)};
	ref.formatted = session->radix_told;
	ref.radix = session->radix;
	json_set_number(object, "variablesReference", dap_ids_add(&session->ids, &session->stop, ref));
	if (counts.named + counts.indexed <= PAGE_FROM || !session->client.paging)
		return;
	json_set_number(object, "namedVariables", (i64)u64_min(counts.named, INT32_MAX));
	json_set_number(object, "indexedVariables", (i64)u64_min(counts.indexed, INT32_MAX));
}

// ---- scopes

// "x" for the variable that the name means, "x (line 12)" for those that it shadows: clients key on names.
static struct str shown_name(struct dap_session *session, const struct dbg_variable *variables, size_t n, size_t i)
{
	for (size_t later = i + 1; later < n; later++)
		if (str_eq(variables[later].name, variables[i].name))
			return str_printf(&session->turn, "%.*s (line %u)", STRF(variables[i].name), variables[i].decl_line);
	return variables[i].name;
}

// Locals are declared in the file of their function.
static struct str file_of(const struct dbg_row *row)
{
	return row->frame && row->frame->scope.decl.file.len ? row->frame->scope.decl.file : row->place.file;
}

static void put_locals(struct dap_session *session, struct cJSON *array, const struct dap_ref *ref)
{
	struct dbg_variable *variables;
	const struct dbg_row *row = &ref->stack->rows[ref->row];
	size_t n = dap_stack_variables(session, row, &variables);
	for (size_t i = 0; i < n; i++) {
		struct cJSON *object = json_add_object(array);
		struct str name = shown_name(session, variables, n, i);
		bool shadowed = name.len != variables[i].name.len;
		json_set_text(object, "name", name);
		if (!shadowed)
			json_set_text(object, "evaluateName", name);
		dap_variables_put_value(session, object, "value", variables[i].value, shadowed ? STR("") : name);
		struct dbg_place decl = {.file = file_of(row), .line = variables[i].decl_line};
		if (decl.line && decl.file.len)
			json_set_number(object, "declarationLocationReference",
			                dap_ids_add(&session->ids, &session->stop, (struct dap_ref){.kind = DAP_REF_PLACE, .place = decl}));
	}
}

static void put_text(struct cJSON *array, struct str name, struct str text)
{
	struct cJSON *object = json_add_object(array);
	json_set_text(object, "name", name);
	json_set_text(object, "value", text);
	json_set_number(object, "variablesReference", 0);
}

static void put_task(struct dap_session *session, struct cJSON *array, const struct dap_ref *ref)
{
	size_t task = dap_stack_task(session, ref->stack->thread);
	struct tk_fact *facts;
	size_t n = task == TK_NONE ? 0 : tk_task_facts(session->snapshot, task, &session->turn, &facts);
	for (size_t i = 0; i < n; i++)
		put_text(array, facts[i].name, facts[i].text);
}

static void put_awaiting(struct dap_session *session, struct cJSON *array, const struct dap_ref *ref)
{
	size_t task = dap_stack_task(session, ref->stack->thread);
	struct str *waits;
	size_t n = task == TK_NONE ? 0 : tk_task_waits(session->snapshot, task, &session->turn, &waits);
	for (size_t i = 0; i < n; i++)
		put_text(array, str_printf(&session->turn, "%zu", i), waits[i]);
}

// ---- children

struct str dap_variables_path(struct arena *arena, struct str parent, struct str name)
{
	if (!parent.len || str_eqc(name, "[raw]"))
		return STR("");
	return name.len && name.ptr[0] == '[' ? str_printf(arena, "%.*s%.*s", STRF(parent), STRF(name))
	                                      : str_printf(arena, "%.*s.%.*s", STRF(parent), STRF(name));
}

static void put_rest(struct dap_session *session, struct cJSON *array, const struct dap_ref *ref, u64 start, u64 total)
{
	struct dap_ref rest = *ref;
	rest.start = start;
	struct cJSON *object = json_add_object(array);
	json_set_text(object, "name",
	              str_printf(&session->turn, "[%llu..%llu]", (unsigned long long)start, (unsigned long long)total));
	json_set_text(object, "value", str_printf(&session->turn, "%llu more", (unsigned long long)(total - start)));
	json_set_number(object, "variablesReference", dap_ids_add(&session->ids, &session->stop, rest));
}

static void put_children(struct dap_session *session, struct cJSON *array, const struct dap_ref *ref, struct dap_page page)
{
	struct dbg_counts counts = dbg_value_child_counts(ref->value);
	u64 total = page.filter == DBG_CHILDREN_NAMED     ? counts.named
	            : page.filter == DBG_CHILDREN_INDEXED ? counts.indexed
	                                                  : counts.named + counts.indexed;
	u64 start = ref->start + (u64)page.start, most = session->client.paging ? PAGED_MAX : UNPAGED_MAX;
	u64 left = start < total ? total - start : 0;
	u64 wanted = page.count ? u64_min(left, (u64)page.count) : left;
	u64 count = page.count ? u64_min(wanted, PAGED_MAX) : u64_min(wanted, most);
	struct dbg_child *children;
	size_t n = dbg_value_children(&session->stop, ref->value, page.filter, start, count, &children);
	for (size_t i = 0; i < n; i++) {
		struct cJSON *object = json_add_object(array);
		struct str path = children[i].computed ? STR("") : dap_variables_path(&session->turn, ref->path, children[i].name);
		json_set_text(object, "name", children[i].name);
		if (path.len)
			json_set_text(object, "evaluateName", path);
		dap_variables_put_value(session, object, "value", children[i].value, path);
	}
	if (!page.count && count < wanted)
		put_rest(session, array, ref, start + count, total);
}

err_t dap_variables_put(struct dap_session *session, struct cJSON *array, const struct dap_ref *of, struct dap_page page)
{
	struct dap_ref ref = *of; // the table of references grows meanwhile
	if (ref.formatted) {
		session->radix_told = true;
		session->radix = ref.radix;
	}
	switch (ref.kind) {
	case DAP_REF_LOCALS: put_locals(session, array, &ref); break;
	case DAP_REF_TASK: put_task(session, array, &ref); break;
	case DAP_REF_AWAITING: put_awaiting(session, array, &ref); break;
	case DAP_REF_VALUE: put_children(session, array, &ref, page); break;
	case DAP_REF_FRAME:
	case DAP_REF_PLACE:
	case DAP_REF_CODE:
	case DAP_REF_INTO:
	case DAP_REF_TARGET: return err_new(ERR_ARGUMENT, "arguments.variablesReference: it has no variables itself");
	}
	return NULL;
}

static bool find_local(struct dap_session *session, const struct dap_ref *ref, struct str name, struct dbg_value *out)
{
	struct dbg_variable *variables;
	size_t n = dap_stack_variables(session, &ref->stack->rows[ref->row], &variables);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(shown_name(session, variables, n, i), name))
			continue;
		*out = variables[i].value;
		return true;
	}
	return false;
}

static bool find_child(struct dap_session *session, const struct dap_ref *ref, struct str name, struct dbg_value *out)
{
	struct dbg_counts counts = dbg_value_child_counts(ref->value);
	struct str digits = name.len > 2 && name.ptr[0] == '[' ? str_slice(name, 1, name.len - 1) : STR("");
	u64 index;
	bool indexed = str_to_u64(digits, &index) && index < counts.indexed;
	struct dbg_child *children;
	size_t n = dbg_value_children(&session->stop, ref->value, indexed ? DBG_CHILDREN_INDEXED : DBG_CHILDREN_ALL,
	                              indexed ? index : 0, indexed ? 1 : PAGED_MAX, &children);
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(children[i].name, name))
			continue;
		*out = children[i].value;
		return true;
	}
	return false;
}

err_t dap_variables_find(struct dap_session *session, const struct dap_ref *ref, struct str name, struct dbg_value *out)
{
	if (ref->kind != DAP_REF_LOCALS && ref->kind != DAP_REF_VALUE)
		return err_new(ERR_UNSUPPORTED, "arguments.name: `%.*s` can't be changed", STRF(name));
	bool found = ref->kind == DAP_REF_LOCALS ? find_local(session, ref, name, out) : find_child(session, ref, name, out);
	return found ? NULL : err_new(ERR_NOT_FOUND, "arguments.name: there is no `%.*s`", STRF(name));
}
