// Values of launch.json that come in several shapes. For config.c.
#pragma once
#include "adapter/config.h"

struct str config_keep(struct dap_config *config, struct str text); // copies it to the session
void config_note(struct dap_config *config, struct str line);       // for the console

err_t config_read_text(struct dap_config *config, struct json_in in, struct str *out) MUST_USE;
err_t config_read_args(struct dap_config *config, struct json_in in) MUST_USE;
err_t config_read_env(struct dap_config *config, struct json_in in) MUST_USE;
err_t config_read_env_file(struct dap_config *config, struct json_in in) MUST_USE;
err_t config_read_source_map(struct dap_config *config, struct json_in in) MUST_USE;
err_t config_read_substitute_path(struct dap_config *config, struct json_in in) MUST_USE;
