-- Writes a new session, `fields` and their values, with its indices; says whether its id was free.
local function open_session(id, subject, client, deadline, fields)
  local key = P .. 's:' .. id
  if redis.call('EXISTS', key) == 1 then return false end
  redis.call('HSET', key, unpack(fields))
  -- The life is told from the birth, in the server's own time: a caller's clock may be off by the skew allowed.
  local life = math.max(deadline - born(id), 0)
  redis.call('PEXPIRE', key, whole(life + MARGIN))
  for _, owner in ipairs({owners(subject, client)}) do
    redis.call('ZADD', P .. 'so:' .. owner, 0, id)
    keep(P .. 'so:' .. owner, life)
  end
  redis.call('ZADD', P .. 's:deadlines', whole(deadline), id .. client .. '\n' .. subject)
  keep(P .. 's:deadlines', life)
  return true
end
