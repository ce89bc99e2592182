-- :checkhealth stackful
local M = {}

local health = vim.health or require('health')
local start, ok = health.start or health.report_start, health.ok or health.report_ok
local warn, bad = health.warn or health.report_warn, health.error or health.report_error
local info = health.info or health.report_info

local function run(command)
  local done, text = pcall(vim.fn.system, command)
  return done and vim.v.shell_error == 0, vim.trim(tostring(text))
end

local function editor()
  local system = vim.loop.os_uname()
  if system.sysname == 'Linux' and system.machine == 'x86_64' then ok('Linux on x86-64') else
    bad(('stackful is for Linux on x86-64, not %s on %s'):format(system.sysname, system.machine))
  end
  if vim.fn.has('nvim-0.7.2') == 1 then ok('Neovim is new enough (0.7.2)') else bad('Neovim 0.7.2 or newer is needed') end
  local found, dap = pcall(require, 'dap')
  if not found then return bad('nvim-dap is not installed', { 'https://github.com/mfussenegger/nvim-dap' }) end
  ok('nvim-dap is installed')
  if not (dap.providers and dap.providers.configs) then
    info('this nvim-dap is older than 0.8: what is offered to debug is of the folder that Neovim was started in')
  end
  info(pcall(require, 'dapui') and 'nvim-dap-ui is installed: setup { dapui = true } makes the element `tasks`'
    or 'nvim-dap-ui is not installed; it is not needed (:StackfulTaskGroups shows the same)')
  return dap
end

local function adapter(dap)
  local told = dap.adapters.stackful
  if not told then warn("require('stackful').setup() was not called; looking for `stackful` on PATH") end
  local command = type(told) == 'table' and told.command or 'stackful'
  if vim.fn.executable(command) == 0 then
    return bad(('the adapter `%s` is not there, or is no executable'):format(command),
      { "build it with ./dev build, and put build/stackful on PATH, or say setup { adapter = '/path/to/stackful' }" })
  end
  local well, text = run({ command, '--version' })
  if well then ok(('the adapter is %s, %s'):format(vim.fn.exepath(command), text)) else
    bad(('%s --version failed: %s'):format(command, text), { 'it needs glibc 2.34 or newer, and the shared libraries that it was built with' })
  end
end

local function cargo()
  local program = require('stackful.cargo').program()
  local well, text = false, 'cargo is not on PATH'
  if program then well, text = run({ program, '--version' }) end
  if well then ok(text) else
    warn(text, { 'nothing can be built from here; launch with `program` in .vscode/launch.json works, as does attaching', 'https://rustup.rs' })
  end
end

local scopes = {
  ['1'] = 'only programs that were launched from here can be debugged, others not attached to',
  ['2'] = 'only root may debug',
  ['3'] = 'nobody may debug until the next start of the machine',
}

local function kernel()
  local file = io.open('/proc/sys/kernel/yama/ptrace_scope')
  local scope = file and file:read('*l')
  if file then file:close() end
  if not scopes[scope] then return ok('the kernel lets a debugger attach to programs of the same user') end
  if vim.loop.getuid() == 0 and scope ~= '3' then return ok('the kernel lets root attach to programs') end
  local tell = scope == '1' and warn or bad
  tell(('kernel.yama.ptrace_scope is %s: %s'):format(scope, scopes[scope]),
    scope ~= '3' and { 'sudo sysctl -w kernel.yama.ptrace_scope=0 allows it until the next start' } or {})
end

function M.check()
  start('stackful')
  local dap = editor()
  if dap then adapter(dap) end
  cargo()
  kernel()
end

return M
