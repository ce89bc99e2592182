// Files of forms (engine/forms.h): those that launch.json names, else `stackful.values` in the program's working folder
// or in one above the program, where a workspace is. One that was edited is read again when values are next looked at.
#include "adapter/forms.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/session.h"
#include "engine/forms.h"

enum { MAX_FILE = 1 << 20 };
static const char file_name[] = "stackful.values";

static err_t matches(void *context, struct str text, struct str regex, bool *out)
{
	struct dap_session *session = context;
	struct str problem;
	if (tk_text_matches(text, regex, &session->turn, out, &problem))
		return NULL;
	return err_new(ERR_SYNTAX, "%.*s", STRF(problem));
}

// ---- which files -----------------------------------------------------------------------------------

// The folders above the program, from the nearest on.
static bool find_above(struct dap_session *session, struct str program, struct str *out)
{
	for (ptrdiff_t slash; (slash = str_rfind(program, STR("/"))) >= 0; program = str_slice(program, 0, (size_t)slash)) {
		*out = str_printf(&session->turn, "%.*s/%s", (int)slash, program.ptr, file_name);
		if (access(out->ptr, R_OK) == 0)
			return true;
	}
	return false;
}

static size_t files_of(struct dap_session *session, struct str **out)
{
	const struct dap_config *config = &session->config;
	struct str *one = *out = NEW(&session->turn, struct str);
	if (config->value_files.len) {
		*out = config->value_files.items;
		return config->value_files.len;
	}
	if (config->cwd.len) {
		*one = str_printf(&session->turn, "%.*s/%s", STRF(config->cwd), file_name);
		if (access(one->ptr, R_OK) == 0)
			return 1;
	}
	return find_above(session, session->target ? dbg_target_program(session->target) : config->program, one);
}

// Changes when a file does, or when there are others.
static u64 stamp_of(struct dap_session *session, const struct str *files, size_t n)
{
	u64 stamp = 1;
	for (size_t i = 0; i < n; i++) {
		struct stat info;
		if (stat(str_cstr(&session->turn, files[i]), &info))
			continue;
		u64 parts[] = {stamp, (u64)info.st_mtim.tv_sec, (u64)info.st_mtim.tv_nsec, (u64)info.st_size, info.st_ino};
		stamp = str_hash_on(str_hash(files[i]), str_n((const char *)parts, sizeof(parts)));
	}
	return stamp;
}

// ---- reading ---------------------------------------------------------------------------------------

static void read_file(struct dap_session *session, struct str file)
{
	struct stat info;
	int fd = open(str_cstr(&session->turn, file), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &info)) {
		dap_session_say(session, "valueFiles: %.*s: %s", STRF(file), strerror(errno));
	} else if (!S_ISREG(info.st_mode) || info.st_size > MAX_FILE) {
		dap_session_say(session, "valueFiles: %.*s: expected a text file of at most %d bytes", STRF(file), MAX_FILE);
	} else {
		char *text = NEW_N(&session->turn, char, (size_t)info.st_size + 1);
		ssize_t len = read(fd, text, (size_t)info.st_size);
		if (len >= 0)
			dbg_forms_add(session->forms, file, str_n(text, (size_t)len));
	}
	if (fd >= 0)
		close(fd);
}

static void read_all(struct dap_session *session, const struct str *files, size_t n)
{
	const struct str *complaints;
	session->forms = dbg_forms_new(matches, session);
	for (size_t i = 0; i < n; i++)
		read_file(session, files[i]);
	size_t n_complaints = dbg_forms_complaints(session->forms, &complaints);
	for (size_t i = 0; i < n_complaints; i++)
		dap_session_say(session, "%.*s", STRF(complaints[i]));
}

void dap_forms_forget(struct dap_session *session)
{
	if (session->target)
		dbg_target_set_forms(session->target, NULL);
	dbg_forms_free(session->forms);
	session->forms = NULL;
	session->forms_stamp = 0;
}

void dap_forms_refresh(struct dap_session *session)
{
	struct str *files;
	size_t n = files_of(session, &files);
	u64 stamp = stamp_of(session, files, n);
	if (!session->target || stamp == session->forms_stamp)
		return;
	dap_forms_forget(session);
	session->forms_stamp = stamp;
	if (n)
		read_all(session, files, n);
	if (session->forms && dbg_forms_len(session->forms))
		dbg_target_set_forms(session->target, dbg_forms_of(session->forms));
}
