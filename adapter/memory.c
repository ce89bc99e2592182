// References to memory, and base64 (RFC 4648, section 4).
#include "adapter/memory.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str dap_base64(struct arena *arena, const u8 *bytes, size_t n)
{
	char *out = NEW_N(arena, char, n / 3 * 4 + 5);
	size_t len = 0;
	for (size_t i = 0; i < n; i += 3) {
		size_t have = size_min(n - i, 3);
		u32 three = (u32)bytes[i] << 16 | (have > 1 ? (u32)bytes[i + 1] << 8 : 0) | (have > 2 ? bytes[i + 2] : 0);
		for (size_t k = 0; k < 4; k++)
			out[len++] = k <= have ? alphabet[three >> (18 - 6 * k) & 63] : '=';
	}
	return str_n(out, len);
}

bool dap_base64_read(struct arena *arena, struct str text, u8 **out, size_t *n)
{
	while (text.len && text.ptr[text.len - 1] == '=')
		text.len--;
	*out = NEW_N(arena, u8, text.len + 1);
	*n = 0;
	u32 bits = 0;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.ptr[i] ? strchr(alphabet, text.ptr[i]) : NULL;
		if (!at)
			return false;
		bits = bits << 6 | (u32)(at - alphabet);
		if (i % 4)
			(*out)[(*n)++] = (u8)(bits >> (6 - 2 * (i % 4)));
	}
	return text.len % 4 != 1;
}

struct str dap_memory_reference(struct arena *arena, u64 addr)
{
	return str_printf(arena, "0x%llx", (unsigned long long)addr);
}

err_t dap_memory_address(struct json_in in, const char *reference_key, const char *offset_key, u64 *out)
{
	struct str text;
	i64 offset;
	struct json_in reference = json_member(in, reference_key);
	TRY(json_text(reference, &text));
	TRY(json_number_or(json_member(in, offset_key), INT64_MIN / 2048, INT64_MAX / 2048, 0, &offset)); // a double's integers
	if (!str_to_u64(text, out))
		return json_expected(reference, "an address such as 0x7ffff7dd1000");
	*out += (u64)offset;
	return NULL;
}

void dap_memory_changed(struct dap_session *session, u64 addr, u64 size)
{
	if (session->client.memory_events) {
		struct cJSON *body = json_new_object();
		json_set_text(body, "memoryReference", dap_memory_reference(&session->turn, addr));
		json_set_number(body, "offset", 0);
		json_set_number(body, "count", (i64)size);
		dap_session_event(session, "memory", body);
	}
	if (!session->client.invalidated)
		return;
	struct cJSON *body = json_new_object();
	json_add_text(json_set_array(body, "areas"), STR("variables"));
	dap_session_event(session, "invalidated", body);
}
