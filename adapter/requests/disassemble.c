// disassemble: instructions around an address, with the lines that they come from.
#include "engine/disassemble.h"

#include "adapter/dispatch.h"
#include "adapter/memory.h"
#include "adapter/sourcemap.h"

enum { MAX_INSTRUCTIONS = 10000 };

static struct str hex(struct arena *arena, const struct dbg_instruction *row)
{
	char *out = NEW_N(arena, char, row->size * 3 + 1), *at = out;
	for (size_t i = 0; i < row->size; i++)
		at += sprintf(at, "%s%02x", i ? " " : "", row->bytes[i]);
	return str_n(out, (size_t)(at - out));
}

// Told where it changes; clients take the line of the row before where none is told.
static void put_line(struct dap_session *session, struct cJSON *object, u64 addr, struct dbg_place *last)
{
	struct dbg_line_row row;
	if (!dbg_line_at(session->modules, addr, &row) || !row.place.line || !row.place.file.len)
		return;
	if (!str_eq(row.place.file, last->file))
		json_set(object, "location",
		         dap_sourcemap_source(session, row.place.file, dbg_place_is_library(row.place),
		                              dbg_place_origin(&session->turn, row.place)));
	if (!str_eq(row.place.file, last->file) || row.place.line != last->line)
		json_set_number(object, "line", (i64)row.place.line - !session->client.lines_from_1);
	*last = row.place;
}

err_t req_disassemble(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	u64 addr;
	i64 skip, count;
	bool symbols;
	struct dbg_instruction *rows;
	struct dbg_place last = {.file = STR("")};
	TRY(dap_memory_address(args, "memoryReference", "offset", &addr));
	TRY(json_number_or(json_member(args, "instructionOffset"), -MAX_INSTRUCTIONS, MAX_INSTRUCTIONS, 0, &skip));
	TRY(json_number(json_member(args, "instructionCount"), 0, MAX_INSTRUCTIONS, &count));
	TRY(json_flag_or(json_member(args, "resolveSymbols"), true, &symbols));
	dbg_disassemble(dbg_target_space(session->target), &session->turn, addr, skip, (size_t)count, &rows);
	struct cJSON *array = json_set_array(body, "instructions");
	for (size_t i = 0; i < (size_t)count; i++) {
		struct cJSON *object = json_add_object(array);
		json_set_text(object, "address", dap_memory_reference(&session->turn, rows[i].addr));
		json_set_text(object, "instruction", rows[i].text);
		if (rows[i].readable)
			json_set_text(object, "instructionBytes", hex(&session->turn, &rows[i]));
		if (symbols && rows[i].where.len)
			json_set_text(object, "symbol", rows[i].where);
		if (!rows[i].valid)
			json_set_text(object, "presentationHint", STR("invalid"));
		put_line(session, object, rows[i].addr, &last);
	}
	return NULL;
}
