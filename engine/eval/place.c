// Where an expression leads inside of values. References, Box, Rc, guards and the like are followed by what
// engine/value's printers know of them, so that a type is described in one place.
#include "compare.h"

#include <strings.h>

enum { MAX_HOPS = 24, MAX_TEXT = 1 << 20, MAX_ENTRIES = 100000, PAGE = 256 };

static err_t absent_error(struct dbg_value value)
{
	return err_new(ERR_NOT_FOUND, "%.*s", STRF(value.absent));
}

// ---- fields ----------------------------------------------------------------------------------------

static struct str field_names(struct arena *arena, struct dbg_value value)
{
	struct dbg_child *children;
	struct buf names = buf_on(arena);
	struct dbg_space plain = value.space ? *value.space : (struct dbg_space){0};
	plain.forms = NULL; // its own fields, not those of a form, whose expressions may be what is wrong
	value.space = &plain;
	size_t n = dbg_value_children(arena, value, DBG_CHILDREN_NAMED, 0, 12, &children);
	for (size_t i = 0; i < n; i++) {
		if (str_starts(children[i].name, STR("[")))
			continue;
		if (names.len)
			buf_puts(&names, ", ");
		buf_put(&names, children[i].name);
	}
	return names.len ? buf_str(&names) : STR("none");
}

static err_t no_field(struct arena *arena, struct dbg_value value, struct str name)
{
	struct dbg_value shown = dbg_shown(value);
	struct str type = dbg_type_render(arena, dbg_value_ok(shown) ? shown.type : value.type);
	struct str why = {0};
	if (dbg_value_ok(shown) && shown.type->kind == DBG_TYPE_VARIANTS) {
		const struct dbg_variant *active = dbg_value_variant(shown, NULL, &why);
		if (!active)
			return err_new(ERR_NOT_FOUND, "%.*s", STRF(why));
		return err_new(ERR_NOT_FOUND, "no field `%.*s`: the %.*s is %.*s, which has %.*s", STRF(name), STRF(type),
		               STRF(active->member.name), STRF(field_names(arena, shown)));
	}
	return err_new(ERR_NOT_FOUND, "no field `%.*s` in %.*s, which has %.*s", STRF(name), STRF(type),
	               STRF(field_names(arena, value)));
}

err_t place_field(struct arena *arena, struct dbg_value value, struct str name, struct dbg_value *out)
{
	struct dbg_value given = value, own = {0};
	for (unsigned hops = 0; hops < MAX_HOPS && dbg_value_ok(value); hops++) {
		value = dbg_shown_owned(value);
		if (!dbg_value_ok(value))
			break;
		// A field of what an owner points to comes before the owner's own, as in Rust.
		if (value.type->kind == DBG_TYPE_POINTER) {
			value = dbg_value_deref(value);
			continue;
		}
		struct dbg_value found;
		bool has = dbg_shown_field(arena, value, name, &found);
		struct dbg_value inner = dbg_shown_inner(value);
		if (has && !dbg_value_ok(inner)) {
			*out = found;
			return NULL;
		}
		if (has && !dbg_value_ok(own))
			own = found;
		if (!dbg_value_ok(inner)) {
			if (inner.absent.len && !dbg_value_ok(own))
				return absent_error(inner);
			break;
		}
		value = inner;
	}
	if (dbg_value_ok(own)) {
		*out = own;
		return NULL;
	}
	return dbg_value_ok(value) ? no_field(arena, given, name) : absent_error(value);
}

err_t place_deref(struct dbg_value value, struct dbg_value *out)
{
	u64 ignored;
	*out = dbg_shown_owned(value);
	if (!dbg_value_ok(*out))
		return absent_error(*out);
	if (value.type->kind != DBG_TYPE_POINTER && dbg_shown_text_len(value, &ignored)) // `*text` is the text
		return NULL;
	*out = value.type->kind == DBG_TYPE_POINTER ? dbg_value_deref(value) : dbg_shown_inner(value);
	if (dbg_value_ok(*out) && str_eqc(dbg_type_base_path(out->type), "core::cell::UnsafeCell")) // no one writes `.get()` of it
		*out = dbg_shown_inner(*out);
	if (dbg_value_ok(*out))
		return NULL;
	if (out->absent.len)
		return absent_error(*out);
	return err_new(ERR_ARGUMENT, "`*` is not for %.*s, which is no pointer", STRF(dbg_type_told(value.type)));
}

