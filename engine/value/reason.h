// The texts of absent values that are made without an arena at hand. Private to engine/value.
#pragma once
#include "engine/value.h"

// An absent value; the text is interned and lives as long as the thread. The number of different texts is
// bounded: past it the answer is `fallback`, which must be a literal.
struct dbg_value value_absent(const char *fallback, const char *fmt, ...) PRINTF_LIKE(2, 3);
// Absent with the text of an error.
struct dbg_value value_absent_err(err_t error);
