-- Ends one session with its revocation record, and says what came of it.
local function close_session(id, reason, now)
  local row = read_session(id)
  if row == nil then return {'none'} end
  if not row then return {'corrupt'} end
  if row[ENDED] ~= '' then return {'ended', row[ENDED]} end
  local lived = session_lives(row, now)
  local expires = record('session', id, now, now)
  redis.call('HSET', P .. 's:' .. id, 'ended', whole(now), 'reason', reason)
  return {'done', lived and 1 or 0, expires}
end
