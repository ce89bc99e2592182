// Where the optimiser put the body of a coroutine: copies that were inlined into other functions, and those out of line
// that only name what they are a copy of. And where such a copy polls the future that it awaits.
//
// The walk of a unit's functions costs as much as the unit's index: it is done once, and only where no body of the
// coroutine's own tells what is asked.
#include <capstone/capstone.h>
#include <dwarf.h>

#include "engine/symbols/private.h"

enum { MAX_RANGES = 200, MAX_COPIES = 64, MAX_CODE = 1 << 20 };

// ---- the copies of all bodies of a unit --------------------------------------------------------------

static void add_copy(struct dbg_module *module, Dwarf_Die *die)
{
	Dwarf_Die origin;
	if (!die_ref(die, DW_AT_abstract_origin, &origin) || !is_coroutine_name(str_of(dwarf_diename(&origin))))
		return;
	u64 offset = module_offset(module, &origin);
	struct unit *unit = module_unit_of_die(module, offset);
	u32 node = unit ? unit_node_of_die(unit, offset) : NODE_ROOT;
	if (node == NODE_ROOT)
		return;
	u64 hash = unit->nodes[node].hash, *before = map_get(&module->body_copies, hash);
	struct body_copy *copy = NEW(&module->arena, struct body_copy);
	*copy = (struct body_copy){.die = module_offset(module, die), .next = before ? (struct body_copy *)(uintptr_t)*before : NULL};
	map_put(&module->body_copies, &module->arena, hash, (uintptr_t)copy);
}

static enum inlined_way note_inlined(void *context, Dwarf_Die *die, bool is_block)
{
	if (!is_block)
		add_copy(context, die);
	return INLINED_INTO;
}

static void read_copies(struct unit *unit)
{
	if (unit->copies_read)
		return;
	unit->copies_read = true;
	unit_index(unit);
	struct dbg_module *module = unit->module;
	for (u32 i = 0; i < unit->n_nodes; i++) {
		Dwarf_Die die;
		if (!unit->nodes[i].has_code || !unit_die(unit, i, &die))
			continue;
		add_copy(module, &die);
		inlined_walk(&die, note_inlined, module);
	}
	unit_walked(unit);
}

static const struct body_copy *copies_of(struct unit *unit, const struct dbg_type *env)
{
	struct dbg_module *module = unit->module;
	ptrdiff_t at = str_find(env->name, STR("_env#"));
	if (at < 0)
		return NULL;
	struct arena scratch = {0};
	size_t prefix = env->path.len - env->name.len + (size_t)at;
	u64 hash = str_hash(str_printf(&scratch, "%.*s%.*s", (int)prefix, env->path.ptr, STRF(str_from(env->path, prefix + 4))));
	arena_deinit(&scratch);
	for (size_t i = 0; i < module->n_units; i++)
		if (unit_may_be_of_crate(&module->units[i], &unit->crate))
			read_copies(&module->units[i]);
	u64 *found = map_get(&module->body_copies, hash);
	return found ? (const struct body_copy *)(uintptr_t)*found : NULL;
}

// ---- where one polls what it awaits ------------------------------------------------------------------

struct polls {
	struct dbg_module *module;
	const struct dbg_type *awaitee;
	struct dbg_place place; // where it is polled
	bool differ;            // at several lines
};

static void found_at(struct polls *polls, struct dbg_place place)
{
	if (!place.line || dbg_place_is_library(place))
		return;
	polls->differ |= polls->place.line && (polls->place.line != place.line || !str_eq(polls->place.file, place.file));
	polls->place = place;
}

static bool is_poll_of_awaitee(struct polls *polls, Dwarf_Die *function)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_attr_integrate(function, DW_AT_name, &attribute) ? dwarf_formstring(&attribute) : NULL;
	if (!str_eqc(name_without_generics(str_of(name)), "poll"))
		return false;
	Dwarf_Die origin;
	const struct dbg_type *polled = first_parameter_target(polls->module, function);
	if (!polled && die_ref(function, DW_AT_abstract_origin, &origin))
		polled = first_parameter_target(polls->module, &origin);
	return dbg_type_same(polled, polls->awaitee);
}

static enum inlined_way look_at_inlined(void *context, Dwarf_Die *die, bool is_block)
{
	struct polls *polls = context;
	if (is_block || !is_poll_of_awaitee(polls, die))
		return INLINED_INTO;
	found_at(polls, die_call(polls->module, die));
	return INLINED_PAST;
}

static void look_at_call(struct polls *polls, u64 call, u64 target)
{
	struct dbg_module *module = polls->module;
	struct unit *unit = module_unit_at(module, target - module->bias);
	const struct function_range *function = unit ? unit_function_at(unit, target - module->bias) : NULL;
	Dwarf_Die die;
	struct dbg_line_row row;
	if (function && function->low + module->bias == target && unit_die(unit, function->node, &die) &&
	    is_poll_of_awaitee(polls, &die) && dbg_line_at(module->owner, call, &row))
		found_at(polls, row.place);
}

static void look_at_calls(struct polls *polls, csh handle, u64 low, u64 high)
{
	struct arena scratch = {0};
	u64 at = low + polls->module->bias;
	size_t size = (size_t)u64_min(high - low, MAX_CODE);
	u8 *bytes = NEW_N(&scratch, u8, size + 1);
	const u8 *code = bytes;
	size = dbg_module_file_bytes(polls->module, at, bytes, size);
	cs_insn *insn = cs_malloc(handle);
	while (size && cs_disasm_iter(handle, &code, &size, &at, insn)) // a range begins and ends between instructions
		if (insn->id == X86_INS_CALL && insn->detail->x86.operands[0].type == X86_OP_IMM)
			look_at_call(polls, insn->address, (u64)insn->detail->x86.operands[0].imm);
	cs_free(insn, 1);
	arena_deinit(&scratch);
}

static void look_at_copy(struct polls *polls, csh handle, u64 offset)
{
	Dwarf_Die die;
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;
	if (!module_die(polls->module, offset, &die))
		return;
	inlined_walk(&die, look_at_inlined, polls);
	for (int guard = 0; guard < MAX_RANGES && (at = dwarf_ranges(&die, at, &base, &low, &high)) > 0; guard++)
		if (low && high > low)
			look_at_calls(polls, handle, low, high);
}

struct dbg_place body_copies_await_place(struct unit *unit, const struct dbg_type *env, const struct dbg_type *awaitee)
{
	struct polls polls = {.module = unit->module, .awaitee = awaitee};
	csh handle;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return (struct dbg_place){0};
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	const struct body_copy *copy = copies_of(unit, env);
	for (int i = 0; copy && i < MAX_COPIES && !polls.differ; i++, copy = copy->next)
		look_at_copy(&polls, handle, copy->die);
	cs_close(&handle);
	return polls.differ ? (struct dbg_place){0} : polls.place;
}
