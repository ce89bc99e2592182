// JSON over cJSON. Numbers are doubles there: addresses travel as text.
#include "json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

// ---- reading

err_t json_parse(struct str text, struct cJSON **out)
{
	const char *end = NULL;
	*out = cJSON_ParseWithLengthOpts(text.ptr, text.len, &end, 0);
	if (!*out)
		return err_new(ERR_SYNTAX, "not JSON: error at byte %zu of %zu", end ? (size_t)(end - text.ptr) : 0, text.len);
	struct str rest = str_trim(str_from(text, (size_t)(end - text.ptr)));
	if (rest.len) {
		json_free(*out);
		*out = NULL;
		return err_new(ERR_SYNTAX, "not JSON: something follows the value at byte %zu of %zu", text.len - rest.len, text.len);
	}
	return NULL;
}

void json_free(struct cJSON *value)
{
	cJSON_Delete(value);
}

struct json_in json_root(const struct cJSON *value, const char *name, struct arena *arena)
{
	return (struct json_in){value, str_of(name), arena};
}

enum json_kind json_kind(struct json_in in)
{
	const struct cJSON *value = in.value;
	if (!value)
		return JSON_MISSING;
	return cJSON_IsNull(value)     ? JSON_NULL
	       : cJSON_IsBool(value)   ? JSON_BOOL
	       : cJSON_IsNumber(value) ? JSON_NUMBER
	       : cJSON_IsString(value) ? JSON_STRING
	       : cJSON_IsArray(value)  ? JSON_ARRAY
	                               : JSON_OBJECT;
}

struct json_in json_member(struct json_in object, const char *key)
{
	return (struct json_in){cJSON_GetObjectItemCaseSensitive(object.value, key),
	                        str_printf(object.arena, "%.*s.%s", STRF(object.path), key), object.arena};
}

bool json_next(struct json_in parent, struct json_in *child, struct str *key)
{
	if (json_kind(parent) < JSON_ARRAY)
		return false;
	const struct cJSON *next = child->value ? child->value->next : parent.value->child;
	if (!next)
		return false;
	if (key)
		*key = str_of(next->string);
	size_t index = 0;
	if (!next->string && child->path.len) { // "parent[12]" -> 13
		ptrdiff_t bracket = str_rfind(child->path, STR("["));
		index = strtoul(child->path.ptr + bracket + 1, NULL, 10) + 1;
	}
	struct str path = next->string ? str_printf(parent.arena, "%.*s.%s", STRF(parent.path), next->string)
	                               : str_printf(parent.arena, "%.*s[%zu]", STRF(parent.path), index);
	*child = (struct json_in){next, path, parent.arena};
	return true;
}

size_t json_count(struct json_in in)
{
	return json_kind(in) < JSON_ARRAY ? 0 : (size_t)cJSON_GetArraySize(in.value);
}

// What a person wrote instead of what was expected: short, as JSON.
static struct str shown(struct json_in in)
{
	if (json_kind(in) >= JSON_ARRAY)
		return json_kind(in) == JSON_ARRAY ? STR("an array") : STR("an object");
	struct str text = json_print(in.value, in.arena);
	return str_columns(text) > 40 ? str_printf(in.arena, "%.*s…", STRF(str_columns_prefix(text, 40))) : text;
}

err_t json_expected(struct json_in in, const char *shapes)
{
	if (json_kind(in) == JSON_MISSING)
		return err_new(ERR_ARGUMENT, "%.*s: missing (expected %s)", STRF(in.path), shapes);
	struct str value = shown(in);
	return err_new(ERR_ARGUMENT, "%.*s: expected %s, not %.*s", STRF(in.path), shapes, STRF(value));
}

err_t json_text(struct json_in in, struct str *out)
{
	if (json_kind(in) != JSON_STRING)
		return json_expected(in, "string");
	*out = str_of(in.value->valuestring);
	return NULL;
}

err_t json_number(struct json_in in, i64 min, i64 max, i64 *out)
{
	if (json_kind(in) != JSON_NUMBER)
		return json_expected(in, "integer");
	double number = in.value->valuedouble;
	if (number != floor(number) || fabs(number) > 9007199254740992.0) // 2^53: exact up to here
		return json_expected(in, "integer");
	*out = (i64)number;
	if (*out < min || *out > max)
		return err_new(ERR_ARGUMENT, "%.*s: expected an integer from %lld to %lld, not %lld", STRF(in.path), (long long)min,
		               (long long)max, (long long)*out);
	return NULL;
}

