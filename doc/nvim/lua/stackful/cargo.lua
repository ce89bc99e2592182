-- cargo: what there is to debug (`cargo metadata`), and building it (the key `cargo` of a configuration).
local M = {}

local libraries = { lib = true, rlib = true, dylib = true, cdylib = true, staticlib = true, ['proc-macro'] = true }

local function decode(line)
  local ok, value = pcall(vim.fn.json_decode, line)
  return ok and type(value) == 'table' and value or nil
end

-- rustup's place counts, too: an editor that was started from a menu has not read the shell's profile.
local function program()
  local home = (vim.env.CARGO_HOME or (vim.env.HOME or '') .. '/.cargo') .. '/bin/cargo'
  return vim.fn.executable('cargo') == 1 and 'cargo' or vim.fn.executable(home) == 1 and home or nil
end
M.program = program

local missing = "cargo is not on PATH; is Rust installed? See https://rustup.rs"

-- ---- what there is to debug

-- The nearest folder above a file (nil: the working folder) that has a Cargo.toml.
function M.package_folder(file)
  local found = vim.fn.findfile('Cargo.toml', vim.fn.fnamemodify(file and file ~= '' and file or vim.fn.getcwd() .. '/x', ':p:h') .. ';')
  return found ~= '' and vim.fn.fnamemodify(found, ':p:h') or nil
end

local function packages(folder)
  if not program() then return nil, missing end
  local lines = vim.fn.systemlist({ program(), 'metadata', '--no-deps', '--format-version=1', '--manifest-path', folder .. '/Cargo.toml' })
  for _, line in ipairs(lines) do -- among cargo's warnings
    local metadata = line:sub(1, 1) == '{' and decode(line)
    if metadata and metadata.packages then return metadata.packages end
  end
  return nil, 'cargo metadata: ' .. vim.trim(table.concat(lines, '\n'))
end

