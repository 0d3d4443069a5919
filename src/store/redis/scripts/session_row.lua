-- A session row, its fields in this order.
local VERSION, SUBJECT, CLIENT, CNF, POLICY, ABSOLUTE, FIXED = 1, 2, 3, 4, 5, 6, 7
local GENERATION, SEALING_KEY, ATTEMPT, ROTATED, CONFIRMED, IDLE, ENDED, REASON = 8, 9, 10, 11, 12, 13, 14, 15

-- The row under a key; nil if there is none; false if this version cannot read it.
local function session_at(key)
  local row = redis.call('HMGET', key, 'v', 'subject', 'client', 'cnf', 'policy', 'absolute', 'fixed',
    'generation', 'sealing_key', 'attempt', 'rotated', 'confirmed', 'idle', 'ended', 'reason')
  if row[VERSION] ~= '1' then
    if not row[VERSION] and redis.call('EXISTS', key) == 0 then return nil end
    return false
  end
  for i = SUBJECT, REASON do
    if not row[i] then return false end
  end
  return row
end

-- The session, its end by a sweep under way included.
local function read_session(id)
  local row = session_at(P .. 's:' .. id)
  if row and row[ENDED] == '' then
    local at, reason = swept('s', id, row[SUBJECT], row[CLIENT])
    if at then row[ENDED], row[REASON] = at, reason end
  end
  return row
end

local function session_lives(row, now)
  return row[ENDED] == '' and now < tonumber(row[ABSOLUTE]) and now < tonumber(row[IDLE])
end