err_t place_address(struct arena *arena, struct dbg_value value, struct dbg_value *out)
{
	if (value.type->kind == DBG_TYPE_ARRAY && str_eqc(value.type->name, "&str")) { // a part of a text is told as one already
		*out = value;
		return NULL;
	}
	if (value.where != DBG_VALUE_MEMORY)
		return err_new(ERR_ARGUMENT, "`&` of a value that is not in memory");
	*out = make_value(arena, value.space, dbg_type_made_pointer(arena, STR("&"), value.type), value.addr);
	return NULL;
}

// ---- elements --------------------------------------------------------------------------------------

static err_t items_of(struct dbg_value value, struct dbg_items *out)
{
	if (!dbg_shown_items(value, out)) {
		struct dbg_value shown = dbg_shown(value);
		return dbg_value_ok(shown) ? err_new(ERR_ARGUMENT, "%.*s has no elements", STRF(dbg_type_told(value.type)))
		                           : absent_error(shown);
	}
	return out->suspect.len ? err_new(ERR_NOT_FOUND, "%.*s", STRF(out->suspect)) : NULL;
}

err_t place_element(struct arena *arena, struct dbg_value value, u64 index, struct dbg_value *out)
{
	struct dbg_items items;
	struct dbg_item item;
	TRY(items_of(value, &items));
	if (index >= items.len)
		return err_new(ERR_EMPTY, "index %llu is out of bounds: the length is %llu", (unsigned long long)index,
		               (unsigned long long)items.len);
	if (dbg_shown_page(arena, value, index, 1, &item) != 1)
		return err_new(ERR_NOT_FOUND, "element %llu can't be read", (unsigned long long)index);
	*out = item.value;
	return dbg_value_ok(*out) ? NULL : absent_error(*out);
}

bool place_is_map(struct dbg_value value)
{
	struct dbg_items items;
	return dbg_shown_items(value, &items) && items.is_map;
}