-- Programs, examples, tests and benches of the workspace around `folder`, what belongs to `file` first, then those of its
-- package: { { label, cargo = {...}, args = {...}, folder } }; or nil and why.
function M.targets(folder, file)
  local list, why = packages(folder)
  if not list then return nil, why end
  local rows = {}
  for _, package in ipairs(list) do
    local home = vim.fn.fnamemodify(package.manifest_path, ':h')
    local function add(rank, target, label, words, args)
      local near = (target.src_path == file and 0 or home == folder and 10 or 20) + rank
      for _, word in ipairs({ '--package=' .. package.name, libraries[target.kind[1]] and '--lib' or ('--' .. target.kind[1] .. '=' .. target.name) }) do
        table.insert(words, word)
      end
      local features = target['required-features']
      if type(features) == 'table' and #features > 0 then table.insert(words, '--features=' .. table.concat(features, ',')) end
      table.insert(rows, { label = label, cargo = words, args = args, folder = home, near = near, at = #rows })
    end
    for _, target in ipairs(package.targets) do
      local kind = libraries[target.kind[1]] and 'lib' or target.kind[1]
      local name = kind .. ' ' .. target.name
      if kind == 'bin' or kind == 'example' then add(kind == 'bin' and 0 or 1, target, name, { 'build' }) end
      if kind == 'bench' then
        add(3, target, name, { 'bench', '--no-run' }, { '--bench' })
      elseif target.test and kind ~= 'example' and kind ~= 'custom-build' then
        add(2, target, kind == 'test' and name or 'tests of ' .. name, { 'test', '--no-run' }, { '--nocapture', '--test-threads=1' })
      end
    end
  end
  table.sort(rows, function(a, b) return a.near ~= b.near and a.near < b.near or a.near == b.near and a.at < b.at end)
  return rows
end

-- ---- the key `cargo`

local function is_list(value)
  for key, item in pairs(type(value) == 'table' and value or { 1 }) do
    if type(key) ~= 'number' or type(item) ~= 'string' then return false end
  end
  return true
end

-- Words behind cargo, or an object of args, env, cwd, filter: that object; or nil and what is wrong.
local function read_key(value)
  if type(value) == 'table' and is_list(value) then value = { args = #value > 0 and value or nil } end
  if type(value) ~= 'table' then return nil, 'cargo: expected a list of words or a table, not ' .. vim.inspect(value) end
  local args = value.args or { 'build' }
  if not is_list(args) then return nil, 'cargo.args: expected a list of words, not ' .. vim.inspect(args) end
  return { args = args, env = value.env, cwd = value.cwd, filter = value.filter or {} }
end

local not_run = { test = true, t = true, bench = true }

-- The command that builds and does not run; what stands behind `--` is the program's.
local function command_of(args)
  local words, rest, at, behind = {}, {}, nil, false
  for _, word in ipairs(args) do
    if word == '--' and not behind then
      behind = true
    elseif behind then
      table.insert(rest, word)
    elseif not word:find('^%-%-message%-format') then
      table.insert(words, word)
      at = at or not word:find('^[-+]') and #words or nil
    end
  end
  if not at then
    table.insert(words, 'build')
    at = #words
  end
  if words[at] == 'run' or words[at] == 'r' then words[at] = 'build' end
  if not_run[words[at]] and not vim.tbl_contains(words, '--no-run') then table.insert(words, at + 1, '--no-run') end
  table.insert(words, at + 1, '--message-format=json')
  return vim.list_extend({ program() or 'cargo' }, words), rest
end

-- rustc is run in the workspace's root, which is the manifest's folder or one above it.
local function path_of(name, manifest)
  if name:sub(1, 1) == '/' then return name end
  local near = vim.fn.fnamemodify(manifest or '', ':h')
  local folder = near
  while folder ~= '/' and folder ~= '.' do
    if vim.fn.filereadable(folder .. '/' .. name) == 1 then return folder .. '/' .. name end
    folder = vim.fn.fnamemodify(folder, ':h')
  end
  return near .. '/' .. name
end

local function problem_of(message)
  local told = message.message
  local span = told.spans[1]
  for _, one in ipairs(told.spans) do
    if one.is_primary then span = one break end
  end
  if not span then return end
  return { filename = path_of(span.file_name, message.manifest_path), lnum = span.line_start, col = span.column_start, text = told.message,
    type = told.level:find('^error') and 'E' or told.level == 'warning' and 'W' or 'I' }
end

-- A build of tests makes the package's programs, too, which its tests may start; they aren't meant.
local function meant(executables, filter, command)
  local function fits(one)
    return (not filter.name or one.name == filter.name) and (not filter.kind or one.kind == filter.kind)
  end
  local fitting = vim.tbl_filter(fits, executables)
  local tests = vim.tbl_contains(command, '--no-run') and vim.tbl_filter(function(one) return one.test end, fitting) or {}
  return #tests > 0 and tests or fitting
end

local function choose(items, done)
  if #items == 1 then return done(items[1]) end
  vim.ui.select(items, { prompt = 'Which one is to be debugged?', format_item = function(one) return vim.fn.fnamemodify(one.path, ':.') end }, function(one)
    if one then done(one) end
  end)
end

-- Lines of a stream that comes in pieces, as `on_stdout` of jobstart has them.
local function by_line(take)
  local rest = ''
  return function(_, data)
    data[1] = rest .. data[1]
    rest = table.remove(data)
    for _, text in ipairs(data) do take(text) end
  end
end

-- Builds by the key `cargo`, and calls `done` with { path, name, kind, test } and what stood behind `--`. What is wrong is told
-- by `say`, and in the quickfix list.
function M.build(value, folder, say, done)
  local key, wrong = read_key(value)
  if not key then return say(wrong, vim.log.levels.ERROR) end
  if not program() then return say(missing, vim.log.levels.ERROR) end
  folder = key.cwd or folder
  if vim.fn.isdirectory(folder) == 0 then return say('cargo: there is no folder ' .. folder, vim.log.levels.ERROR) end
  local command, rest = command_of(key.args)
  local title = table.concat(command, ' ')
  local executables, problems, errors = {}, {}, {}
  local function line(text)
    local message = text:sub(1, 1) == '{' and decode(text)
    if not message then return end
    if message.reason == 'compiler-artifact' and type(message.executable) == 'string' then
      local kind = message.target.kind[1]
      table.insert(executables, { path = message.executable, name = message.target.name, kind = libraries[kind] and 'lib' or kind, test = message.profile.test })
    elseif message.reason == 'compiler-message' then
      problems[#problems + 1] = problem_of(message) -- nil: of no place
    end
  end
  local function ended(status)
    if status ~= 0 then
      vim.fn.setqflist({}, ' ', { title = title, items = problems })
      if #problems > 0 then vim.cmd('botright copen') end
      local last = #problems > 0 and '' or ': ' .. vim.trim(table.concat(errors, '\n')):sub(-400)
      return say(('cargo ended with status %d%s'):format(status, last), vim.log.levels.ERROR)
    end
    executables = meant(executables, key.filter, command)
    if #executables == 0 then return say(title .. ' made no executable that is meant', vim.log.levels.ERROR) end
    choose(executables, function(one) done(one, rest) end)
  end
  say(title)
  local ok, job = pcall(vim.fn.jobstart, command, {
    cwd = folder, env = key.env and next(key.env) and key.env or nil,
    on_stdout = by_line(line), on_stderr = by_line(function(text) table.insert(errors, text) end),
    on_exit = function(_, status) vim.schedule(function() ended(status) end) end,
  })
  if not ok or job <= 0 then say('cargo can\'t be started: ' .. (ok and missing or tostring(job)), vim.log.levels.ERROR) end
end

return M
