// The numbers are the paper's: one round for each word, three at the end.
#include "siphash.h"

#include <string.h>

struct sip {
	u64 v0, v1, v2, v3;
};

static u64 rotate(u64 x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void mix(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static void add_word(struct sip *s, u64 word)
{
	s->v3 ^= word;
	mix(s);
	s->v0 ^= word;
}

u64 siphash13(u64 k0, u64 k1, const u8 *bytes, size_t len)
{
	struct sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
	size_t at = 0;
	u64 word;
	for (; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		add_word(&s, word);
	}
	word = 0;
	if (len > at)
		memcpy(&word, bytes + at, len - at);
	add_word(&s, word | (u64)len << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
