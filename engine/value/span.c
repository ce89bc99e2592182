// Finds the pointer, the length and the element's type of contiguous things, by member names.
#include "span.h"

#include "reason.h"
#include "walk.h"

// No Rust object is larger than isize::MAX (the reference's section on layout).
static const u64 max_bytes = INT64_MAX;
static const struct str no_pointer = STR("optimised out: its pointer"); // a piece of it is there, this one is not

static struct str check(const struct span *span, u64 cap, bool has_cap)
{
	u64 size = span->element->size, bytes;
	struct dbg_value reason = {0};
	if (size && has_cap && span->len > cap)
		reason = value_absent("suspect: its length is above its capacity", "suspect: length %llu is above the capacity %llu",
		                      (unsigned long long)span->len, (unsigned long long)cap);
	else if (__builtin_mul_overflow(span->len, size, &bytes) || bytes > max_bytes || span->start > UINT64_MAX - bytes)
		reason = value_absent("suspect: its length is too large", "suspect: a length of %llu", (unsigned long long)span->len);
	else if (span->start == 0 && bytes)
		reason =
		    value_absent("suspect: null pointer", "suspect: length %llu behind a null pointer", (unsigned long long)span->len);
	return reason.absent;
}

// Vec {buf: RawVec {ptr.., cap}, len}; the pointer and the capacity lie at different depths in different releases.
static bool vec_span(struct dbg_value value, struct span *out)
{
	struct dbg_value buf = dbg_value_member(value, "buf");
	u64 cap;
	out->element = dbg_type_param(value.type, "T");
	struct dbg_value len = dbg_value_member(value, "len");
	if (!out->element || !dbg_value_ok(walk_first_pointer(buf)) || !dbg_value_ok(len))
		return false;
	if (!dbg_value_get(len, &out->len)) {
		err_t error = dbg_value_uint(len, &out->len);
		out->suspect =
		    error ? value_absent("its length can't be read", "%.*s: its length", STRF(error->what)).absent : STR("its length");
		return true;
	}
	if (!dbg_value_get(walk_first_pointer(buf), &out->start)) {
		out->suspect = no_pointer;
		return true;
	}
	bool has_cap = dbg_value_get(walk_find_member(buf, "cap"), &cap);
	out->suspect = check(out, cap, has_cap);
	return true;
}

static bool is_counted_block(const struct dbg_type *type)
{
	return type && type->kind == DBG_TYPE_STRUCT && walk_member(type, STR("strong")) && walk_member(type, STR("weak"));
}

// A fat pointer; one to a reference-counted block has the counts before the elements.
static bool slice_span(struct dbg_value value, struct span *out)
{
	struct dbg_value data;
	if (!walk_slice(value, &data, &out->len) || !data.type->target)
		return false;
	out->element = data.type->target;
	if (!dbg_value_get(data, &out->start)) {
		out->suspect = no_pointer;
		return true;
	}
	if (is_counted_block(out->element)) {
		const struct dbg_member *payload = walk_member(out->element, STR("data"));
		payload = payload ? payload : walk_member(out->element, STR("value"));
		if (!payload || !payload->type)
			return false;
		out->start += payload->offset;
		out->element = payload->type;
		if (out->element->kind == DBG_TYPE_ARRAY && out->element->target)
			out->element = out->element->target;
	}
	out->suspect = check(out, 0, false);
	return true;
}

// bytes::{Bytes, BytesMut} {ptr, len, data, ..}: a view of a buffer that others may share (bytes 1).
static bool bytes_span(struct dbg_value value, struct span *out)
{
	struct dbg_value pointer = walk_first_pointer(dbg_value_member(value, "ptr"));
	if (!dbg_value_ok(pointer) || !pointer.type->target || pointer.type->target->size != 1 ||
	    !dbg_value_get(dbg_value_member(value, "len"), &out->len))
		return false;
	out->element = pointer.type->target;
	if (!dbg_value_get(pointer, &out->start)) {
		out->suspect = no_pointer;
		return true;
	}
	out->suspect = check(out, 0, false);
	return true;
}

