// readMemory, writeMemory: the program's bytes, without our traps in them.
#include "adapter/dispatch.h"
#include "adapter/memory.h"

enum { MAX_BYTES = 16 << 20 };

err_t req_read_memory(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	u64 addr;
	i64 count;
	TRY(dap_memory_address(args, "memoryReference", "offset", &addr));
	TRY(json_number(json_member(args, "count"), 0, INT32_MAX, &count));
	count = count < MAX_BYTES ? count : MAX_BYTES;
	u8 *bytes = NEW_N(&session->turn, u8, (size_t)count + 1);
	size_t got = dbg_mem_read_some(dbg_target_space(session->target)->mem, addr, bytes, (size_t)count);
	json_set_text(body, "address", dap_memory_reference(&session->turn, addr));
	if (got < (size_t)count) // the rest is not there, as far as is known: a page's end, or all
		json_set_number(body, "unreadableBytes", count - (i64)got);
	if (got)
		json_set_text(body, "data", dap_base64(&session->turn, bytes, got));
	return NULL;
}

// As many of the bytes as can be written, one page after the other.
static err_t write_some(struct dbg_mem *mem, u64 addr, const u8 *bytes, size_t n, size_t *written)
{
	for (*written = 0; *written < n;) {
		u64 at = addr + *written;
		size_t piece = size_min(n - *written, 4096 - (size_t)(at & 4095));
		TRY(dbg_mem_write(mem, at, bytes + *written, piece));
		*written += piece;
	}
	return NULL;
}

err_t req_write_memory(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	u64 addr;
	bool partial;
	struct str text;
	u8 *bytes, first;
	size_t n, written;
	TRY(dap_memory_address(args, "memoryReference", "offset", &addr));
	TRY(json_flag_or(json_member(args, "allowPartial"), false, &partial));
	TRY(json_text(json_member(args, "data"), &text));
	if (!dap_base64_read(&session->turn, text, &bytes, &n))
		return json_expected(json_member(args, "data"), "bytes as base64");
	struct dbg_mem *mem = dbg_target_space(session->target)->mem;
	for (u64 page = addr & ~(u64)4095; !partial && n && page < addr + n; page += 4096)
		TRY(dbg_mem_read(mem, page < addr ? addr : page, &first, 1)); // all or nothing
	err_t error = write_some(mem, addr, bytes, n, &written);
	if (written)
		dap_memory_changed(session, addr, written);
	if (error && (!partial || !written))
		return error;
	json_set_number(body, "offset", 0);
	json_set_number(body, "bytesWritten", (i64)written);
	return NULL;
}
