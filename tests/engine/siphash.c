// engine/value/siphash.c: std's values (DefaultHasher of Rust 1.95, keys 0 and 0, for the bytes 0, 1, 2, ...).
#include <criterion/criterion.h>

#include "engine/value/siphash.h"

Test(siphash, as_std_computes_it)
{
	static const u64 wanted[] = {
	    0xd1fba762150c532c, 0x68a914128e01e473, 0x010bac45c41e3669, 0x4d4c9a4a8ef6e0ad, 0x7cc43f98813e4dbd, 0x5abe2169dff36275,
	    0xe3c25f87624f1cdb, 0x2f098ab0c751325a, 0xead411e67ebe2eea, 0x75927f9d95124362, 0xaf9f77a65ab51a1d, 0xfe64ce8b6617fcff,
	    0xa6baf4fb0f9fe1c2, 0xa0cf3211850f8e0d, 0x7f86049379fbfe67, 0xf30eb725bb91c9ea, 0x8972188433a5c5b7, 0x4883c49a2c009c1d,
	};
	u8 bytes[64];
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u8)i;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		cr_expect_eq(siphash13(0, 0, bytes, i), wanted[i], "%zu bytes: %016llx", i,
		             (unsigned long long)siphash13(0, 0, bytes, i));
}
