// Which tasks are alike, without a tree for each: what telling one task's futures read, and where, is remembered as a
// path of reads; another task of the same type whose reads give the same, word by word, would be told the same.
//
// A path's reads are relative to the task's cell or to a pointer that was read before, so that it fits any other task.
// Pointers to the heap may differ from task to task; all other bytes must be equal. What a text depends on beside the
// task's own memory (the time, who else stands in a line) is a question, asked anew of each task. What is neither spoils
// the path: it is not remembered.
#pragma once
#include "base/vec.h"
#include "tokio/snapshot.h"

struct tk_leaf;
struct memo;           // of one type of tasks, for one purpose
struct memo_recording; // of one task, while it is told

// Of the leaf's value alone, nothing that is above it in the tree: equal answers, equal texts but for digits.
typedef u64 memo_question(struct tk_leaf *leaf);

// ---- for what tells futures: nothing happens unless it is being recorded
// What comes of all that is read until memo_asked is the answer to this question.
void memo_ask(struct tk_snapshot *snapshot, memo_question *question, struct dbg_value value);
void memo_asked(struct tk_snapshot *snapshot);
// It depends on something that can't be asked of another task.
void memo_spoil(struct tk_snapshot *snapshot);

// ---- for what wants to know something of many tasks
enum memo_purpose { MEMO_TEXT, MEMO_AWAITS, MEMO_WAITS, MEMO_PURPOSES };
// Of the task's type, for this purpose; lives with the snapshot. NULL for a task that is told by more than memory: one that
// runs, or has no future.
struct memo *memo_of(struct tk_snapshot *snapshot, enum memo_purpose purpose, size_t task);
// The key that was recorded for a task like this one; false if there was none yet, or if it is time for a sample: then it
// is to be told once more, and recorded.
bool memo_find(struct memo *memo, u64 cell, u64 *key);
struct memo_recording *memo_record(struct memo *memo, u64 cell); // NULL: as good as full
void memo_done(struct memo_recording *recording, u64 key);       // NULL is fine
