-- What the Lua module does without a program: its options, :checkhealth, :help, what cargo has to debug, builds and their errors,
-- processes. Returns a function, which neovim.lua calls in an empty folder.
local function write(path, text)
  vim.fn.mkdir(vim.fn.fnamemodify(path, ':h'), 'p')
  vim.fn.writefile(vim.split(text, '\n'), path)
end

local function options(check, adapter)
  local setup = require('stackful').setup
  for _, row in ipairs({ { 'x', 'takes a table' }, { { adaptor = 'x' }, 'knows no option `adaptor`' }, { { adapter = 5 }, '`adapter` is to be a string' },
    { { dapui = 'yes' }, '`dapui` is to be a boolean' } }) do
    local ok, why = pcall(setup, row[1])
    check('setup complains', not ok and why:find(row[2], 1, true), why)
  end
  setup()
  setup({ adapter = adapter })
  check('the second call counts', require('dap').adapters.stackful.command == adapter)
end

local function help(check, top)
  vim.cmd('help :StackfulTaskGroups')
  check('help', vim.fn.expand('%:t') == 'stackful.txt', vim.fn.expand('%'))
  vim.cmd('bdelete')
  vim.fn.mkdir('copy')
  vim.fn.writefile(vim.fn.readfile(top .. '/doc/nvim/doc/stackful.txt'), 'copy/stackful.txt')
  vim.cmd('helptags copy')
  local fresh = vim.fn.readfile('copy/tags')
  check('doc/nvim/doc/tags is out of date (:helptags doc/nvim/doc)', vim.deep_equal(fresh, vim.fn.readfile(top .. '/doc/nvim/doc/tags')), fresh)
  vim.cmd('checkhealth stackful')
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  for _, said in ipairs({ 'Linux on x86.64', 'nvim.dap is installed', 'the adapter is .*, stackful %d', 'cargo %d' }) do
    check('checkhealth says ' .. said, text:find('OK:? ' .. said), text)
  end
  vim.cmd('bdelete')
end

local shop = '[package]\nname = "nvim-shop"\nversion = "0.1.0"\nedition = "2021"\n'

-- No dependencies: it is built in a second or two.
local function workspace()
  write('ws/Cargo.toml', '[workspace]\nmembers = ["till", "shop"]\n') -- cargo warns that it has no resolver
  write('ws/till/Cargo.toml', '[package]\nname = "nvim-till"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n')
  write('ws/till/src/lib.rs', '')
  write('ws/shop/Cargo.toml', shop .. '[features]\nextra = []\n[[example]]\nname = "nvim-shows"\nrequired-features = ["extra"]\n')
  write('ws/shop/src/bin/nvim-one.rs', 'fn main() {}')
  write('ws/shop/src/bin/nvim-two.rs', 'fn main() {\n    println!("{}", env!("NVIM_SHOP"));\n}')
  write('ws/shop/examples/nvim-shows.rs', 'fn main() {}')
  write('ws/shop/tests/nvim-starts.rs', '#[test]\nfn starts() {\n    println!("{}", env!("CARGO_BIN_EXE_nvim-one"));\n}')
end

local function cargo(check, wait)
  workspace()
  local module, here = require('stackful.cargo'), vim.fn.getcwd() .. '/ws'
  local file = here .. '/shop/src/bin/nvim-two.rs'
  check('the package of a file', module.package_folder(file) == here .. '/shop', module.package_folder(file))
  local rows, why = module.targets(here .. '/shop', file)
  check('targets', rows, why)
  local labels = vim.tbl_map(function(row) return row.label end, rows)
  check('the file comes first, then its package', vim.deep_equal(labels, { 'bin nvim-two', 'tests of bin nvim-two', 'bin nvim-one', 'example nvim-shows',
    'tests of bin nvim-one', 'test nvim-starts', 'tests of lib nvim_till' }), labels)
  check('features', vim.tbl_contains(rows[4].cargo, '--features=extra'), rows[4].cargo)

  local env = { CARGO_TARGET_DIR = vim.fn.getcwd() .. '/out', NVIM_SHOP = 'open' }
  local function built(value)
    local said, executable, arguments = {}, nil, nil
    module.build(value, here .. '/shop', function(text) table.insert(said, text) end, function(one, rest) executable, arguments = one, rest end)
    wait('cargo: ' .. vim.inspect(value) .. vim.inspect(said), function() return executable or #said > 1 or (said[1] or ''):find('expected') end)
    return executable or { name = '', path = '' }, table.concat(said, '\n'), arguments
  end
  local starts, said = built({ args = rows[6].cargo, env = env })
  check('a test is its harness, not the program that it starts', starts.name == 'nvim-starts' and starts.test, said)
  local one = built({ args = { 'build', '--bins' }, env = env, filter = { name = 'nvim-one' } })
  check('the filter chooses', one.name == 'nvim-one' and one.path:find(env.CARGO_TARGET_DIR, 1, true) == 1, one)
  local shows, _, rest = built({ args = { 'run', '--features=extra', '--example=nvim-shows', '--', '--port', '0' }, env = env })
  check('run builds only; words behind -- are the program\'s', shows.kind == 'example' and vim.deep_equal(rest, { '--port', '0' }), rest)
  write('ws/shop/src/bin/nvim-two.rs', 'fn main() {\n    let _: u8 = "";\n}') -- rustc explains E0308 in words that have no place
  _, said = built({ args = { 'build', '--bin=nvim-two' }, env = env })
  local problem = vim.fn.getqflist()[1]
  check('the error is in the quickfix list, in the member\'s file', said:find('status 101') and problem and vim.fn.bufname(problem.bufnr):find('shop/src/bin/nvim%-two.rs$')
    and problem.lnum == 2 and problem.type == 'E', { said, vim.fn.getqflist() })
  vim.cmd('cclose')
  _, said = built('build')
  check('a key that is no list', said:find('cargo: expected a list of words or a table, not "build"', 1, true), said)
  _, said = built({ args = { 'build', '--bin=none' }, env = env })
  check('what cargo says', said:find('no bin target named `none`', 1, true), said)
  write('ws/shop/Cargo.toml', 'nonsense')
  rows, why = module.targets(here .. '/shop', file)
  check('a broken manifest is told', not rows and why:find('cargo metadata: ', 1, true), why)
end

-- `pid` is of a program of tokio's, which has just been started.
local function processes(wait, pid)
  wait("process " .. pid .. " as one of tokio's, which come first", function()
    local at, plain
    for i, one in ipairs(require('stackful.processes').list()) do
      at = at or one.pid == pid and one.tokio and i or nil
      plain = plain or not one.tokio and i or nil
    end
    return at and plain and at < plain
  end)
end

return { options = options, help = help, cargo = cargo, processes = processes }
