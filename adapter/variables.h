// Values as Variable objects, and their children by page.
#pragma once
#include "adapter/stack.h"

// Fills a Variable (or the body of evaluate: `value_key` "result"): value, type, reference, counts.
// `path` is the expression that gives the value, "" if there is none.
void dap_variables_put_value(struct dap_session *session, struct cJSON *object, const char *value_key, struct dbg_value value,
                             struct str path);
// The same for an expression that may end with a format (`flags,x`), which its children have too: takes it off `text`.
void dap_variables_take_format(struct dap_session *session, struct str *text);

// Where a memory view of the value begins; false if it is nowhere in memory.
bool dap_variables_address(struct dbg_value value, u64 *out);

// Is there code behind the value: a coroutine's body, or what a function pointer calls?
bool dap_variables_is_code(struct dbg_value value);

struct dap_page {
	i64 start, count; // count 0: all
	enum dbg_child_filter filter;
};
// The expression for a child of what `parent` is an expression for; "" if there is none.
struct str dap_variables_path(struct arena *arena, struct str parent, struct str name);
// Adds the variables behind a reference.
err_t dap_variables_put(struct dap_session *session, struct cJSON *array, const struct dap_ref *ref,
                        struct dap_page page) MUST_USE;
// The child of this name, as dap_variables_put names it.
err_t dap_variables_find(struct dap_session *session, const struct dap_ref *ref, struct str name, struct dbg_value *out) MUST_USE;