// Keys that are shown as texts are names of headers, addresses, ids: none of them minds the case.
static bool same_letters(struct str a, struct str b)
{
	return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

bool place_equals(struct arena *arena, const struct dbg_space *space, struct dbg_value key, struct operand wanted)
{
	struct str text, wanted_text;
	struct operand result;
	struct dbg_value shown = dbg_shown(key);
	bool truth = false;
	if (wanted.kind == OPERAND_STRING)
		return place_text(arena, key, &text) ? str_eq(text, wanted.text)
		                                     : dbg_shown_as_text(arena, key, &text) && same_letters(text, wanted.text);
	if (wanted.kind == OPERAND_VALUE) {
		if (place_text(arena, wanted.value, &wanted_text))
			return place_text(arena, key, &text) && str_eq(text, wanted_text);
		wanted.value = dbg_shown(wanted.value);
	}
	if (!dbg_value_ok(shown) || (wanted.kind == OPERAND_VALUE && !dbg_value_ok(wanted.value)))
		return false;
	if (wanted.kind == OPERAND_VALUE && (compare_is_for(shown) || compare_is_for(wanted.value))) {
		int order;
		return !compare_values(arena, shown, wanted.value, true, &order) && order == 0;
	}
	return !binary_operator(arena, space, STR("=="), (struct operand){.value = shown}, wanted, &result) &&
	       !dbg_value_read(result.value, &truth, 1) && truth;
}

// What the key writes to a hasher: a text's bytes and 0xff (str's Hash), a scalar's own (core/src/hash/mod.rs).
static bool hashed_bytes(struct arena *arena, struct dbg_value example, struct operand key, struct str *out)
{
	u64 ignored;
	u128 bits = (u128)key.number;
	struct str text = key.text;
	if (dbg_shown_text_len(example, &ignored)) {
		if (key.kind != OPERAND_STRING && !(key.kind == OPERAND_VALUE && place_text(arena, key.value, &text)))
			return false;
		*out = str_printf(arena, "%.*s\xff", STRF(text));
		return out->len == text.len + 1; // no NUL in it
	}
	example = dbg_shown(example);
	if (!dbg_value_ok(example) || example.type->size > sizeof(bits) ||
	    (!is_integer(example.type) && example.type->kind != DBG_TYPE_CHAR && example.type->kind != DBG_TYPE_BOOL))
		return false;
	if (key.kind == OPERAND_VALUE) {
		struct dbg_value shown = dbg_shown(key.value);
		err_t error = dbg_value_ok(shown) ? integer_bits(shown, &bits) : NULL;
		if (error || !dbg_value_ok(shown))
			return false;
	} else if (key.kind != OPERAND_INT) {
		return false;
	}
	char *bytes = NEW_N(arena, char, sizeof(bits));
	memcpy(bytes, &bits, sizeof(bits));
	*out = str_n(bytes, (size_t)example.type->size);
	return true;
}

// By the map's hash function, where that is known: a map of ten million costs as much as one of ten.
static bool entry_by_hash(struct arena *arena, struct dbg_value map, struct operand key, struct dbg_value *out, bool *found)
{
	enum { CANDIDATES = 32 };
	struct dbg_item items[CANDIDATES];
	struct str bytes;
	size_t n;
	*found = false;
	if (dbg_shown_page(arena, map, 0, 1, items) != 1)
		return false;
	bool is_set = !dbg_value_ok(items[0].key);
	if (!hashed_bytes(arena, is_set ? items[0].value : items[0].key, key, &bytes) ||
	    !dbg_shown_find(map, (const u8 *)bytes.ptr, bytes.len, items, CANDIDATES, &n) || n == CANDIDATES)
		return false;
	for (size_t i = 0; i < n && !*found; i++)
		if (place_equals(arena, map.space, is_set ? items[i].value : items[i].key, key)) {
			*out = items[i].value;
			*found = true;
		}
	return true;
}

bool place_holds(struct arena *arena, struct dbg_value list, struct operand item, bool keys, bool *out)
{
	struct dbg_items items;
	struct dbg_item page[PAGE];
	struct dbg_value ignored;
	*out = false;
	if (!dbg_shown_items(list, &items) || items.suspect.len)
		return false;
	if (entry_by_hash(arena, list, item, &ignored, out))
		return true;
	for (u64 at = 0; at < items.len && at < MAX_ENTRIES && !*out;) {
		size_t n = dbg_shown_page(arena, list, at, PAGE, page);
		for (size_t i = 0; i < n && !*out; i++)
			*out = place_equals(arena, list.space, keys ? page[i].key : page[i].value, item);
		if (!n)
			break;
		at += n;
	}
	return *out || items.len <= MAX_ENTRIES;
}

err_t place_entry(struct arena *arena, struct dbg_value map, struct operand key, struct dbg_value *out)
{
	struct dbg_items items;
	struct dbg_item page[PAGE];
	bool found;
	TRY(items_of(map, &items));
	if (entry_by_hash(arena, map, key, out, &found))
		return found ? NULL : err_new(ERR_EMPTY, "no such key in the map");
	for (u64 at = 0; at < items.len && at < MAX_ENTRIES;) {
		size_t n = dbg_shown_page(arena, map, at, PAGE, page);
		for (size_t i = 0; i < n; i++)
			if (place_equals(arena, map.space, page[i].key, key)) {
				*out = page[i].value;
				return NULL;
			}
		if (!n)
			break;
		at += n;
	}
	if (items.len > MAX_ENTRIES)
		return err_new(ERR_ARGUMENT, "no such key in the map's first %d entries", MAX_ENTRIES);
	return err_new(ERR_EMPTY, "no such key in the map");
}

// ---- texts and lengths -----------------------------------------------------------------------------

bool place_text(struct arena *arena, struct dbg_value value, struct str *out)
{
	u64 len, whole;
	return dbg_shown_text_len(value, &len) && !dbg_value_text(dbg_shown(value), arena, MAX_TEXT, out, &whole) &&
	       whole == out->len;
}

err_t place_len(struct dbg_value value, u64 *out)
{
	struct dbg_items items;
	if (dbg_shown_text_len(value, out) || dbg_shown_count(value, out))
		return NULL;
	TRY(items_of(value, &items));
	*out = items.len;
	return NULL;
}
