-- Tasks in groups with their counts, in a buffer of its own: an element of nvim-dap-ui, or a window by :StackfulTaskGroups.
--
-- <CR> opens and closes a group, goes to a task's await, or gets more of a group; <Tab> groups by something else, q closes.
local M = {}

local page, prefix = 200, '   '
local groupings = { 'root', 'wait', 'place', 'state', 'runtime' }
local state = { by = 1, filter = '', open = {}, groups = {}, tasks = {}, rows = {}, round = 0, told = 'no session' }

-- ---- what is shown

local function place(row)
  return row.source and row.source.name and row.line > 0 and (' · %s:%d'):format(row.source.name, row.line) or ''
end

-- The buffer's lines, and what each of them is.
local function lines()
  local filter = state.filter ~= '' and ' · /' .. state.filter .. '/' or ''
  local text, rows = { ('%s%s · by %s (<Tab>)'):format(state.told, filter, groupings[state.by]) }, { {} }
  local function add(line, row)
    table.insert(text, (line:gsub('\n', ' ')))
    table.insert(rows, row)
  end
  for _, group in ipairs(state.groups) do
    local open = state.open[group.key]
    add(('%s %s × %d'):format(open and '▾' or '▸', group.key ~= '' and group.key or 'not suspended', group.count), { group = group })
    local loaded = open and state.tasks[group.key] or {}
    for _, task in ipairs(loaded) do
      add(('%stask %s · %s%s'):format(prefix, task.id, task.text, place(task)), { task = task })
    end
    if open and #loaded < group.count then add(('%s… %d more'):format(prefix, group.count - #loaded), { more = group }) end
  end
  return text, rows
end

local function paint()
  local buffer = M.buffer()
  local text, rows = lines()
  state.rows = rows
  vim.api.nvim_buf_set_option(buffer, 'modifiable', true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, text)
  vim.api.nvim_buf_set_option(buffer, 'modifiable', false)
end

-- ---- what is asked

-- `done` gets the answer, on the main loop; none if the program runs on meanwhile.
local function ask(arguments, done)
  local session, round = require('dap').session(), state.round
  if not session or not session.stopped_thread_id then return end
  arguments.groupBy = groupings[state.by]
  arguments.filter = state.filter ~= '' and state.filter or nil
  session:request('stackful/tasks', arguments, function(err, body)
    vim.schedule(function()
      if round ~= state.round then return end
      if err then state.told = err.message or tostring(err) else done(body) end
      paint()
    end)
  end)
end

local function load(group)
  local loaded = state.tasks[group.key] or {}
  ask({ group = group.key, start = #loaded, count = page }, function(body)
    state.tasks[group.key] = vim.list_extend(loaded, body.tasks)
  end)
end

-- Anew: at a stop, or when it is shown.
function M.render()
  vim.schedule(function()
    local session = require('dap').session()
    state.round = state.round + 1
    state.groups, state.tasks = {}, {}
    state.told = not session and 'no session' or session.stopped_thread_id and 'tasks' or 'the program runs'
    paint()
    ask({}, function(body)
      state.groups = body.groups
      state.told = ('%d task%s'):format(body.all, body.all == 1 and '' or 's')
      for _, group in ipairs(body.groups) do
        if state.open[group.key] then load(group) end
      end
    end)
  end)
end

-- ---- keys

-- In a window of a file, not in this one.
local function go_to(task)
  local path = task.source and task.source.path
  if not path or task.line < 1 then return vim.notify('stackful: the place of task ' .. task.id .. ' is not known') end
  local target
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local buffer = vim.api.nvim_win_get_buf(window)
    if vim.api.nvim_buf_get_option(buffer, 'buftype') == '' then target = target or window end
  end
  if target then vim.api.nvim_set_current_win(target) else vim.cmd('leftabove vnew') end
  vim.cmd('edit ' .. vim.fn.fnameescape(path))
  vim.api.nvim_win_set_cursor(0, { math.min(task.line, vim.api.nvim_buf_line_count(0)), math.max(0, task.column - 1) })
end

function M.act()
  local row = state.rows[vim.fn.line('.')] or {}
  if row.task then return go_to(row.task) end
  if row.more then return load(row.more) end
  if not row.group then return end
  state.open[row.group.key] = not state.open[row.group.key] or nil
  if state.open[row.group.key] and not state.tasks[row.group.key] then load(row.group) else paint() end
end

function M.group()
  state.by = state.by % #groupings + 1
  state.open = {}
  M.render()
end

-- ---- the buffer

function M.buffer()
  if state.buffer and vim.api.nvim_buf_is_valid(state.buffer) then return state.buffer end
  state.buffer = vim.api.nvim_create_buf(false, true)
  pcall(vim.api.nvim_buf_set_name, state.buffer, 'stackful tasks')
  for option, value in pairs({ buftype = 'nofile', swapfile = false, modifiable = false, filetype = 'stackful_tasks' }) do
    vim.api.nvim_buf_set_option(state.buffer, option, value)
  end
  local function map(key, name, what)
    vim.api.nvim_buf_set_keymap(state.buffer, 'n', key, "<Cmd>lua require('stackful.tasks')." .. name .. '()<CR>', { noremap = true, silent = true, desc = what })
  end
  map('<CR>', 'act', 'open, or go to the await')
  map('<2-LeftMouse>', 'act', 'open, or go to the await')
  map('<Tab>', 'group', 'group by something else')
  map('q', 'close', 'close the window')
  return state.buffer
end

-- Of tasks whose root future matches; "" or nothing: of all.
function M.open(regex)
  state.filter = regex or ''
  local window = vim.fn.bufwinid(M.buffer())
  if window > 0 then
    vim.api.nvim_set_current_win(window)
  else
    vim.cmd('botright vsplit')
    vim.api.nvim_win_set_buf(0, M.buffer())
    vim.api.nvim_win_set_option(0, 'wrap', false)
  end
  M.render()
end

function M.close()
  if #vim.api.nvim_list_wins() > 1 then vim.api.nvim_win_close(0, false) end
end

local function register()
  local ok, dapui = pcall(require, 'dapui')
  if not ok then error('stackful: setup { dapui = true } needs nvim-dap-ui (and nvim-nio), which is not there: ' .. tostring(dapui):match('^[^\n]*'), 0) end
  if state.registered then return end -- setup was called before
  state.registered = true
  dapui.register_element('tasks', {
    render = M.render, buffer = M.buffer, allow_without_session = true,
    float_defaults = function() return { width = 90, height = 30, enter = true } end,
  })
end

-- Refreshes at stops; with nvim-dap-ui there, `tasks` is an element of it, to be named in its layouts.
function M.setup(dapui)
  local listeners = require('dap').listeners.after
  for _, event in ipairs({ 'event_stopped', 'event_continued', 'event_terminated', 'event_exited', 'continue', 'disconnect' }) do
    listeners[event]['stackful.tasks'] = function()
      if state.buffer then M.render() end
    end
  end
  if dapui then register() end
end

return M
