// What each thread's CONTEXT tells: its runtime, whether it is a worker, which task it polls. Members are found
// by the types they hold, so that a moved or wrapped member is still found (tokio 1.22 to 1.54 runtime/context.rs).
#include "tokio/private.h"

size_t runtime_add(struct tk_taking *taking, enum tk_flavour flavour, struct dbg_value handle)
{
	if (!dbg_value_ok(handle) || !handle.addr)
		return TK_NONE;
	for (size_t i = 0; i < taking->runtimes.len; i++)
		if (taking->runtimes.items[i].handle == handle.addr)
			return i;
	struct tk_runtime runtime = {.flavour = flavour, .handle = handle.addr};
	struct dbg_value name = dbg_value_variant_named(dbg_value_member(handle, "name"), "Some");
	u64 whole;
	if (dbg_value_ok(name))
		err_ignore(dbg_value_text(dbg_value_member(name, "0"), taking->arena, 64, &runtime.name, &whole));
	dbg_value_get(dbg_value_path(handle, "shared.owned.id"), &runtime.id);
	vec_push(taking->arena, &taking->runtimes, runtime);
	vec_push(taking->arena, &taking->handles, handle);
	return taking->runtimes.len - 1;
}

static enum tk_flavour flavour_of(struct str variant)
{
	if (str_eqc(variant, "MultiThread"))
		return TK_MULTI_THREAD;
	return str_eqc(variant, "CurrentThread") ? TK_CURRENT_THREAD : TK_FLAVOUR_UNKNOWN;
}

// scheduler::Handle is an enum of Arcs.
static size_t runtime_of_handle(struct tk_taking *taking, struct dbg_value handle)
{
	struct dbg_value payload;
	struct str why;
	const struct dbg_variant *variant = dbg_value_variant(handle, &payload, &why);
	if (!variant)
		return TK_NONE;
	return runtime_add(taking, flavour_of(variant->member.name), dbg_value_pointee(dbg_value_member(payload, "0")));
}

// `core: RefCell<Option<Box<Core>>>` of both schedulers' Context.
static struct dbg_value core_of(struct dbg_value context)
{
	struct dbg_value some =
	    dbg_value_variant_named(dbg_value_find(dbg_value_member(context, "core"), "core::option::Option"), "Some");
	return dbg_value_pointee(dbg_value_member(some, "0"));
}

// runtime/scheduler/multi_thread/worker.rs: Context
static void read_worker_context(struct tk_taking *taking, struct tk_thread_view *view, struct dbg_value context)
{
	struct dbg_value worker = dbg_value_pointee(dbg_value_member(context, "worker"));
	if (!dbg_value_get(dbg_value_member(worker, "index"), &view->worker_index))
		return;
	view->is_worker = true;
	view->runtime = runtime_add(taking, TK_MULTI_THREAD, dbg_value_pointee(dbg_value_member(worker, "handle")));
	view->core = core_of(context);
}

// runtime/scheduler/current_thread/mod.rs: Context, set while the thread has the core, also while it parks.
static void read_current_thread(struct tk_taking *taking, struct tk_thread_view *view, struct dbg_value context)
{
	view->runtime = runtime_add(taking, TK_CURRENT_THREAD, dbg_value_pointee(dbg_value_member(context, "handle")));
	view->drives = view->runtime != TK_NONE;
	view->core = core_of(context);
}

static const struct {
	const char *path;
	void (*read)(struct tk_taking *taking, struct tk_thread_view *view, struct dbg_value context);
} scheduler_contexts[] = {
    {"tokio::runtime::scheduler::multi_thread::worker::Context", read_worker_context},
    {"tokio::runtime::scheduler::current_thread::Context", read_current_thread},
};

static void read_scheduler(struct tk_taking *taking, struct tk_thread_view *view, struct dbg_value scheduler)
{
	for (size_t i = 0; i < ARRAY_LEN(scheduler_contexts); i++) {
		struct dbg_value context = dbg_value_find(scheduler, scheduler_contexts[i].path);
		if (dbg_value_ok(context))
			scheduler_contexts[i].read(taking, view, context);
	}
}

static u64 task_id_in(struct dbg_value context)
{
	u64 id = 0;
	struct dbg_value some =
	    dbg_value_variant_named(dbg_value_find(dbg_value_member(context, "current_task_id"), "core::option::Option"), "Some");
	return dbg_value_get(dbg_value_member(some, "0"), &id) ? id : 0;
}

