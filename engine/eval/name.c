// What a name in an expression means: a variable of the frame, a field of `self`, a static or thread local, a register, or
// what a floor above says of `$name`.
#include "made.h"

enum { MAX_CANDIDATES = 8 };

// A variable is looked at as the evaluation looks at all else (dbg_eval_condition).
static bool as_seen(const struct eval *eval, struct dbg_value value, struct dbg_value *out)
{
	*out = value;
	if (value.space && eval->space)
		out->space = eval->space;
	return true;
}

bool name_variable(const struct eval *eval, struct str name, struct dbg_value *out)
{
	for (size_t i = eval->n_bound; i-- > 0;)
		if (str_eq(eval->bound[i].name, name)) {
			*out = eval->bound[i].value;
			return true;
		}
	for (size_t i = eval->context->n_variables; i-- > 0;)
		if (str_eq(eval->context->variables[i].name, name))
			return as_seen(eval, eval->context->variables[i].value, out);
	const struct dbg_value *self = eval->context->self;
	return self && str_eqc(name, "self") && as_seen(eval, *self, out);
}

// Levenshtein's distance of short names.
static size_t distance(struct str a, struct str b)
{
	size_t row[65];
	if (a.len > 64 || b.len > 64)
		return SIZE_MAX;
	for (size_t i = 0; i <= b.len; i++)
		row[i] = i;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			size_t substituted = diagonal + (a.ptr[i - 1] != b.ptr[k - 1]);
			diagonal = row[k];
			row[k] = size_min(substituted, size_min(row[k], row[k - 1]) + 1);
		}
	}
	return row[b.len];
}

// "; there is `buf`", or what names there are.
static struct str candidates(struct eval *eval, struct str name)
{
	const struct dbg_eval_context *context = eval->context;
	struct buf text = buf_on(eval->arena);
	size_t limit = name.len > 4 ? 2 : 1, n = 0;
	for (int close = 1; close >= 0 && n == 0; close--)
		for (size_t i = 0; i < context->n_variables && n < MAX_CANDIDATES; i++) {
			struct str each = context->variables[i].name;
			bool seen = str_find(buf_str(&text), str_printf(eval->arena, "`%.*s`", STRF(each))) >= 0;
			if (seen || (close && distance(name, each) > limit && !str_starts(each, name)))
				continue;
			buf_printf(&text, "%s`%.*s`", n++ ? ", " : "", STRF(each));
		}
	if (!n)
		return STR(", and there are no locals");
	return str_printf(eval->arena, "; there %s %.*s", n == 1 ? "is" : "are", STRF(buf_str(&text)));
}

// Where a path may begin: as it stands, in the crate that the program's file is named after, in the modules that the frame's
// function lies in. `crate::` is the crate.
enum { MOST_BEGINNINGS = 8 };
static size_t whole_paths(struct eval *eval, struct str path, struct str out[MOST_BEGINNINGS])
{
	struct dbg_modules *modules = eval->space->modules;
	struct dbg_scope *scopes;
	u64 rip;
	size_t n = 0;
	struct str crate = str_dup(eval->arena, dbg_module_name(dbg_modules_get(modules, 0)));
	for (size_t i = 0; i < crate.len; i++)
		if (crate.ptr[i] == '-')
			((char *)crate.ptr)[i] = '_';
	if (str_starts(path, STR("crate::")))
		path = str_printf(eval->arena, "%.*s::%.*s", STRF(crate), STRF(str_from(path, 7)));
	out[n++] = path;
	out[n++] = str_printf(eval->arena, "%.*s::%.*s", STRF(crate), STRF(path));
	bool has_frame = eval->context->regs && dbg_regs_get(eval->context->regs, DBG_REG_RIP, &rip);
	if (!has_frame || !dbg_scopes_at(modules, eval->arena, rip, &scopes))
		return n;
	struct str inside = scopes[0].name;
	for (ptrdiff_t colons; n < MOST_BEGINNINGS && (colons = str_rfind(inside, STR("::"))) > 0;) {
		inside = str_slice(inside, 0, (size_t)colons);
		if (str_find(inside, STR("<")) < 0 && !str_eq(inside, crate))
			out[n++] = str_printf(eval->arena, "%.*s::%.*s", STRF(inside), STRF(path));
	}
	return n;
}

static bool find_static(struct eval *eval, struct str path, struct dbg_static *out)
{
	struct dbg_modules *modules = eval->space ? eval->space->modules : NULL;
	struct str paths[MOST_BEGINNINGS];
	if (!modules || !dbg_modules_count(modules))
		return false;
	size_t n_paths = whole_paths(eval, path, paths);
	for (size_t i = 0; i < n_paths; i++) {
		struct dbg_static *found;
		size_t n = dbg_statics_find(modules, eval->arena, paths[i], &found);
		struct str inside = str_printf(eval->arena, "%.*s::", STRF(paths[i]));
		const struct dbg_static *best = NULL;
		for (size_t k = 0; k < n; k++) { // what `thread_local!` makes lies in a function of the name that was written
			bool is_made = found[k].is_tls && str_starts(found[k].path, inside) &&
			               !str_ends(found[k].path, STR("::STATE")); // before 1.80: whether its destructor is registered
			bool is_it = is_made || str_eq(found[k].path, paths[i]);
			if (is_it && (!best || !best->addr)) // it makes two, of which the linker dropped one: that has no address
				best = &found[k];
		}
		if (best) {
			*out = *best;
			return true;
		}
	}
	return false;
}

bool name_is_static(const struct eval *eval, struct str name)
{
	struct dbg_static ignored;
	struct eval copy = *eval;
	return find_static(&copy, name, &ignored);
}

