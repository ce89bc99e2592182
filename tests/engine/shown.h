// A Rust fixture that stops itself with one local of each kind, and whose source says beside each how it is to be
// shown: `let x = ...; // SHOWS: text`, with {hex} and {dec} for numbers. (tests/fixtures/values, crates.)
#pragma once
#include "debuggee.h"
#include "engine/frame.h"

struct stopped {
	struct debuggee d;
	const char *source;
	struct dbg_frame *frames;
	size_t n_frames;
	struct dbg_variable *variables;
	size_t n;
};

// Runs PROFILE/FIXTURE up to its trap and reads the variables of `function`. Skips the test where it is not built.
void stop_in(struct stopped *s, const char *fixture, const char *profile, const char *function);
struct str rendered(struct stopped *s, struct dbg_value value);
// Does `text` match `wanted`, in which {hex} and {dec} stand for numbers?
bool matches(const char *text, const char *wanted);
// Is it one of the names that tests/values-matrix leaves out, for they are of a form with this compiler that is shown by its
// members? Or an expression that begins with one.
bool is_left_out(struct str text);
// Calls `check` with each variable that has a text in the source, and counts them.
unsigned each_shown(struct stopped *s, void (*check)(const struct dbg_variable *, const char *text, const char *wanted));
// For each_shown: it is shown as it is to be.
void must_match(const struct dbg_variable *variable, const char *text, const char *wanted);
// The memory of each variable's type is noise instead, 20 times: shown, unfolded and searched without a crash.
void survive_noise(struct stopped *s);
