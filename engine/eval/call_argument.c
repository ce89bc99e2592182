// Arguments: what is written becomes registers and memory, by the parameter's type. What cannot be passed by rules that are known
// is refused.
#include "call_plan.h"
#include "engine/disassemble.h"

// System V ABI AMD64, figure 3.4, by DWARF's numbers.
static const u8 ORDER[MOST_ARGS] = {DBG_REG_RDI, DBG_REG_RSI, DBG_REG_RDX, DBG_REG_RCX, DBG_REG_R8, 9};

// ---- memory ----------------------------------------------------------------------------------------

u64 plan_data(struct planner *planner, const void *bytes, size_t n)
{
	while (planner->data.len % 16)
		buf_putc(&planner->data, 0);
	u64 at = planner->data.len;
	buf_put(&planner->data, str_n(bytes, n));
	return at;
}

// ---- types -----------------------------------------------------------------------------------------

// References and raw pointers to the same type are alike to a function.
static bool same_type(const struct dbg_type *a, const struct dbg_type *b)
{
	for (int depth = 0; a && b && depth < 8; depth++) {
		if (dbg_type_same(a, b))
			return true;
		if (a->kind != DBG_TYPE_POINTER || b->kind != DBG_TYPE_POINTER)
			return false;
		a = a->target;
		b = b->target;
	}
	return false;
}

static bool is_str_reference(const struct dbg_type *type)
{
	return type && type->kind == DBG_TYPE_STRUCT && type->size == 16 && str_ends(type->name, STR("str")) &&
	       dbg_type_member(type, "data_ptr");
}

// A function that takes a value by itself ends it: only what has no end can be copied for it. Numbers, references and what is
// made of them; not a type of which the program has a drop_in_place that does something. (Before 1.80 or so vtables had one of
// each type; that of a Copy type returns at once.)
struct drop_search {
	const struct dbg_space *space;
	struct arena *arena;
	struct str path;
	bool found;
};

static bool returns_at_once(const struct drop_search *search, u64 addr)
{
	enum { MOST = 6 };
	struct dbg_instruction *code;
	dbg_disassemble(search->space, search->arena, addr, 0, MOST, &code);
	for (size_t i = 0; i < MOST && code[i].valid; i++) {
		if (str_starts(code[i].text, STR("ret")))
			return true;
		if (str_starts(code[i].text, STR("call")) || str_starts(code[i].text, STR("j")))
			return false;
	}
	return false;
}

static bool find_drop(void *context, const struct dbg_symbol *symbol)
{
	struct drop_search *search = context;
	if (str_find(symbol->name, STR("drop_in_place")) < 0)
		return true;
	struct str name = dbg_demangle(search->arena, symbol->name);
	ptrdiff_t open = str_find(name, STR("<"));
	search->found = open > 0 && str_eq(str_slice(name, (size_t)open + 1, name.len - 1), search->path) &&
	                !returns_at_once(search, symbol->addr);
	return !search->found;
}

static bool is_copied(const struct dbg_type *type, int depth)
{
	const struct dbg_member *members;
	const struct dbg_variant *variants;
	if (depth > 8)
		return false;
	switch (type->kind) {
	case DBG_TYPE_POINTER: return str_starts(type->name, STR("&")) || str_starts(type->name, STR("*"));
	case DBG_TYPE_STRUCT:
	case DBG_TYPE_UNION:
	case DBG_TYPE_VARIANTS: break;
	case DBG_TYPE_UNKNOWN: return false;
	case DBG_TYPE_ARRAY: return type->target && is_copied(type->target, depth + 1);
	default: return true;
	}
	if (dbg_type_member(type, "data_ptr"))
		return str_starts(type->name, STR("&")) || str_starts(type->name, STR("*"));
	bool is_library = dbg_type_is_library(type) && !str_starts(type->path, STR("core::option::Option<")) &&
	                  !str_starts(type->path, STR("core::result::Result<"));
	if (is_library || dbg_type_is_coroutine(type))
		return false;
	size_t n = dbg_type_members(type, &members);
	for (size_t i = 0; i < n; i++)
		if (!is_copied(members[i].type, depth + 1))
			return false;
	n = dbg_type_variants(type, &variants);
	for (size_t i = 0; i < n; i++)
		if (!is_copied(variants[i].member.type, depth + 1))
			return false;
	return true;
}

bool plan_is_copied(const struct dbg_type *type)
{
	return is_copied(type, 0);
}

static bool may_be_copied(struct planner *planner, const struct dbg_type *type)
{
	struct drop_search search = {planner->eval->space, planner->eval->arena, type->path, false};
	if (!is_copied(type, 0))
		return false;
	if (type->kind == DBG_TYPE_STRUCT || type->kind == DBG_TYPE_VARIANTS || type->kind == DBG_TYPE_UNION)
		dbg_symbols_each(planner->eval->space->modules, find_drop, &search);
	return !search.found;
}

// ---- one argument ----------------------------------------------------------------------------------

err_t plan_register(struct planner *planner, u64 word, bool in_data)
{
	struct dbg_call *call = &planner->plan->call;
	if (planner->n_ints == MOST_ARGS)
		return err_new(ERR_UNSUPPORTED, "more arguments than %d registers hold", MOST_ARGS);
	call->in_data |= (u8)(in_data << planner->n_ints);
	call->args[planner->n_ints++] = word;
	return NULL;
}

static err_t mismatch(const struct argument *argument, const struct dbg_parameter *param, struct arena *arena, struct str given)
{
	return err_new(ERR_ARGUMENT, "`%.*s` is %.*s, and what is given at column %zu is %.*s", STRF(param->name),
	               STRF(param->type ? dbg_type_render(arena, param->type) : STR("of a type that is not told")), argument->column,
	               STRF(given));
}

