-- Reading a session row.

-- The subject and client, the absolute and idle deadline, and when it ended, of a row as it is stored.
local function session_parts(row)
  local _, _, _, _, _, _, _, _, _, absolute, client, _, subject = struct.unpack(FIXED, row[1])
  local _, _, _, _, idle, ended = struct.unpack(STATE, row[2])
  return subject, client, absolute, idle, ended
end

-- Whether both fields have the form that this version knows.
local function readable(fixed, state)
  if not (fixed and state) then return false end
  local well, version = pcall(struct.unpack, FIXED, fixed)
  local good, _, _, _, _, _, _, _, _, stop = pcall(struct.unpack, STATE, state)
  return well and good and version == 1 and stop == #state + 1
end

-- The row under a key; nil if there is none; false if this version cannot read it.
local function session_at(key)
  local row = redis.call('HMGET', key, 'fixed', 'state')
  if readable(row[1], row[2]) then return row end
  if redis.call('EXISTS', key) == 0 then return nil end
  return false
end

-- The session, its end by a sweep under way included.
local function read_session(id)
  local row = session_at(P .. 's:' .. id)
  if row and redis.call('EXISTS', P .. 'sweeps') == 1 then
    local subject, client = session_parts(row)
    local at, reason = swept('s', id, subject, client)
    if at then row[2] = with_end(row[2], at, reason) end
  end
  return row
end

-- Whether it can still be used.
local function session_lives(row, now)
  local _, _, absolute, idle, ended = session_parts(row)
  return ended < 0 and now < absolute and now < idle
end
