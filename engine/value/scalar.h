// Scalars as Rust writes them. Pure: bytes in, text out. Private to engine/value.
#pragma once
#include "engine/value.h"

// Little-endian integers of 1 to 16 bytes.
void scalar_put_int(struct buf *buf, const u8 *bytes, size_t size, bool is_signed, enum dbg_radix radix);
// As `{:?}` does: "1.0", "1e21", "NaN". Sizes 4 and 8; others are told in hexadecimal.
void scalar_put_float(struct buf *buf, const u8 *bytes, size_t size);
// 'x' with Rust's escapes; what is no char is told.
void scalar_put_char(struct buf *buf, u32 code);
// "text" with Rust's escapes; bytes that are not UTF-8 as \xNN. At most `columns` between the quotes;
// answers whether all of it was written.
bool scalar_put_text(struct buf *buf, struct str text, size_t columns);
