-- Applies `decide_redemption` to the row, its lines tried from the top.
-- ARGV: prefix, id, client, redirect, challenge, attempt (sixteen hexadecimal digits), now.
local id, client, attempt, now = ARGV[2], ARGV[3], ARGV[6], tonumber(ARGV[7])
local key = P .. 'a:' .. id
local code = redis.call('HMGET', key, 'v', 'client', 'subject', 'session', 'redirect', 'challenge', 'expires',
  'deadline', 'extra', 'used')
if code[1] ~= '1' then
  if not code[1] and redis.call('EXISTS', key) == 0 then return {'refused', 'unknown'} end
  return {'corrupt'}
end
for i = 2, 10 do
  if not code[i] then return {'corrupt'} end
end
local session, used = code[4], code[10]
local row = session_at(P .. 'as:' .. id)
if not row then return {'corrupt'} end

if client ~= code[2] then return {'refused', 'other_client'} end
local fits = ARGV[4] == code[5] and ARGV[5] == code[6]
if used == 'r' .. attempt then return {'redeemed', code, row} end
if string.match(used, '^r%x+$') and fits then
  return {'replayed', session, close_session(session, 'code_replayed', now)}
end
if used ~= '' then return {'refused', 'used'} end
if now >= tonumber(code[7]) then return {'refused', 'expired'} end
if not fits then
  redis.call('HSET', key, 'used', 'burnt')
  return {'refused', 'mismatch'}
end
local mark = marked(code[3], client)
if mark and born(session) <= mark then return {'refused', 'revoked'} end
local deadline = tonumber(code[8])
if not open_session(session, code[3], client, deadline, redis.call('HGETALL', P .. 'as:' .. id)) then
  -- Somebody has the session already. Whoever it is, this caller has not.
  redis.call('HSET', key, 'used', 'burnt')
  return {'refused', 'used'}
end
code[10] = 'r' .. attempt
redis.call('HSET', key, 'used', code[10])
redis.call('ZADD', P .. 'a:deadlines', code[8], id)
for _, name in ipairs({key, P .. 'as:' .. id, P .. 'a:deadlines'}) do keep(name, deadline - now) end
return {'redeemed', code, row}
