// Waits and cycles of them, in JSON.
#include "adapter/waits_json.h"

void waits_json_put(struct cJSON *object, const struct tk_wait *wait, struct arena *arena)
{
	json_set_text(object, "waits", wait->waits);
	json_set_text(object, "resource", str_printf(arena, "0x%llx", (unsigned long long)wait->resource));
	json_set_flag(object, "must", wait->must);
	json_set_flag(object, "kept", wait->kept);
}

void waits_json_put_cycles(struct cJSON *object, const char *key, const struct tk_waits *waits, const struct tk_deadlock *cycles,
                           size_t n, const size_t *number)
{
	struct cJSON *list = json_set_array(object, key);
	for (size_t i = 0; i < n; i++) {
		struct cJSON *cycle = json_add_array(list);
		for (size_t k = 0; k < cycles[i].n; k++) {
			size_t wait = (size_t)(cycles[i].waits[k] - waits->items);
			json_add_number(cycle, (i64)(number ? number[wait] : wait));
		}
	}
}
