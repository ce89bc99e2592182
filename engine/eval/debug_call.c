// `{:?}` of a value by its type's own Debug: `<T as core::fmt::Debug>::fmt(&T, &mut Formatter)`, with a Formatter that we make
// and that writes into a buffer of ours. So nothing is needed of the program but that function.
#include "engine/call.h"

#include "formatter.h"
#include "name.h"

enum { MOST_CANDIDATES = 3000, MOST_EXPRESSION = 10000 };

static u64 offset_in_code(const u8 *at)
{
	return (u64)(uintptr_t)at - (u64)(uintptr_t)stackful_writer_begin;
}

// ---- the function ----------------------------------------------------------------------------------

struct search {
	const struct dbg_space *space;
	struct arena *arena;
	const struct dbg_type *type;
	struct str part;     // that the mangled name has, or ""
	struct str names[2]; // of the function, for a type without parameters: what was compiled elsewhere tells no types
	size_t looked;
	u64 addr;
	bool by_words; // the value is a fat reference, and is itself what the function takes
};

static bool is_debug_fmt(struct search *search, const struct dbg_symbol *symbol, struct str *name)
{
	if (str_find(symbol->name, STR("Debug")) < 0 || str_find(symbol->name, STR("3fmt")) < 0)
		return false;
	*name = dbg_demangle(search->arena, symbol->name);
	return str_ends(*name, STR(">::fmt")) && str_find(*name, STR("core::fmt::Debug")) >= 0;
}

static bool is_reference_to(const struct dbg_type *reference, const struct dbg_type *type)
{
	return reference->kind == DBG_TYPE_POINTER && reference->target && dbg_type_same(reference->target, type);
}

// "&str", "&[T]": two words, of which a function that takes one by itself is given both.
static bool is_fat(const struct dbg_type *type)
{
	return dbg_type_member(type, "data_ptr") && str_starts(type->name, STR("&"));
}

static bool look(void *context, const struct dbg_symbol *symbol)
{
	struct search *search = context;
	struct dbg_signature signature;
	struct str name;
	if ((search->part.len && str_find(symbol->name, search->part) < 0) || !is_debug_fmt(search, symbol, &name))
		return true;
	if (++search->looked > MOST_CANDIDATES || dbg_is_cancelled(search->space))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(search->names); i++)
		if (search->names[i].len && str_ends(name, search->names[i])) {
			search->addr = symbol->addr;
			search->by_words = is_fat(search->type);
			return false;
		}
	if (!dbg_function_signature(search->space->modules, search->arena, symbol->addr, &signature) || signature.n_params != 2 ||
	    !signature.params[0].type)
		return true;
	const struct dbg_type *takes = signature.params[0].type;
	bool by_words = is_fat(search->type) && dbg_type_same(takes, search->type);
	if (!by_words && (search->addr || !is_reference_to(takes, search->type)))
		return true;
	search->addr = symbol->addr;
	search->by_words = by_words;
	return !by_words && is_fat(search->type); // the better one may come yet
}

// The last name of the type's path: a mangled name of its Debug has it ("Order" of values::Order<u8>).
static struct str last_name(struct arena *arena, const struct dbg_type *type)
{
	struct str path = dbg_type_base_path(type);
	ptrdiff_t colons = str_rfind(path, STR("::"));
	struct str name = colons < 0 ? path : str_from(path, (size_t)colons + 2);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return STR("");
	}
	return colons < 0 ? STR("") : str_dup(arena, name);
}

// ---- the plan --------------------------------------------------------------------------------------

struct plan_memory {
	u64 formatter, vtable, buffer, value, size;
};

enum { SLOTS = 6 }; // drop, size, align, write_str, write_char, write_fmt

static void plan_memory(struct plan_memory *out, size_t formatter, size_t value)
{
	out->formatter = 0;
	out->vtable = (formatter + 15) & ~(u64)15;
	out->value = out->vtable + SLOTS * sizeof(u64);
	out->buffer = (out->value + value + 63) & ~(u64)63;
	out->size = out->buffer + sizeof(struct written);
}

// References are followed, as Debug of a reference does; a trait object is its concrete value.
static struct dbg_value followed(struct dbg_value value)
{
	for (int hops = 0; hops < 16 && dbg_value_ok(value); hops++) {
		if (value.type->kind == DBG_TYPE_POINTER && str_starts(value.type->name, STR("&"))) {
			value = dbg_value_deref(value);
			continue;
		}
		struct dbg_value inner = dbg_type_member(value.type, "vtable") ? dbg_value_dyn(value) : (struct dbg_value){0};
		if (!dbg_value_ok(inner))
			break;
		value = inner;
	}
	return value;
}

static err_t find_fmt(const struct dbg_space *space, struct arena *arena, const struct dbg_type *type, struct search *search)
{
	*search = (struct search){.space = space, .arena = arena, .type = type, .part = last_name(arena, type)};
	struct str path = is_fat(type) ? str_from(type->name, 1) : type->path;
	if (str_find(path, STR("<")) < 0 && str_find(path, STR("[")) < 0 && str_find(path, STR("(")) < 0) {
		search->names[0] = str_printf(arena, "<%.*s as core::fmt::Debug>::fmt", STRF(path));
		search->names[1] = str_printf(arena, "<impl core::fmt::Debug for %.*s>::fmt", STRF(path));
	}
	dbg_symbols_each(space->modules, look, search);
	if (search->addr)
		return NULL;
	return err_new(ERR_NOT_FOUND,
	               "the program has no `Debug` of %.*s: derive it, and use it somewhere (`{:?}`), so that the compiler keeps it",
	               STRF(dbg_type_render(arena, type)));
}

