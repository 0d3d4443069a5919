-- Ends one session with its revocation record, and says what came of it.
local function close_session(id, reason, now)
  local row = read_session(id)
  if row == nil then return {'none'} end
  if not row then return {'corrupt'} end
  local _, _, _, _, ended = session_parts(row)
  if ended >= 0 then return {'ended', whole(ended)} end
  local lived = session_lives(row, now)
  local expires = record('session', id, now, now)
  redis.call('HSET', P .. 's:' .. id, 'state', with_end(row[2], now, reason))
  return {'done', lived and 1 or 0, expires}
end
