// JSON for the adapter: typed getters that know the path of what they read, and typed setters.
// The only way to cJSON; no other file calls it.
#pragma once
#include "base/err.h"

struct cJSON; // a value that is being written; owned by what it was added to

// ---- reading ---------------------------------------------------------------------------------------

// A place in a message: its value, if it is there, and its path ("arguments.breakpoints[2].line") for errors.
// Valid while the parsed message is.
struct json_in {
	const struct cJSON *value; // NULL: missing
	struct str path;
	struct arena *arena; // of paths
};

enum json_kind { JSON_MISSING, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

// ERR_SYNTAX with the offset if `text` is not one JSON value. Free with json_free.
err_t json_parse(struct str text, struct cJSON **out) MUST_USE;
void json_free(struct cJSON *value);
static inline void json_free_at(struct cJSON **value)
{
	json_free(*value);
}
#define json_cleanup __attribute__((cleanup(json_free_at)))

// The path's first part is `name`; paths are written to `arena`.
struct json_in json_root(const struct cJSON *value, const char *name, struct arena *arena);
enum json_kind json_kind(struct json_in in);
static inline bool json_present(struct json_in in)
{
	return json_kind(in) > JSON_NULL;
}

struct json_in json_member(struct json_in object, const char *key); // missing if there is none
// Walks an array or object: start with *child zeroed; false at the end. `key` may be NULL.
bool json_next(struct json_in parent, struct json_in *child, struct str *key);
size_t json_count(struct json_in in); // elements or members

// All fail with ERR_ARGUMENT "PATH: expected TYPE, not VALUE" or "PATH: missing". Text lives as long as the message.
err_t json_text(struct json_in in, struct str *out) MUST_USE;
err_t json_number(struct json_in in, i64 min, i64 max, i64 *out) MUST_USE; // an integer
err_t json_flag(struct json_in in, bool *out) MUST_USE;
err_t json_array(struct json_in in) MUST_USE;  // checks only
err_t json_object(struct json_in in) MUST_USE; // checks only
// As above, but `fallback` where the value is missing or null.
err_t json_text_or(struct json_in in, struct str fallback, struct str *out) MUST_USE;
err_t json_number_or(struct json_in in, i64 min, i64 max, i64 fallback, i64 *out) MUST_USE;
err_t json_flag_or(struct json_in in, bool fallback, bool *out) MUST_USE;
// For values that may have several shapes: "PATH: expected SHAPES, not VALUE".
err_t json_expected(struct json_in in, const char *shapes) MUST_USE;

// ---- writing ---------------------------------------------------------------------------------------

struct cJSON *json_new_object(void);
void json_set_text(struct cJSON *object, const char *key, struct str text); // what is not UTF-8 becomes U+FFFD
void json_set_number(struct cJSON *object, const char *key, i64 number);
void json_set_real(struct cJSON *object, const char *key, double number);
void json_remove(struct cJSON *object, const char *key); // also one that is not there
void json_set_null(struct cJSON *object, const char *key);
void json_set_flag(struct cJSON *object, const char *key, bool flag);
void json_set(struct cJSON *object, const char *key, struct cJSON *value); // takes it
struct cJSON *json_set_object(struct cJSON *object, const char *key);
struct cJSON *json_set_array(struct cJSON *object, const char *key);
void json_add(struct cJSON *array, struct cJSON *value); // takes it
struct cJSON *json_add_object(struct cJSON *array);
struct cJSON *json_add_array(struct cJSON *array);
void json_add_text(struct cJSON *array, struct str text);
void json_add_number(struct cJSON *array, i64 number);
struct cJSON *json_copy(struct json_in in); // NULL if missing

// One line of text in `arena`.
struct str json_print(const struct cJSON *value, struct arena *arena);