err_t dbg_call_plan_debug(const struct dbg_eval_context *context, struct arena *arena, struct str text, bool pretty,
                          struct dbg_call_plan *out)
{
	struct eval eval = {.context = context, .space = context->space, .arena = arena};
	const struct node *tree;
	struct operand operand;
	struct dbg_value value;
	struct formatter formatter;
	struct plan_memory memory;
	struct search search;
	if (text.len > MOST_EXPRESSION)
		return err_new(ERR_SYNTAX, "the expression is longer than %d bytes", MOST_EXPRESSION);
	TRY(parse_expression(arena, str_dup(arena, text), &tree));
	TRY(eval_operand(&eval, tree, &operand));
	TRY(settle(arena, eval.space, operand, &value));
	value = followed(value);
	if (!dbg_value_ok(value))
		return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
	if (value.known)
		return err_new(ERR_NOT_FOUND, "a part of it was optimised out: only a whole value can be formatted");
	TRY(find_fmt(eval.space, arena, value.type, &search));
	TRY(formatter_make(arena, eval.space, pretty, &formatter));
	bool is_placed = value.where == DBG_VALUE_MEMORY;
	if (!is_placed && value.type->size > MOST_WRITTEN)
		return err_new(ERR_UNSUPPORTED, "a value of %llu bytes that is not in memory can't be formatted",
		               (unsigned long long)value.type->size);
	plan_memory(&memory, formatter.size, is_placed ? 0 : (size_t)value.type->size);

	size_t filled = memory.buffer + offsetof(struct written, bytes);
	u8 *data = NEW_N(arena, u8, filled);
	memcpy(data, formatter.bytes, formatter.size);
	const u64 vtable[SLOTS] = {offset_in_code(stackful_writer_drop),
	                           sizeof(struct written),
	                           _Alignof(struct written),
	                           offset_in_code(stackful_writer_str),
	                           offset_in_code(stackful_writer_char),
	                           offset_in_code(stackful_writer_fmt)};
	memcpy(data + memory.vtable, vtable, sizeof(vtable));
	memcpy(data + formatter.buf_at, &memory.buffer, sizeof(memory.buffer));
	memcpy(data + formatter.buf_at + 8, &memory.vtable, sizeof(memory.vtable));
	const u64 capacity = MOST_WRITTEN;
	memcpy(data + memory.buffer + offsetof(struct written, cap), &capacity, sizeof(capacity));
	if (!is_placed)
		TRY(dbg_value_read(value, data + memory.value, value.type->size));

	*out = (struct dbg_call_plan){.gives = DBG_CALL_TEXT, .at = memory.buffer};
	out->function = str_printf(arena, "<%.*s as core::fmt::Debug>::fmt", STRF(value.type->path));
	struct dbg_call *call = &out->call;
	call->function = search.addr;
	if (search.by_words) {
		u64 words[2];
		TRY(dbg_value_read(value, words, sizeof(words)));
		call->args[0] = words[0];
		call->args[1] = words[1];
		call->args[2] = memory.formatter;
		call->in_data = 1 << 2;
	} else {
		call->args[0] = is_placed ? value.addr : memory.value;
		call->args[1] = memory.formatter;
		call->in_data = (u8)(1 << 1 | !is_placed);
	}
	call->data = data;
	call->data_len = filled;
	call->data_size = memory.size;
	call->code = stackful_writer_begin;
	call->code_len = (size_t)offset_in_code(stackful_writer_end);
	u32 *offsets = NEW_N(arena, u32, 6);
	offsets[0] = (u32)formatter.buf_at;
	offsets[1] = (u32)formatter.buf_at + 8;
	call->data_offsets = offsets;
	call->n_data_offsets = 2;
	static const u8 code_slots[] = {0, 3, 4, 5};
	for (size_t i = 0; i < ARRAY_LEN(code_slots); i++)
		offsets[2 + i] = (u32)(memory.vtable + code_slots[i] * sizeof(u64));
	call->code_offsets = offsets + 2;
	call->n_code_offsets = ARRAY_LEN(code_slots);
	return NULL;
}

err_t dbg_call_text(const struct dbg_call_plan *plan, struct arena *arena, const struct dbg_call_result *result, struct str *out)
{
	if (result->problem.len)
		return err_new(ERR_STATE, "%.*s", STRF(result->problem));
	const struct written *buffer = (const void *)(result->data + plan->at);
	u64 len;
	memcpy(&len, &buffer->len, sizeof(len));
	if (len > MOST_WRITTEN)
		return err_new(ERR_FAULT, "what was written makes no sense");
	struct buf text = buf_on(arena);
	bool is_cut = len == MOST_WRITTEN, failed = (u8)result->rax != 0;
	buf_put_utf8_lossy(&text, str_n((const char *)buffer->bytes, (size_t)len));
	if (is_cut)
		buf_puts(&text, "…");
	else if (failed)
		buf_puts(&text, " (its Debug then gave an error)");
	*out = buf_str(&text);
	return NULL;
}