static void read_context(struct tk_taking *taking, struct tk_thread_view *view, struct dbg_value context, u64 first_id)
{
	struct dbg_value handle = dbg_value_find(context, "tokio::runtime::scheduler::Handle");
	if (dbg_value_ok(handle))
		view->runtime = runtime_of_handle(taking, handle);
	u64 id = task_id_in(context);
	view->current_task_id = id ? first_id + id : view->current_task_id; // of another copy of tokio
	struct dbg_value scoped = dbg_value_find(context, "tokio::runtime::context::scoped::Scoped");
	u64 pointer;
	struct dbg_value cell = dbg_value_member(scoped, "inner");
	if (dbg_value_get(cell, &pointer) && pointer) {
		const struct dbg_type *type = dbg_type_param(scoped.type, "T");
		if (type)
			read_scheduler(taking, view, dbg_value_at(taking->reader->space, type, pointer));
	}
}

// std's Storage { state, value }: a thread that ends has dropped its value (std/src/sys/thread_local/native/).
static bool is_torn_down(struct dbg_value storage)
{
	struct dbg_value state = dbg_value_find(storage, "std::sys::thread_local::native::eager::State");
	if (!dbg_value_ok(state))
		state = dbg_value_find(storage, "std::sys::thread_local::native::lazy::State");
	if (!dbg_value_ok(state))
		return false;
	const struct dbg_enumerator *names;
	size_t n = dbg_type_enumerators(state.type, &names);
	u64 number;
	for (size_t i = 0; i < n && dbg_value_get(state, &number); i++)
		if ((u64)names[i].value == number)
			return str_eqc(names[i].name, "Destroyed");
	return dbg_value_ok(dbg_value_variant_named(state, "Destroyed"));
}

static void read_thread(struct tk_taking *taking, struct tk_thread_view *view)
{
	struct tk_reader *reader = taking->reader;
	for (size_t i = 0; i < reader->n_contexts; i++) {
		u64 addr;
		const struct tk_thread_local *local = &reader->contexts[i];
		if (!dbg_tls_address(&local->variable, reader->space->mem, view->fs_base, &addr))
			continue;
		struct dbg_value storage = dbg_value_at(reader->space, local->variable.type, addr);
		u64 pointer;
		if (local->points_to && dbg_value_get(storage, &pointer) && pointer)
			read_scheduler(taking, view, dbg_value_at(reader->space, local->points_to, pointer));
		else if (!local->points_to && !is_torn_down(storage))
			read_context(taking, view, dbg_value_find(storage, "tokio::runtime::context::Context"), local->first_id);
	}
}

u64 context_task_id(struct tk_reader *reader, u64 fs_base)
{
	u64 addr, id = 0;
	for (size_t i = 0; i < reader->n_contexts; i++) {
		const struct tk_thread_local *local = &reader->contexts[i];
		if (local->points_to || !dbg_tls_address(&local->variable, reader->space->mem, fs_base, &addr))
			continue;
		struct dbg_value storage = dbg_value_at(reader->space, local->variable.type, addr);
		if (!is_torn_down(storage))
			id = task_id_in(dbg_value_find(storage, "tokio::runtime::context::Context"));
		if (id)
			return local->first_id + id;
	}
	return 0;
}

void take_threads(struct tk_taking *taking)
{
	struct dbg_target *target = taking->reader->target;
	taking->n_os_threads = dbg_target_threads(target, taking->arena, &taking->os_threads);
	taking->views = NEW_N(taking->arena, struct tk_thread_view, taking->n_os_threads + 1);
	for (size_t i = 0; i < taking->n_os_threads; i++) {
		struct tk_thread_view *view = &taking->views[i];
		*view = (struct tk_thread_view){.tid = taking->os_threads[i].tid, .name = taking->os_threads[i].name, .runtime = TK_NONE};
		struct dbg_regs regs;
		err_t error = dbg_thread_regs(target, view->tid, &regs);
		if (error) {
			complain(taking, "thread %d: registers can't be read: %.*s", view->tid, STRF(error->what));
			continue;
		}
		view->stack_pointer = regs.value[DBG_REG_RSP];
		view->fs_base = regs.value[DBG_REG_FS_BASE];
		read_thread(taking, view);
		if (!taking->reader->n_contexts)
			view->current_task_id = current_task_by_stack(taking->reader, view->tid, taking->arena);
	}
}
