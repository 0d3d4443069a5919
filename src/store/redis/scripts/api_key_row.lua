-- An API-key row, its fields in this order.
local VERSION, SUBJECT, CLIENT, NAME, SCOPE, FIXED = 1, 2, 3, 4, 5, 6
local EXPIRES, USED, REPLACED, ENDED, REASON = 7, 8, 9, 10, 11

-- The row; nil if there is none; false if this version cannot read it.
local function read_api_key(id)
  local row = redis.call('HMGET', P .. 'k:' .. id, 'v', 'subject', 'client', 'name', 'scope', 'fixed', 'expires',
    'used', 'replaced', 'ended', 'reason')
  if row[VERSION] ~= '1' then
    if not row[VERSION] and redis.call('EXISTS', P .. 'k:' .. id) == 0 then return nil end
    return false
  end
  for i = SUBJECT, REASON do
    if not row[i] then return false end
  end
  if row[ENDED] == '' then
    local at, reason = swept('k', id, row[SUBJECT], row[CLIENT])
    if at then row[ENDED], row[REASON] = at, reason end
  end
  return row
end

local function api_key_lives(row, now)
  return row[ENDED] == '' and (row[EXPIRES] == '' or now < tonumber(row[EXPIRES]))
end

-- Notes when a key stops working, for pruning.
local function index_stop(id, expires, ended)
  local at = math.min(tonumber(expires) or LATEST, tonumber(ended) or LATEST)
  if expires == '' and ended == '' then
    redis.call('ZREM', P .. 'k:deadlines', id)
  else
    redis.call('ZADD', P .. 'k:deadlines', whole(at), id)
  end
end

-- Writes a new row: `first` is where its fields and values begin in ARGV.
local function write_api_key(id, subject, client, first)
  redis.call('HSET', P .. 'k:' .. id, unpack(ARGV, first))
  for _, owner in ipairs({owners(subject, client)}) do redis.call('ZADD', P .. 'ko:' .. owner, 0, id) end
  local stops = redis.call('HMGET', P .. 'k:' .. id, 'expires', 'ended')
  index_stop(id, stops[1], stops[2])
end
