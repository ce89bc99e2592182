// Binds the rows of layout.def to a program's debug info.
#include "tokio/private.h"

enum need { REQUIRED, PART, OPTIONAL };
#define UNKNOWN UINT64_MAX

struct row {
	const char *name, *type, *path;
	enum need need;
	u64 otherwise;            // without debug info
	size_t offset_at, has_at; // in struct tk_layout
};

static const struct row rows[] = {
#define FIELD(name, type, path, need, otherwise)                                                                                 \
	{#name, type, path, need, otherwise, offsetof(struct tk_layout, name), offsetof(struct tk_layout, has_##name)},
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

static void bind(struct tk_layout *layout, const struct row *row, u64 offset)
{
	bool has = true;
	memcpy((char *)layout + row->offset_at, &offset, sizeof(offset));
	memcpy((char *)layout + row->has_at, &has, sizeof(has));
}

// No row has its type: the offsets that do not change.
static void bind_without_types(struct tk_layout *layout, struct dbg_modules *modules)
{
	struct str note = dbg_module_note(dbg_modules_get(modules, 0)); // tells what the program itself lacks
	*layout = (struct tk_layout){.bound = true, .typeless = true};
	layout->problem =
	    note.len ? note
	             : STR("this program's debug info has no types: build with debug = 2 (in Cargo.toml, under [profile.release] or "
	                   "[profile.dev]: debug = 2, and no strip) to see futures, workers and what they wait for");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].otherwise != UNKNOWN)
			bind(layout, &rows[i], rows[i].otherwise);
}

void layout_put_rows(const struct tk_layout *layout, struct dbg_modules *modules, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		u64 offset;
		bool has;
		memcpy(&offset, (const char *)layout + rows[i].offset_at, sizeof(offset));
		memcpy(&has, (const char *)layout + rows[i].has_at, sizeof(has));
		const struct dbg_type *type = layout->typeless ? NULL : dbg_type_find(modules, str_of(rows[i].type));
		struct str short_type = str_from(str_of(rows[i].type), (size_t)(str_rfind(str_of(rows[i].type), STR("::")) + 2));
		if (type && !has)
			buf_printf(out, "%-22s %.*s has no member `%s`; its members are %.*s\n", rows[i].name, STRF(short_type), rows[i].path,
			           STRF(members_of(out->arena, type)));
		else if (has)
			buf_printf(out, "%-22s %.*s.%s at +%llu%s\n", rows[i].name, STRF(short_type), rows[i].path,
			           (unsigned long long)offset,
			           layout->typeless ? ", as in every tokio looked at: the debug info has no types" : "");
		else
			buf_printf(out, "%-22s not known: the debug info has no type %s\n", rows[i].name, rows[i].type);
	}
}

static void lack(struct tk_layout *layout, struct arena *arena, const struct row *row, const struct dbg_type *type)
{
	struct str text = type ? str_printf(arena, "%s has no member `%s`; its members are %.*s", row->type, row->path,
	                                    STRF(members_of(arena, type)))
	                       : str_printf(arena, "the debug info has no type %s (build with debug = 2)", row->type);
	if (row->need == REQUIRED && layout->bound) {
		layout->bound = false;
		layout->problem = text;
	} else if (row->need == PART && !layout->lacks.len) {
		layout->lacks = text;
	}
}

void layout_bind(struct tk_layout *layout, struct arena *arena, struct dbg_modules *modules)
{
	*layout = (struct tk_layout){.bound = true};
	size_t typed = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		const struct dbg_type *type = dbg_type_find(modules, str_of(row->type));
		u64 offset;
		typed += type != NULL;
		if (type && offset_of(type, str_of(row->path), &offset))
			bind(layout, row, offset);
		else
			lack(layout, arena, row, type);
	}
	if (!typed)
		bind_without_types(layout, modules);
	layout->has_lists = layout->has_vtable_trailer && layout->has_trailer_owned && layout->has_pointers_next;
}
