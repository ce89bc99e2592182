-- stackful in Neovim, by nvim-dap: the adapter, configurations from `cargo metadata`, builds, and :StackfulTasks.
--
--   vim.opt.runtimepath:append('/path/to/stackful/doc/nvim')
--   require('stackful').setup()            -- or setup { adapter = '/path/to/stackful', dapui = true }
--
-- doc/neovim.md tells more. Works with Neovim 0.7.2 and nvim-dap 0.6.0 and newer.
local M = {}

local function say(text, level)
  vim.notify('stackful: ' .. text, level or vim.log.levels.INFO)
end

-- ---- cargo ------------------------------------------------------------------------------------------

local function decode(line)
  local ok, value = pcall(vim.fn.json_decode, line)
  return ok and type(value) == 'table' and value or nil
end

-- Programs, examples and tests of the package around `folder`: { { label, cargo = {...}, args = {...} } }.
function M.targets(folder)
  local text = vim.fn.system({ 'cargo', 'metadata', '--no-deps', '--format-version=1', '--manifest-path', folder .. '/Cargo.toml' })
  local metadata = vim.v.shell_error == 0 and decode(text)
  if not metadata then return {} end
  local run, test = {}, {}
  for _, package in ipairs(metadata.packages) do
    for _, target in ipairs(package.targets) do
      local kind = target.kind[1]
      local lib = kind == 'lib' or kind == 'rlib' or kind == 'proc-macro'
      local selector = lib and '--lib' or ('--' .. kind .. '=' .. target.name)
      local which = { '--package=' .. package.name, selector }
      if kind == 'bin' or kind == 'example' then
        table.insert(run, { label = kind .. ' ' .. target.name, cargo = { 'build', unpack(which) } })
      end
      if target.test and (lib or kind == 'bin' or kind == 'test') then
        local label = kind == 'test' and 'test ' .. target.name or 'tests of ' .. (lib and 'lib' or kind) .. ' ' .. target.name
        table.insert(test, { label = label, cargo = { 'test', '--no-run', unpack(which) }, args = { '--nocapture', '--test-threads=1' } })
      end
    end
  end
  return vim.list_extend(run, test)
end

-- The nearest folder above a file that has a Cargo.toml.
local function package_folder(file)
  local found = vim.fn.findfile('Cargo.toml', vim.fn.fnamemodify(file ~= '' and file or vim.fn.getcwd() .. '/x', ':p:h') .. ';')
  return found ~= '' and vim.fn.fnamemodify(found, ':p:h') or nil
end

local function choose(items, prompt, label, done)
  if #items <= 1 then return done(items[1]) end
  vim.ui.select(items, { prompt = prompt, format_item = label }, done)
end

-- Builds, and calls `done` with the executable; tells what is wrong otherwise, in the quickfix list.
local function build(words, folder, done)
  local command = { 'cargo', words[1], '--message-format=json', unpack(words, 2) }
  local executables, tests, problems, errors, rest = {}, {}, {}, {}, ''
  local function line(text)
    local message = text:sub(1, 1) == '{' and decode(text)
    if not message then return end
    if message.reason == 'compiler-artifact' and type(message.executable) == 'string' then
      table.insert(message.profile.test and tests or executables, message.executable)
    elseif message.reason == 'compiler-message' and message.message.spans[1] then
      local span = message.message.spans[1]
      table.insert(problems, { filename = folder .. '/' .. span.file_name, lnum = span.line_start, col = span.column_start,
        text = message.message.message, type = message.message.level == 'error' and 'E' or 'W' })
    end
  end
  say(table.concat(command, ' '))
  local job = vim.fn.jobstart(command, {
    cwd = folder,
    on_stdout = function(_, data)
      data[1] = rest .. data[1]
      rest = table.remove(data)
      for _, text in ipairs(data) do line(text) end
    end,
    on_stderr = function(_, data) vim.list_extend(errors, data) end,
    on_exit = function(_, status)
      line(rest)
      vim.schedule(function()
        if status ~= 0 then
          vim.fn.setqflist({}, ' ', { title = table.concat(command, ' '), items = problems })
          if #problems > 0 then vim.cmd('copen') end
          return say('cargo ended with status ' .. status .. ': ' .. vim.trim(table.concat(errors, '\n')):sub(-400), vim.log.levels.ERROR)
        end
        if #tests > 0 then executables = tests end -- beside the programs that they may start
        if #executables == 0 then return say(table.concat(command, ' ') .. ' made no executable', vim.log.levels.ERROR) end
        choose(executables, 'Which one is to be debugged?', function(one) return vim.fn.fnamemodify(one, ':.') end, function(one)
          if one then done(one) end
        end)
      end)
    end,
  })
  if job <= 0 then say('cargo can\'t be started; is it on PATH?', vim.log.levels.ERROR) end
end

-- ---- nvim-dap ---------------------------------------------------------------------------------------

-- Configurations for a Rust buffer.
function M.configurations(buffer)
  local folder = package_folder(vim.api.nvim_buf_get_name(buffer or 0))
  local list = {}
  for _, target in ipairs(folder and M.targets(folder) or {}) do
    table.insert(list, { name = 'Debug ' .. target.label, type = 'stackful', request = 'launch', cargo = target.cargo, args = target.args, cwd = folder })
  end
  return list
end

local always = {
  { name = 'Attach to a process', type = 'stackful', request = 'attach', pid = function() return require('dap.utils').pick_process() end },
  { name = 'Open a core file', type = 'stackful', request = 'attach',
    program = function() return vim.fn.input('Program: ', vim.fn.getcwd() .. '/target/debug/', 'file') end,
    coreFile = function() return vim.fn.input('Core file: ', vim.fn.getcwd() .. '/', 'file') end },
}

function M.setup(options)
  local dap = require('dap')
  dap.adapters.stackful = {
    type = 'executable',
    command = (options or {}).adapter or 'stackful',
    -- The key `cargo`, as in VS Code: a list of words behind `cargo`.
    enrich_config = function(config, on_config)
      local words = config.cargo and (config.cargo.args or config.cargo)
      if not words then return on_config(config) end
      local copy = vim.deepcopy(config)
      copy.cargo = nil
      build(words, config.cwd or vim.fn.getcwd(), function(executable)
        copy.program = executable
        on_config(copy)
      end)
    end,
  }
  if dap.providers and dap.providers.configs then
    dap.configurations.rust = vim.list_extend(dap.configurations.rust or {}, always)
    dap.providers.configs.stackful = function(buffer)
      return vim.bo[buffer].filetype == 'rust' and M.configurations(buffer) or {}
    end
  else -- before nvim-dap 0.8: once for the folder that Neovim was started in
    dap.configurations.rust = vim.list_extend(vim.list_extend(dap.configurations.rust or {}, M.configurations(0)), always)
  end
  vim.api.nvim_create_user_command('StackfulTasks', function(command) M.tasks(command.args) end, { nargs = '?' })
  local groups = require('stackful.tasks')
  groups.setup((options or {}).dapui)
  vim.api.nvim_create_user_command('StackfulTaskGroups', groups.open, {})
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
      vim.fn.setqflist({}, ' ', { title = ('%d of %d tasks %s'):format(body.total, body.all, regex or ''), items = items })
      vim.cmd('botright copen')
      if done then done(items) end
    end)
  end
  ask(0)
end

return M
