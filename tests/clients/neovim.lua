-- In a headless Neovim with nvim-dap: doc/neovim.md as pasted, then the Lua module. Started by neovim.sh, in a copy of
-- the package `many`. Exit status 0 only if all went through.
local top, adapter = os.getenv('TOP'), os.getenv('ADAPTER')
local patience = 60000 * tonumber(os.getenv('STACKFUL_TEST_PATIENCE') or '1')

local function check(what, ok, told)
  if not ok then error(what .. (told ~= nil and ': ' .. vim.inspect(told) or ''), 0) end
end
local function wait(what, fn) check('waited in vain for ' .. what, vim.wait(patience, fn, 10)) end
local function read(path) return table.concat(vim.fn.readfile(path), '\n') end
local function line_of(mark)
  for number, text in ipairs(vim.fn.readfile('src/main.rs')) do
    if text:find('MARK: ' .. mark, 1, true) then return number end
  end
  error('no mark ' .. mark)
end

local began = vim.loop.hrtime()
local first -- stop: seconds after the start
local notes = {}
vim.notify = function(text) table.insert(notes, text) end

local function main()
  vim.v.errmsg = ''
  local dap = require('dap')
  vim.cmd('edit src/main.rs')
  vim.bo.filetype = 'rust'
  vim.fn.cursor(line_of('stop'), 1)
  dap.toggle_breakpoint()

  local function stop_of(config)
    dap.run(config)
    wait('the stop; notes: ' .. vim.inspect(notes), function()
      local session = dap.session()
      return session and session.stopped_thread_id and session.current_frame
    end)
    first = first or (vim.loop.hrtime() - began) / 1e9
    local frame = dap.session().current_frame
    check('frame', frame.name == 'many::checkout' and frame.line == line_of('stop'), frame)
  end
  local function finish()
    dap.terminate()
    wait('the end', function() return not dap.session() end)
  end

  -- as pasted
  local pasted = read(top .. '/doc/neovim.md'):match('```lua\n(.-)\n```')
  check('doc/neovim.md has a lua block', pasted)
  assert(loadstring(pasted))()
  dap.adapters.stackful.command = adapter
  check('attach picks a process', dap.configurations.rust[2].pid == require('dap.utils').pick_process)
  stop_of(dap.configurations.rust[1])
  finish()

  local module = dofile(top .. '/tests/clients/neovim_module.lua')
  -- attach: the picker's answer is the program that was started here
  local job = vim.fn.jobstart({ vim.env.CARGO_TARGET_DIR .. '/debug/many' })
  dap.run(vim.tbl_extend('force', dap.configurations.rust[2], { pid = function() return vim.fn.jobpid(job) end }))
  wait('a session', function() return dap.session() and dap.session().initialized end)
  finish()
  vim.fn.jobstop(job)
  -- a core file, which alone is asked for
  job = vim.fn.jobstart({ vim.env.CARGO_TARGET_DIR .. '/debug/echo' }, { on_stdout = function(_, lines) notes[1] = lines[1] end }) -- which does not end
  wait('echo to listen', function() return (notes[1] or ''):find('Listening') end)
  if vim.fn.executable('gcore') == 1 then
    local core = vim.fn.getcwd() .. '/core.' .. vim.fn.jobpid(job)
    vim.fn.system({ 'gcore', '-o', 'core', tostring(vim.fn.jobpid(job)) })
    local input, file = vim.fn.input, vim.api.nvim_get_current_buf()
    vim.fn.input = function(prompt) return prompt == 'Core file: ' and core or error('asked for ' .. prompt) end
    dap.run(dap.configurations.rust[3])
    wait('the stop in the core file; notes: ' .. vim.inspect(notes), function() return dap.session() and dap.session().stopped_thread_id end)
    vim.fn.input = input
    local told
    dap.session():request('evaluate', { expression = 'async bt all', context = 'repl' }, function(error, body) told = error or body end)
    wait('its tasks', function() return told end)
    check('what the core file waits for', (told.result or ''):find('waits for a connection', 1, true), told)
    finish()
    vim.api.nvim_set_current_buf(file) -- the stop showed tokio's
  end
  vim.fn.jobstop(job)

  -- the module
  dap.configurations.rust = {}
  vim.opt.runtimepath:append(top .. '/doc/nvim')
  local buffer = vim.api.nvim_get_current_buf()
  module.options(check, adapter)
  module.help(check, top)
  module.cargo(check, wait)
  job = vim.fn.jobstart({ vim.env.CARGO_TARGET_DIR .. '/debug/echo' }) -- which does not end
  module.processes(wait, vim.fn.jobpid(job))
  vim.cmd('buffer ' .. buffer)
  local select = vim.ui.select
  vim.ui.select = function(items, options, done)
    for _, one in ipairs(items) do
      if one.pid == vim.fn.jobpid(job) then return vim.schedule(function() done(one) end) end
    end
    table.insert(notes, 'the program is not among ' .. vim.inspect(vim.tbl_map(options.format_item, items)))
  end
  local attach = vim.tbl_filter(function(config) return config.name == 'Attach to a process' end, require('stackful').configurations(buffer))[1]
  dap.run(attach)
  wait('a session of the picked process; notes: ' .. vim.inspect(notes), function() return dap.session() and dap.session().initialized end)
  finish()
  vim.ui.select = select
  vim.fn.jobstop(job)

  require('stackful').setup({ adapter = adapter, dapui = os.getenv('DAP_UI') ~= nil })
  local offer = dap.providers and dap.providers.configs.stackful or require('stackful').configurations -- older ones have no providers
  local offered = offer(buffer)
  local names = vim.tbl_map(function(config) return config.name end, offered)
  check('offered', vim.deep_equal(names, { 'Debug bin many', 'Debug tests of bin many', 'Attach to a process', 'Open a core file' }), names)
  stop_of(offered[1])
  local listed
  require('stackful').tasks('', function(items) listed = items end)
  wait('the tasks', function() return listed end)
  check('tasks listed', #listed == 10002, #listed)
  vim.cmd('StackfulTasks writer')
  wait('the writers', function() return #vim.fn.getqflist() == 1000 end)
  vim.cmd('cfirst')
  check('jumped to the await', vim.fn.line('.') == line_of('lock'), vim.fn.line('.'))
  vim.cmd('StackfulTasks nothing_of_this_name')
  wait('none', function() return (notes[#notes] or ''):find('none of 10002 tasks matches nothing_of_this_name', 1, true) end)
  vim.cmd('StackfulTasks a(b')
  wait('the complaint', function() return (notes[#notes] or ''):find('parenthesis') end)
  -- groups: in their buffer; as an element of nvim-dap-ui, where that is at hand
  local groups = require('stackful.tasks')
  local function text() return table.concat(vim.api.nvim_buf_get_lines(groups.buffer(), 0, -1, false), '\n') end
  local function shows(what) wait(what .. ' in:\n' .. text():sub(1, 2000), function() return text():find(what, 1, true) end) end
  if os.getenv('DAP_UI') then
    require('dapui').setup({ layouts = { { elements = { 'stacks', 'tasks' }, size = 60, position = 'left' } } })
    require('dapui').open()
    local window = vim.fn.bufwinid(groups.buffer())
    check('nvim-dap-ui shows the tasks', window > 0)
    vim.api.nvim_set_current_win(window)
    groups.render()
  else
    vim.cmd('StackfulTaskGroups')
  end
  shows('10002 tasks · by root')
  shows('▸ many::writer × 1000')
  vim.fn.search('many::writer')
  groups.act()
  shows('… 800 more')
  vim.fn.search('800 more')
  groups.act()
  shows('… 600 more')
  vim.fn.search('task \\d\\+ · idle: Mutex')
  groups.act()
  check('went to the await, in the window of the file', vim.fn.expand('%:t') == 'main.rs' and vim.fn.line('.') == line_of('lock'), vim.fn.expand('%'))
  vim.api.nvim_set_current_win(vim.fn.bufwinid(groups.buffer()))
  groups.group()
  shows('▸ idle: sleep × 9000')
  vim.cmd('StackfulTaskGroups writer')
  shows('10002 tasks · /writer/ · by wait')
  check('the window that is there is shown', #vim.fn.win_findbuf(groups.buffer()) == 1, vim.fn.win_findbuf(groups.buffer()))
  finish()
  shows('no session')
  check('no callback had an error', vim.v.errmsg == '', vim.v.errmsg)
end

local ok, why = pcall(main)
io.stdout:write(ok and 'neovim: as pasted, attach, core, module, :StackfulTasks, groups' .. (os.getenv('DAP_UI') and ' in nvim-dap-ui' or '') .. ('; the first stop after %.1f s'):format(first) .. ': well\n' or ('neovim: ' .. tostring(why) .. '\n'))
vim.cmd(ok and 'qall!' or 'cquit!')
