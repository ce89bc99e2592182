// Binds the rows of layout.def to a program's debug info.
#include "tokio/private.h"

enum need { REQUIRED, OPTIONAL };

struct row {
	const char *name, *type, *path;
	enum need need;
	size_t offset_at, has_at; // in struct tk_layout
};

static const struct row rows[] = {
#define FIELD(name, type, path, need)                                                                                            \
	{#name, type, path, need, offsetof(struct tk_layout, name), offsetof(struct tk_layout, has_##name)},
#include "tokio/layout.def"
#undef FIELD
};

static struct str members_of(struct arena *arena, const struct dbg_type *type)
{
	const struct dbg_member *members;
	size_t n = dbg_type_members(type, &members);
	struct buf text = buf_on(arena);
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%.*s", i ? ", " : "", STRF(members[i].name));
	return buf_str(&text);
}

static bool offset_of(const struct dbg_type *type, struct str path, u64 *out)
{
	*out = 0;
	while (path.len) {
		ptrdiff_t dot = str_find(path, STR("."));
		struct str first = dot < 0 ? path : str_slice(path, 0, (size_t)dot);
		char name[64];
		if (first.len >= sizeof(name))
			return false;
		memcpy(name, first.ptr, first.len);
		name[first.len] = '\0';
		const struct dbg_member *member = dbg_type_member(type, name);
		if (!member)
			return false;
		*out += member->offset;
		type = member->type;
		path = dot < 0 ? STR("") : str_from(path, (size_t)dot + 1);
	}
	return true;
}

void layout_bind(struct tk_layout *layout, struct arena *arena, struct dbg_modules *modules)
{
	*layout = (struct tk_layout){.bound = true};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		const struct dbg_type *type = dbg_type_find(modules, str_of(row->type));
		u64 offset;
		bool found = type && offset_of(type, str_of(row->path), &offset);
		if (found) {
			memcpy((char *)layout + row->offset_at, &offset, sizeof(offset));
			memcpy((char *)layout + row->has_at, &found, sizeof(found));
		} else if (row->need == REQUIRED && layout->bound) {
			layout->bound = false;
			layout->problem = type ? str_printf(arena, "%s has no member `%s`; its members are %.*s", row->type, row->path,
			                                    STRF(members_of(arena, type)))
			                       : str_printf(arena, "the debug info has no type %s (build with debug = 2)", row->type);
		}
	}
}