static bool is_bytes(const struct dbg_type *type)
{
	struct str base = dbg_type_base_path(type);
	return str_eqc(base, "bytes::bytes::Bytes") || str_eqc(base, "bytes::bytes_mut::BytesMut");
}

bool span_of(struct dbg_value value, struct span *out)
{
	*out = (struct span){0};
	if (!dbg_value_ok(value) || value.type->kind != DBG_TYPE_STRUCT)
		return false;
	if (walk_member(value.type, STR("data_ptr")))
		return slice_span(value, out);
	if (walk_member(value.type, STR("buf")) && str_eqc(dbg_type_base_path(value.type), "alloc::vec::Vec"))
		return vec_span(value, out);
	if (walk_member(value.type, STR("ptr")) && is_bytes(value.type))
		return bytes_span(value, out);
	return false;
}

bool span_within(struct dbg_value value, struct span *out)
{
	for (unsigned depth = 0; depth < 12 && dbg_value_ok(value); depth++) {
		if (span_of(value, out))
			return true;
		const struct dbg_member *only = walk_only_member(value.type);
		if (value.type->kind == DBG_TYPE_VARIANTS) {
			if (!dbg_value_variant(value, &value, &out->suspect))
				return true;
		} else if (only) {
			value = dbg_value_member_of(value, only);
		} else {
			return false;
		}
	}
	return false;
}

struct dbg_value span_element(const struct dbg_space *space, const struct span *span, u64 index)
{
	return dbg_value_at(space, span->element, span->start + index * span->element->size);
}

// ---- by name ---------------------------------------------------------------------------------------

static const struct str sigils[] = {STR("&mut "), STR("&"), STR("*const "), STR("*mut ")};
static const char *const owners[] = {"alloc::boxed::Box", "alloc::rc::Rc", "alloc::sync::Arc", "alloc::borrow::Cow"};

// The first generic argument of "Box<[u8], alloc::alloc::Global>".
static struct str first_argument(struct str name)
{
	ptrdiff_t open = str_find(name, STR("<"));
	if (open < 0)
		return STR("");
	struct str rest = str_from(name, (size_t)open + 1);
	int depth = 0;
	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.ptr[i];
		if (depth == 0 && (c == ',' || c == '>'))
			return str_slice(rest, 0, i);
		depth += (c == '<' || c == '(' || c == '[') - (c == '>' || c == ')' || c == ']');
	}
	return STR("");
}

struct str pointee_name(const struct dbg_type *type)
{
	for (size_t i = 0; i < ARRAY_LEN(sigils); i++)
		if (str_starts(type->name, sigils[i]))
			return str_from(type->name, sigils[i].len);
	struct str base = dbg_type_base_path(type);
	for (size_t i = 0; i < ARRAY_LEN(owners); i++)
		if (str_eqc(base, owners[i]))
			return first_argument(type->name);
	return STR("");
}

static const char *const unsized_texts[] = {"str", "std::path::Path", "std::ffi::os_str::OsStr", "core::ffi::c_str::CStr"};
static const char *const owned_texts[] = {"alloc::string::String", "std::path::PathBuf", "std::ffi::os_str::OsString",
                                          "alloc::ffi::c_str::CString"};

bool is_text_type(const struct dbg_type *type)
{
	if (type->kind == DBG_TYPE_ARRAY)
		return str_eqc(type->name, "&str"); // a literal's, or a part of a text
	if (type->kind != DBG_TYPE_STRUCT && type->kind != DBG_TYPE_VARIANTS)
		return false;
	struct str base = dbg_type_base_path(type), pointee = pointee_name(type);
	for (size_t i = 0; i < ARRAY_LEN(owned_texts); i++)
		if (str_eqc(base, owned_texts[i]))
			return true;
	for (size_t i = 0; pointee.len && i < ARRAY_LEN(unsized_texts); i++)
		if (str_eqc(pointee, unsized_texts[i]))
			return true;
	return false;
}

bool is_c_text_type(const struct dbg_type *type)
{
	return str_find(type->path, STR("c_str::CSt")) >= 0;
}