static err_t thread_local_value(struct eval *eval, struct str name, const struct dbg_static *variable, struct dbg_value *out)
{
	u64 fs_base, addr;
	const struct dbg_regs *regs = eval->context->regs;
	if (!regs || !dbg_regs_get(regs, DBG_REG_FS_BASE, &fs_base))
		return err_new(ERR_ARGUMENT, "`%.*s` is a thread local: choose a frame of a thread", STRF(name));
	if (!dbg_tls_address(variable, eval->space->mem, fs_base, &addr))
		return err_new(ERR_NOT_FOUND, "`%.*s`: this thread has no copy of the thread local yet", STRF(name));
	*out = dbg_value_at(eval->space, variable->type, addr);
	return dbg_value_ok(*out) ? NULL : err_new(ERR_NOT_FOUND, "`%.*s`: %.*s", STRF(name), STRF(out->absent));
}

// The registers of the System V ABI by their names, as they are in the frame.
static const char *const registers[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
                                        "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip"};

static bool find_register(struct eval *eval, struct str name, u64 *out)
{
	for (unsigned i = 0; eval->context->regs && i < ARRAY_LEN(registers); i++)
		if (str_eqc(name, registers[i]))
			return dbg_regs_get(eval->context->regs, i, out);
	return false;
}

bool name_special(struct eval *eval, struct str name, struct operand *out)
{
	struct dbg_special found = {0};
	const struct dbg_eval_context *context = eval->context;
	if (find_register(eval, str_from(name, 1), &found.number)) {
		*out = (struct operand){.value = make_value(eval->arena, eval->space, primitive_type(STR("u64")), found.number)};
		return true;
	}
	if (!context->special || !context->special(context->special_context, eval->arena, str_from(name, 1), &found))
		return false;
	*out = (struct operand){.kind = OPERAND_STRING, .text = found.text};
	if (found.is_value)
		*out = (struct operand){.value = found.value};
	else if (!found.is_text)
		*out = (struct operand){.value = make_value(eval->arena, eval->space, primitive_type(STR("u64")), found.number)};
	return true;
}

// LIMIT, MAX_SIZE: of a local that would be a warning.
static bool is_constant_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] >= 'a' && name.ptr[i] <= 'z')
			return false;
	return name.len > 1;
}

err_t name_path(struct eval *eval, const struct node *node, struct operand *out)
{
	struct dbg_static found;
	struct str name = node->name;
	*out = (struct operand){0};
	if (str_starts(name, STR("$")))
		return name_special(eval, name, out) ? NULL : err_new(ERR_NOT_FOUND, "no special variable `%.*s` here", STRF(name));
	if (name_variable(eval, name, &out->value))
		return dbg_value_ok(out->value) ? NULL : err_new(ERR_NOT_FOUND, "`%.*s`: %.*s", STRF(name), STRF(out->value.absent));
	if (made_limit(eval, name, out))
		return NULL;
	err_t no_field = NULL;
	if (eval->context->self && str_find(name, STR("::")) < 0) {
		no_field = place_field(eval->arena, *eval->context->self, name, &out->value);
		if (!no_field)
			return NULL;
	}
	if (find_static(eval, name, &found)) {
		if (found.is_tls)
			return thread_local_value(eval, name, &found, &out->value);
		if (!found.addr)
			return err_new(ERR_NOT_FOUND, "`%.*s`: the linker has left it out of the program, since nothing uses it", STRF(name));
		out->value = dbg_value_at(eval->space, found.type, found.addr);
		return dbg_value_ok(out->value) ? NULL : err_new(ERR_NOT_FOUND, "`%.*s`: %.*s", STRF(name), STRF(out->value.absent));
	}
	if (made_path(eval, name, out))
		return NULL;
	if (str_find(name, STR("::")) >= 0 || is_constant_name(name))
		return err_new(ERR_NOT_FOUND, "no static `%.*s` in the debug info (constants are not kept there: write the value)",
		               STRF(name));
	if (no_field)
		return no_field;
	return err_new(ERR_NOT_FOUND, "no local `%.*s` here%.*s", STRF(name), STRF(candidates(eval, name)));
}

// A closure that captures one field of `self` has a variable "self.field".
bool name_dotted(struct eval *eval, const struct node *node, struct dbg_value *out)
{
	struct str name = node->name;
	for (node = node->left; node; node = node->left) {
		if (node->kind != NODE_FIELD && node->kind != NODE_PATH)
			return false;
		name = str_printf(eval->arena, "%.*s.%.*s", STRF(node->name), STRF(name));
	}
	return name_variable(eval, name, out);
}

// ---- types -----------------------------------------------------------------------------------------

err_t name_type(struct eval *eval, struct str name, const struct dbg_type **out)
{
	static const struct str pointers[] = {STR("*const "), STR("*mut "), STR("&mut "), STR("&")};
	for (size_t i = 0; i < ARRAY_LEN(pointers); i++) {
		if (!str_starts(name, pointers[i]))
			continue;
		const struct dbg_type *target;
		TRY(name_type(eval, str_trim(str_from(name, pointers[i].len)), &target));
		*out = dbg_type_made_pointer(eval->arena, pointers[i], target);
		return NULL;
	}
	*out = primitive_type(name);
	struct dbg_modules *modules = eval->space ? eval->space->modules : NULL;
	struct str paths[MOST_BEGINNINGS];
	size_t n = !*out && modules && dbg_modules_count(modules) ? whole_paths(eval, name, paths) : 0;
	for (size_t i = 0; i < n && !*out; i++)
		*out = dbg_type_find(modules, paths[i]);
	return *out ? NULL : err_new(ERR_NOT_FOUND, "no type `%.*s` in the debug info: write its whole path", STRF(name));
}
