-- Ends the rows of an owner, a stretch at a time. What a stretch has not reached yet is named in the hash of sweeps,
-- which every script that reads a row consults: the rows are dead from the first stretch on.
local STRETCH = 1000

-- Writes an end into a row that has none; says whether it was live.
local function session_ended(id, at, reason)
  local key = P .. 's:' .. id
  local row = redis.call('HMGET', key, 'fixed', 'state')
  local ended = end_of(row[2])
  if not ended or ended >= 0 then return 0 end
  redis.call('HSET', key, 'state', with_end(row[2], at, reason))
  local _, _, _, _, idle = struct.unpack(STATE, row[2])
  local well, _, _, _, _, _, _, _, _, _, absolute = pcall(struct.unpack, FIXED, row[1] or '')
  return (well and at < absolute and at < idle) and 1 or 0
end

local function api_key_ended(id, at, reason)
  local key = P .. 'k:' .. id
  local row = redis.call('HMGET', key, 'ended', 'expires')
  if row[1] ~= '' then return 0 end
  redis.call('HSET', key, 'ended', whole(at), 'reason', reason)
  local expires = tonumber(row[2] or nil)
  redis.call('ZADD', P .. 'k:deadlines', whole(math.min(at, expires or at)), id)
  return (not expires or at < expires) and 1 or 0
end

-- Ends one stretch; says how many rows were live, and whether all is done.
local function sweep(kind, owner, not_before, at, reason, from)
  redis.call('DEL', P .. 'none') -- so that it goes on when memory is full
  local ids = redis.call('ZRANGEBYLEX', P .. kind .. 'o:' .. owner, from,
    '(' .. string.format('%012x', not_before + 1), 'LIMIT', 0, STRETCH)
  local lived = 0
  local row_ended = kind == 's' and session_ended or api_key_ended
  for _, id in ipairs(ids) do lived = lived + row_ended(id, at, reason) end
  if #ids < STRETCH then
    redis.call('HDEL', P .. 'sweeps', kind .. owner)
    return lived, 1
  end
  redis.call('HSET', P .. 'sweeps', kind .. owner,
    table.concat({whole(not_before), whole(at), reason, '(' .. ids[#ids]}, ' '))
  return lived, 0
end

-- Goes on with a sweep that was begun.
local function sweep_on(field)
  local state = redis.call('HGET', P .. 'sweeps', field)
  if not state then return 0, 1 end
  local not_before, at, reason, from = string.match(state, '^(%d+) (%d+) ([%l_]+) (.+)$')
  return sweep(string.sub(field, 1, 1), string.sub(field, 2), tonumber(not_before), tonumber(at), reason, from)
end
