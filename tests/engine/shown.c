// See shown.h.
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shown.h"

void stop_in(struct stopped *s, const char *fixture, const char *profile, const char *function)
{
	char program[4096], source[4096];
	const char *folder = getenv("STACKFUL_TEST_FIXTURES"); // tests/values-matrix: of another compiler
	snprintf(program, sizeof(program), "%s/%s/%s", folder ? folder : STACKFUL_FIXTURES, profile, fixture);
	if (access(program, X_OK))
		cr_skip_test("the fixture is not built: %s", program);
	debuggee_launch(&s->d, program, NULL);
	snprintf(source, sizeof(source), "%s/tests/fixtures/%s/src/main.rs", STACKFUL_SOURCE, fixture);
	s->source = str_dup(&s->d.arena, str_of(source)).ptr;
	debuggee_continue(&s->d);
	struct dbg_event event = debuggee_wait_stop(&s->d);
	cr_assert_eq(event.kind, DBG_EVENT_STOPPED);
	bool whole;
	struct str note;
	s->n_frames = dbg_unwind(s->d.target, &s->d.arena, event.tid, 0, &s->frames, &whole, &note);
	for (size_t i = 0; i < s->n_frames; i++)
		if (str_eqc(s->frames[i].scope.name, function)) {
			s->n = dbg_frame_variables(dbg_target_space(s->d.target), &s->d.arena, &s->frames[i], &s->variables);
			return;
		}
	cr_assert_fail("no frame of %s among %zu", function, s->n_frames);
}

struct str rendered(struct stopped *s, struct dbg_value value)
{
	return dbg_value_render(&s->d.arena, value, (struct dbg_render){0});
}

bool matches(const char *text, const char *wanted)
{
	while (*wanted) {
		bool hex = strncmp(wanted, "{hex}", 5) == 0, dec = strncmp(wanted, "{dec}", 5) == 0;
		if (!hex && !dec) {
			if (*text++ != *wanted++)
				return false;
			continue;
		}
		if (hex && (text[0] != '0' || text[1] != 'x'))
			return false;
		text += hex ? 2 : 0;
		const char *start = text;
		while (hex ? isxdigit((unsigned char)*text) : isdigit((unsigned char)*text))
			text++;
		if (text == start)
			return false;
		wanted += 5;
	}
	return *text == 0;
}

bool is_left_out(struct str text)
{
	const char *names = getenv("STACKFUL_TEST_LEAVE_OUT");
	for (size_t len; names && *names; names += len + (names[len] == ' ')) {
		len = strcspn(names, " ");
		bool begins = str_starts(text, str_n(names, len));
		if (len && begins && (text.len == len || (!isalnum((unsigned char)text.ptr[len]) && text.ptr[len] != '_')))
			return true;
	}
	return false;
}

unsigned each_shown(struct stopped *s, void (*check)(const struct dbg_variable *, const char *text, const char *wanted))
{
	char line[1024];
	unsigned number = 0, checked = 0;
	FILE *source = fopen(s->source, "r");
	cr_assert(source);
	while (fgets(line, sizeof(line), source)) {
		number++;
		char *wanted = strstr(line, "// SHOWS: ");
		if (!wanted || !strstr(line, "let "))
			continue;
		wanted += 10;
		wanted[strcspn(wanted, "\n")] = 0;
		for (size_t i = 0; i < s->n; i++)
			if (s->variables[i].decl_line == number && !is_left_out(s->variables[i].name)) {
				check(&s->variables[i], rendered(s, s->variables[i].value).ptr, wanted);
				checked++;
			}
	}
	fclose(source);
	return checked;
}

void must_match(const struct dbg_variable *variable, const char *text, const char *wanted)
{
	cr_expect(matches(text, wanted), "%.*s shows %s\n   wanted %s", STRF(variable->name), text, wanted);
}

// ---- garbage ---------------------------------------------------------------------------------------

// A memory of random words, some of which point into it; reading elsewhere fails.
enum { NOISE = 1 << 16 };
static const u64 noise_base = 0x10000000;
static u8 noise[NOISE];

static size_t read_noise(void *context, u64 addr, void *buf, size_t len)
{
	(void)context;
	if (addr < noise_base || addr >= noise_base + NOISE)
		return 0;
	len = size_min(len, noise_base + NOISE - addr);
	memcpy(buf, noise + (addr - noise_base), len);
	return len;
}

static void make_noise(unsigned seed)
{
	srand(seed);
	for (size_t i = 0; i < NOISE; i += 8) {
		u64 word = (u64)rand() << 33 ^ (u64)rand();
		switch (rand() % 4) {
		case 0: word = noise_base + (word % NOISE & ~(u64)7); break; // a pointer
		case 1: word %= 20; break;                                   // a small number
		case 2: word %= NOISE; break;
		default: break;
		}
		memcpy(noise + i, &word, sizeof(word));
	}
}

void survive_noise(struct stopped *s)
{
	struct dbg_space space = *dbg_target_space(s->d.target);
	space.mem = dbg_mem_new((struct dbg_mem_source){.read = read_noise});
	struct arena arena = {0};
	for (unsigned seed = 1; seed <= 20; seed++) {
		make_noise(seed);
		dbg_mem_invalidate(space.mem);
		for (size_t i = 0; i < s->n; i++) {
			if (!s->variables[i].value.type)
				continue;
			struct dbg_value value =
			    dbg_value_at(&space, s->variables[i].value.type, noise_base + (u64)(rand() % (NOISE / 2) & ~7));
			struct str text = dbg_value_render(&arena, value, (struct dbg_render){0});
			cr_assert_leq(str_columns(text), 200);
			struct dbg_child *found, *inner;
			size_t n = dbg_value_children(&arena, value, DBG_CHILDREN_ALL, 0, 50, &found);
			for (size_t k = 0; k < n; k++) {
				dbg_value_render(&arena, found[k].value, (struct dbg_render){0});
				dbg_value_children(&arena, found[k].value, DBG_CHILDREN_ALL, 0, 20, &inner);
			}
			(void)dbg_value_pointee(value);
			(void)dbg_value_find(value, "no::Such");
			arena_clear(&arena);
			err_reset();
		}
	}
	arena_deinit(&arena);
	dbg_mem_free(space.mem);
}
