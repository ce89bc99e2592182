// Memory as the protocol speaks of it: references, bytes as base64, and word of what was changed.
#pragma once
#include "adapter/json.h"
#include "adapter/session.h"

// The address that the reference ("0x…" or decimal) and the offset of these names in `in` mean.
err_t dap_memory_address(struct json_in in, const char *reference_key, const char *offset_key, u64 *out) MUST_USE;
// "0x7fff…", in `arena`.
struct str dap_memory_reference(struct arena *arena, u64 addr);
// Tells a client that shows memory that these bytes are others now, and that values may be.
void dap_memory_changed(struct dap_session *session, u64 addr, u64 size);

struct str dap_base64(struct arena *arena, const u8 *bytes, size_t n);
// False if `text` is not base64.
bool dap_base64_read(struct arena *arena, struct str text, u8 **out, size_t *n);
