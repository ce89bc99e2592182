// Values whose memory was given back: locals that were moved or dropped, whose bytes are still there. Private.
#pragma once
#include "engine/value.h"

// Does it own a block of the heap, which has been freed? Then what it would be shown as is rubbish.
bool owner_is_gone(struct dbg_value value);
struct dbg_value owner_gone(void); // absent, for that reason