// A literal takes the parameter's type.
static err_t literal_value(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param,
                           struct dbg_value *out)
{
	struct arena *arena = planner->eval->arena;
	const struct operand *operand = &argument->operand;
	bool is_float = operand->kind == OPERAND_FLOAT;
	TRY(settle(arena, planner->eval->space, *operand, out));
	if (is_float ? param->type->kind != DBG_TYPE_FLOAT : !is_integer(param->type))
		return mismatch(argument, param, arena, is_float ? STR("a float") : STR("an integer"));
	struct operand cast = {0};
	TRY(cast_scalar(arena, *out, param->type, &cast.value));
	u128 bits = 0;
	if (!is_float) {
		TRY(integer_bits(cast.value, &bits));
		bool negative = operand->number < 0;
		if (bits != (u128)operand->number || (negative && param->type->kind == DBG_TYPE_UINT))
			return err_new(ERR_ARGUMENT, "the number at column %zu does not fit `%.*s: %.*s`", argument->column,
			               STRF(param->name), STRF(dbg_type_told(param->type)));
	}
	*out = cast.value;
	return NULL;
}

static err_t put_text(struct planner *planner, struct str text)
{
	if (text.len > MOST_STRING)
		return err_new(ERR_UNSUPPORTED, "a text of %zu bytes is too long for a call", text.len);
	u64 at = plan_data(planner, text.ptr, text.len);
	TRY(plan_register(planner, at, true));
	return plan_register(planner, text.len, false);
}

static err_t value_of(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param,
                      struct dbg_value *out)
{
	struct arena *arena = planner->eval->arena;
	if (argument->operand.kind != OPERAND_VALUE)
		return literal_value(planner, argument, param, out);
	*out = argument->operand.value;
	if (!dbg_value_ok(*out))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(out->absent));
	if (same_type(out->type, param->type))
		return NULL;
	// &Box<T>, &&T and the like come down to &T by themselves, as Rust's deref coercion has it.
	struct dbg_value place = *out;
	for (int hops = 0; param->type->kind == DBG_TYPE_POINTER && hops < 8; hops++) {
		struct dbg_value inner = place.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(place) : dbg_shown_inner(place);
		if (!dbg_value_ok(inner) || inner.where != DBG_VALUE_MEMORY)
			break;
		place = inner;
		if (same_type(place.type, param->type->target))
			return place_address(arena, place, out);
	}
	return mismatch(argument, param, arena, dbg_type_render(arena, out->type));
}

// Optimised: does the function find the parameter where its type says? Other registers, or none: the compiler passes something
// else in its place.
static bool agrees(const struct pass *pass, const struct dbg_parameter *param, size_t first_int, size_t first_float)
{
	u64 expected = 0;
	size_t n = pass->kind == PASS_MEMORY ? 1 : pass->n;
	for (size_t i = 0; i < n; i++) {
		bool is_float = pass->kind == PASS_REGISTERS && pass->parts[i].is_float;
		expected |= is_float                ? (u64)1 << (DBG_REG_XMM0 + first_float++)
		            : first_int < MOST_ARGS ? (u64)1 << ORDER[first_int++]
		                                    : 0;
	}
	return param->registers && !(param->registers & ~expected);
}

static err_t put_value(struct planner *planner, const struct dbg_parameter *param, struct dbg_value value, bool optimised)
{
	struct dbg_call *call = &planner->plan->call;
	struct pass pass = abi_pass(param->type);
	size_t first_int = planner->n_ints, first_float = call->n_floats;
	u8 *bytes = NEW_N(planner->eval->arena, u8, value.type->size + 16);
	if (pass.kind == PASS_NOTHING)
		return NULL;
	if (pass.kind == PASS_UNKNOWN || value.type->size > 4096)
		return err_new(ERR_UNSUPPORTED, "how a %.*s is passed is not known: pass a reference", STRF(dbg_type_told(param->type)));
	if (!may_be_copied(planner, param->type))
		return err_new(ERR_UNSUPPORTED, "`%.*s` takes a %.*s by value and would end it: only what is Copy can be passed so",
		               STRF(param->name), STRF(dbg_type_render(planner->eval->arena, param->type)));
	TRY(dbg_value_read(value, bytes, value.type->size));
	if (pass.kind == PASS_MEMORY)
		TRY(plan_register(planner, plan_data(planner, bytes, value.type->size), true));
	for (size_t i = 0; pass.kind == PASS_REGISTERS && i < pass.n; i++) {
		u64 word = 0;
		memcpy(&word, bytes + pass.parts[i].offset, pass.parts[i].size);
		if (!pass.parts[i].is_float)
			TRY(plan_register(planner, word, false));
		else if (call->n_floats == ARRAY_LEN(call->floats))
			return err_new(ERR_UNSUPPORTED, "more floats than registers hold");
		else
			call->floats[call->n_floats++] = word;
	}
	if (optimised && !agrees(&pass, param, first_int, first_float))
		return err_new(ERR_UNSUPPORTED,
		               "the compiler has adapted the function to its callers: `%.*s` is not passed as its type says",
		               STRF(param->name));
	return NULL;
}

err_t plan_argument(struct planner *planner, const struct argument *argument, const struct dbg_parameter *param, bool optimised)
{
	struct dbg_value value;
	if (!param->type)
		return err_new(ERR_NO_DEBUG_INFO, "the type of `%.*s` is not in the debug info", STRF(param->name));
	if (argument->operand.kind == OPERAND_STRING) {
		if (is_str_reference(param->type))
			return put_text(planner, argument->operand.text);
		return mismatch(argument, param, planner->eval->arena, STR("a text"));
	}
	TRY(value_of(planner, argument, param, &value));
	return put_value(planner, param, value, optimised);
}