err_t json_flag(struct json_in in, bool *out)
{
	if (json_kind(in) != JSON_BOOL)
		return json_expected(in, "true or false");
	*out = cJSON_IsTrue(in.value);
	return NULL;
}

err_t json_array(struct json_in in)
{
	return json_kind(in) == JSON_ARRAY ? NULL : json_expected(in, "array");
}

err_t json_object(struct json_in in)
{
	return json_kind(in) == JSON_OBJECT ? NULL : json_expected(in, "object");
}

err_t json_text_or(struct json_in in, struct str fallback, struct str *out)
{
	*out = fallback;
	return json_present(in) ? json_text(in, out) : NULL;
}

err_t json_number_or(struct json_in in, i64 min, i64 max, i64 fallback, i64 *out)
{
	*out = fallback;
	return json_present(in) ? json_number(in, min, max, out) : NULL;
}

err_t json_flag_or(struct json_in in, bool fallback, bool *out)
{
	*out = fallback;
	return json_present(in) ? json_flag(in, out) : NULL;
}

// ---- writing. cJSON answers NULL only without memory: the same end as in arena.c.

static struct cJSON *got(struct cJSON *value)
{
	if (value)
		return value;
	fprintf(stderr, "stackful: out of memory while writing JSON\n");
	abort();
}

struct cJSON *json_new_object(void)
{
	return got(cJSON_CreateObject());
}

static struct cJSON *new_text(struct str text)
{
	struct arena scratch = {0};
	struct buf buf = buf_on(&scratch);
	for (const char *nul; text.len && (nul = memchr(text.ptr, '\0', text.len));) { // cJSON's strings end at a NUL
		buf_put_utf8_lossy(&buf, str_n(text.ptr, (size_t)(nul - text.ptr)));
		buf_puts(&buf, "\xef\xbf\xbd");
		text = str_from(text, (size_t)(nul - text.ptr) + 1);
	}
	buf_put_utf8_lossy(&buf, text);
	struct cJSON *value = got(cJSON_CreateString(buf_str(&buf).ptr));
	arena_deinit(&scratch);
	return value;
}

void json_set(struct cJSON *object, const char *key, struct cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	cJSON_AddItemToObject(object, key, got(value));
}

void json_set_text(struct cJSON *object, const char *key, struct str text)
{
	cJSON_AddItemToObject(object, key, new_text(text));
}

void json_set_number(struct cJSON *object, const char *key, i64 number)
{
	cJSON_AddItemToObject(object, key, got(cJSON_CreateNumber((double)number)));
}

void json_set_real(struct cJSON *object, const char *key, double number)
{
	cJSON_AddItemToObject(object, key, got(cJSON_CreateNumber(number)));
}

void json_remove(struct cJSON *object, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

void json_set_null(struct cJSON *object, const char *key)
{
	cJSON_AddItemToObject(object, key, got(cJSON_CreateNull()));
}

void json_set_flag(struct cJSON *object, const char *key, bool flag)
{
	cJSON_AddItemToObject(object, key, got(cJSON_CreateBool(flag)));
}

struct cJSON *json_set_object(struct cJSON *object, const char *key)
{
	struct cJSON *value = json_new_object();
	cJSON_AddItemToObject(object, key, value);
	return value;
}

struct cJSON *json_set_array(struct cJSON *object, const char *key)
{
	struct cJSON *value = got(cJSON_CreateArray());
	cJSON_AddItemToObject(object, key, value);
	return value;
}

void json_add(struct cJSON *array, struct cJSON *value)
{
	cJSON_AddItemToArray(array, got(value));
}

struct cJSON *json_add_array(struct cJSON *array)
{
	struct cJSON *made = got(cJSON_CreateArray());
	cJSON_AddItemToArray(array, made);
	return made;
}

struct cJSON *json_add_object(struct cJSON *array)
{
	struct cJSON *value = json_new_object();
	cJSON_AddItemToArray(array, value);
	return value;
}

void json_add_text(struct cJSON *array, struct str text)
{
	cJSON_AddItemToArray(array, new_text(text));
}

void json_add_number(struct cJSON *array, i64 number)
{
	cJSON_AddItemToArray(array, got(cJSON_CreateNumber((double)number)));
}

struct cJSON *json_copy(struct json_in in)
{
	return in.value ? got(cJSON_Duplicate(in.value, 1)) : NULL;
}

struct str json_print(const struct cJSON *value, struct arena *arena)
{
	char *text = cJSON_PrintUnformatted(value);
	if (!text)
		got(NULL);
	struct str copy = str_dup(arena, str_of(text));
	cJSON_free(text);
	return copy;
}
