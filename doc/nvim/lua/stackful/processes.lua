-- The processes that can be attached to, from /proc: programs that carry tokio first, then one's own, newest first.
local M = {}

-- In panic locations and names of every program that has tokio in it, stripped or not.
local of_tokio = { '/tokio-1.', 'tokio::runtime' }
local piece, most_read, overlap = 1024 * 1024, 256 * 1024 * 1024, 32
local known = {} -- by path, size and time

local function read(path)
  local file = io.open(path, 'rb')
  local text = file and file:read('*a')
  if file then file:close() end
  return text
end

local function carries(path)
  local file = io.open(path, 'rb')
  if not file then return false end
  local kept, at, found = '', 0, false
  while at < most_read and not found do
    local text = file:read(piece)
    if not text then break end
    at = at + #text
    text = kept .. text
    for _, mark in ipairs(of_tokio) do found = found or text:find(mark, 1, true) ~= nil end
    kept = text:sub(-overlap)
  end
  file:close()
  return found
end

local function names(folder)
  local found, handle = {}, vim.loop.fs_scandir(folder)
  while handle do
    local name = vim.loop.fs_scandir_next(handle)
    if not name then break end
    table.insert(found, name)
  end
  return found
end

-- comm of tokio's workers ("tokio-rt-worker" since 1.44, "tokio-runtime-worker" before), cut to 15 bytes by the kernel.
local function has_workers(folder)
  for i, tid in ipairs(names(folder .. '/task')) do
    local name = i <= 512 and read(folder .. '/task/' .. tid .. '/comm') or ''
    if name:find('^tokio%-rt%-worker') or name:find('^tokio%-runtime%-w') then return true end
  end
  return false
end

-- The folders where a distribution's own programs are, which are not looked into.
local function is_of_system(path)
  return path:find('^/usr/') or path:find('^/bin/') or path:find('^/sbin/') or path:find('^/lib')
end

local function process(proc, pid)
  local folder = proc .. '/' .. pid
  local words, stat = vim.trim((read(folder .. '/cmdline') or ''):gsub('%z', ' ')), vim.loop.fs_stat(folder)
  if words == '' or not stat then return nil end -- a thread of the kernel, or it has ended
  local mine, executable = stat.uid == vim.loop.getuid(), vim.loop.fs_readlink(folder .. '/exe')
  local name = vim.trim(read(folder .. '/comm') or '?')
  local tokio = has_workers(folder)
  local file = executable and mine and not tokio and not is_of_system(executable) and name ~= 'stackful' and vim.loop.fs_stat(folder .. '/exe')
  if file then
    local key = ('%s %d %d'):format(executable, file.size, file.mtime.sec)
    if known[key] == nil then known[key] = carries(folder .. '/exe') end
    tokio = known[key]
  end
  return { pid = tonumber(pid), name = name, command = words, tokio = tokio, mine = mine }
end

function M.list(proc)
  local found = {}
  for _, name in ipairs(names(proc or '/proc')) do
    local one = name:find('^%d+$') and tonumber(name) ~= vim.loop.getpid() and process(proc or '/proc', name)
    if one then table.insert(found, one) end
  end
  local function rank(one) return (one.tokio and 0 or 2) + (one.mine and 0 or 1) end
  table.sort(found, function(a, b) return rank(a) ~= rank(b) and rank(a) < rank(b) or rank(a) == rank(b) and a.pid > b.pid end)
  return found
end

function M.text(one)
  return one.pid and ('%d %s%s: %s'):format(one.pid, one.name, one.tokio and ' (tokio)' or '', one.command:sub(1, 100)) or one.text
end

-- Those with tokio, and behind them the way to the others.
local function ask(done)
  local function select(items)
    vim.ui.select(items, { prompt = 'Attach to which process?', format_item = M.text }, function(one)
      if one and one.others then select(one.others) else done(one) end
    end)
  end
  local all = M.list()
  local first = vim.tbl_filter(function(one) return one.tokio end, all)
  if #first == 0 then return select(all) end
  if #first < #all then table.insert(first, { text = 'another, without tokio', others = vim.list_slice(all, #first + 1) }) end
  select(first)
end

-- For a configuration's `pid`: asks, in the coroutine that nvim-dap calls it in.
function M.pick()
  local abort = require('dap').ABORT
  if not coroutine.running() then -- an old nvim-dap
    local picked
    ask(function(one) picked = one end)
    return picked and picked.pid or abort
  end
  return coroutine.create(function(dap)
    ask(function(one) coroutine.resume(dap, one and one.pid or abort) end)
  end)
end

return M
