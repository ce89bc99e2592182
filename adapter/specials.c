// The task and the thread of a hit, by name.
#include "adapter/specials.h"

#include "adapter/answers.h"

static void look(struct dap_specials *specials)
{
	struct dap_session *session = specials->session;
	if (specials->looked)
		return;
	specials->looked = true;
	if (!session->reader)
		session->reader = tk_reader_new(session->target);
	tk_current_task(session->reader, specials->tid, &session->stop, &specials->task);
}

u64 dap_specials_task(struct dap_specials *specials)
{
	look(specials);
	return specials->task.id;
}

static u64 task_id(struct dap_specials *specials)
{
	look(specials);
	return specials->task.id;
}

static u64 thread_id(struct dap_specials *specials)
{
	return (u64)specials->tid;
}

static struct str task_name(struct dap_specials *specials)
{
	look(specials);
	return specials->task.name;
}

static struct str panic_message(struct dap_specials *specials)
{
	return specials->message;
}

static const struct {
	const char *name;
	u64 (*number)(struct dap_specials *);
	struct str (*text)(struct dap_specials *);
} rows[] = {
    {"task", task_id, NULL},     {"task.id", task_id, NULL}, {"task.name", NULL, task_name},
    {"thread", thread_id, NULL}, {"tid", thread_id, NULL},   {"message", NULL, panic_message},
};

static bool special(void *context, struct arena *arena, struct str name, struct dbg_special *out)
{
	struct dap_specials *specials = context;
	struct dbg_value value;
	if (dap_answers_find(specials->session, arena, specials->tid, name, &value)) {
		*out = (struct dbg_special){.is_value = true, .value = value};
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eqc(name, rows[i].name))
			continue;
		*out = (struct dbg_special){.is_text = rows[i].text != NULL};
		if (rows[i].text)
			out->text = rows[i].text(context);
		else
			out->number = rows[i].number(context);
		return true;
	}
	return false;
}

static err_t matches(void *context, struct str text, struct str regex, bool *out)
{
	struct dap_specials *specials = context;
	struct str problem;
	if (tk_text_matches(text, regex, &specials->session->stop, out, &problem))
		return NULL;
	return err_new(ERR_SYNTAX, "%.*s", STRF(problem));
}

void dap_specials_of_task(struct dap_specials *specials, u64 id, struct str name)
{
	specials->looked = true;
	specials->task = (struct tk_current){.id = id, .name = name};
}

void dap_specials_in(struct dap_session *session, struct dap_specials *specials, pid_t tid, struct dbg_eval_context *context)
{
	*specials = (struct dap_specials){.session = session, .tid = tid};
	context->special = special;
	context->matches = matches;
	context->special_context = specials;
}
