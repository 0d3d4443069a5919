-- What every script begins with, and rotation makes when it needs it. ARGV[1] is the key prefix; identifiers are 36
-- hexadecimal digits, so that text order is birth order; times are whole milliseconds, which a Lua number holds exactly;
-- '' stands for "none".
local P = ARGV[1]
local LATEST = 253402300799999
-- How much longer than its use the server keeps a key: clean-up must not run ahead of a caller's clock.
local MARGIN = 600000

-- Lua itself would write 1.7e+12.
local function whole(n) return string.format('%d', n) end

-- When an identifier was born: its first six bytes.
local function born(id) return tonumber(string.sub(id, 1, 12), 16) end

-- Lets a key live at least `ms` longer, never shorter than it would.
local function keep(key, ms)
  local life = math.max(ms, 0) + MARGIN
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, whole(life)) end
end
