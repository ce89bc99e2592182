// SipHash-1-3, std's hash function (Aumasson and Bernstein, "SipHash"; core/src/hash/sip.rs). Pure. Private.
#pragma once
#include "base/types.h"

u64 siphash13(u64 k0, u64 k1, const u8 *bytes, size_t len);
