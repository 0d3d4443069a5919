-- Reading a session row.

-- The subject and client, the absolute and idle deadline, and when it ended, of a row as it is stored.
local function session_parts(row)
  local _, _, _, _, _, _, _, absolute, client, _, subject = string.match(row[1], BOUND)
  local _, _, _, _, _, idle, ended = string.match(row[3], STATE)
  return subject, client, tonumber(absolute), tonumber(idle), ended
end

-- The row under a key; nil if there is none; false if this version cannot read it.
local function session_at(key)
  local row = redis.call('HMGET', key, 'bound', 'fixed', 'state')
  if row[1] and row[2] and row[3] and string.match(row[1], BOUND) and string.match(row[3], STATE) then return row end
  if redis.call('EXISTS', key) == 0 then return nil end
  return false
end

-- The state with an end written into it, if there was none.
local function with_end(state, at, reason)
  return (string.gsub(state, '  $', ' ' .. at .. ' ' .. reason))
end

-- The session, its end by a sweep under way included.
local function read_session(id)
  local row = session_at(P .. 's:' .. id)
  if row and redis.call('EXISTS', P .. 'sweeps') == 1 then
    local subject, client = session_parts(row)
    local at, reason = swept('s', id, subject, client)
    if at then row[3] = with_end(row[3], at, reason) end
  end
  return row
end

-- Whether it can still be used.
local function session_lives(row, now)
  local _, _, absolute, idle, ended = session_parts(row)
  return ended == '' and now < absolute and now < idle
end
