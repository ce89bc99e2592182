-- stackful in Neovim, by nvim-dap: the adapter, configurations from `cargo metadata`, builds, and :StackfulTasks.
--
--   vim.opt.runtimepath:append('/path/to/stackful/doc/nvim')
--   require('stackful').setup()            -- or setup { adapter = '/path/to/stackful', dapui = true }
--
-- `:help stackful` and doc/neovim.md tell more. Works with Neovim 0.7.2 and nvim-dap 0.6.0 and newer.
local M = {}

local function say(text, level)
  vim.notify('stackful: ' .. text, level or vim.log.levels.INFO)
end

-- ---- nvim-dap ---------------------------------------------------------------------------------------

local always = {
  { name = 'Attach to a process', type = 'stackful', request = 'attach', pid = function() return require('stackful.processes').pick() end },
  { name = 'Open a core file', type = 'stackful', request = 'attach',
    coreFile = function() return vim.fn.input('Core file: ', vim.fn.getcwd() .. '/', 'file') end },
}

-- Configurations for a Rust buffer: what its package has to debug (what the file belongs to first), a process, a core file.
function M.configurations(buffer)
  local cargo, file = require('stackful.cargo'), vim.api.nvim_buf_get_name(buffer or 0)
  local folder, list = cargo.package_folder(file), {}
  local targets, why = {}, nil
  if folder then targets, why = cargo.targets(folder, file) end
  if not targets then say(why, vim.log.levels.WARN) end
  for _, target in ipairs(targets or {}) do
    table.insert(list, { name = 'Debug ' .. target.label, type = 'stackful', request = 'launch', cargo = target.cargo, args = target.args, cwd = target.folder })
  end
  return vim.list_extend(list, vim.deepcopy(always))
end

-- The key `cargo`, as in VS Code: builds, and goes on with the executable.
local function enrich_config(config, on_config)
  if not config.cargo or config.request ~= 'launch' then return on_config(config) end
  require('stackful.cargo').build(config.cargo, config.cwd or vim.fn.getcwd(), say, function(executable, arguments)
    local copy = vim.deepcopy(config)
    copy.cargo = nil
    copy.program = executable.path
    if #arguments > 0 and type(copy.args or {}) == 'table' then copy.args = vim.list_extend(arguments, copy.args or {}) end
    on_config(copy)
  end)
end

local known = { adapter = 'string', dapui = 'boolean' }

local function check(options)
  if type(options) ~= 'table' then error('stackful: setup takes a table, such as { adapter = "/path/to/stackful" }, not ' .. vim.inspect(options), 0) end
  for name, value in pairs(options) do
    if not known[name] then error(('stackful: setup knows no option `%s`; it knows `adapter` and `dapui`'):format(tostring(name)), 0) end
    if type(value) ~= known[name] then error(('stackful: setup: `%s` is to be a %s, not %s'):format(name, known[name], vim.inspect(value)), 0) end
  end
  return options
end

-- May be called again, with other options.
function M.setup(options)
  options = check(options == nil and {} or options)
  local dap = require('dap')
  local adapter = options.adapter and vim.fn.expand(options.adapter) or 'stackful'
  dap.adapters.stackful = { type = 'executable', command = adapter, enrich_config = enrich_config }
  if dap.providers and dap.providers.configs then
    dap.providers.configs.stackful = function(buffer)
      return vim.bo[buffer].filetype == 'rust' and M.configurations(buffer) or {}
    end
  else -- before nvim-dap 0.8: once for the folder that Neovim was started in
    local function others(config) return config.type ~= 'stackful' end
    dap.configurations.rust = vim.list_extend(vim.tbl_filter(others, dap.configurations.rust or {}), M.configurations(0))
  end
  local groups = require('stackful.tasks')
  groups.setup(options.dapui)
  vim.api.nvim_create_user_command('StackfulTasks', function(command) M.tasks(command.args) end,
    { nargs = '?', desc = 'Tasks whose root future matches, in the quickfix list' })
  vim.api.nvim_create_user_command('StackfulTaskGroups', function(command) groups.open(command.args) end,
    { nargs = '?', desc = 'Tasks whose root future matches, in groups with counts' })
end

-- ---- :StackfulTasks [REGEX] ---------------------------------------------------------------------------

local page = 1000

-- All tasks whose root future matches, in the quickfix list: <CR> goes to the await's line. `done` is for scripts.
function M.tasks(regex, done)
  local session = require('dap').session()
  if not session then return say('there is no session', vim.log.levels.WARN) end
  local items = {}
  local function ask(start)
    session:request('stackful/tasks', { filter = regex ~= '' and regex or nil, start = start, count = page }, function(err, body)
      if err then
        local why = err.message == 'notStopped' and 'the program runs; pause it first' or err.message or tostring(err)
        return say(why, vim.log.levels.WARN)
      end
      for _, task in ipairs(body.tasks) do
        local path = task.source and task.source.path
        table.insert(items, { filename = path, lnum = path and task.line or 0, col = path and task.column or 0,
          text = ('task %s · %s · %s'):format(task.id, task.root, task.text) })
      end
      if #body.tasks > 0 and #items < body.total then return ask(#items) end
      if #items == 0 then
        return say(body.all == 0 and 'there are no tasks' or ('none of %d tasks matches %s'):format(body.all, regex), vim.log.levels.WARN)
      end
      vim.fn.setqflist({}, ' ', { title = ('%d of %d tasks %s'):format(body.total, body.all, regex or ''), items = items })
      vim.cmd('botright copen')
      if done then done(items) end
    end)
  end
  ask(0)
end

return M
