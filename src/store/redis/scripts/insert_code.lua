-- Remembers a new code, and beside it the session that it will open.
-- ARGV: prefix, id, client, subject, session, redirect, challenge, expiry, deadline of the session, extra, used, then
-- the session's fields and their values.
local id = ARGV[2]
local key = P .. 'a:' .. id
if redis.call('EXISTS', key) == 1 then return {'taken'} end
redis.call('HSET', key, 'v', '1', 'client', ARGV[3], 'subject', ARGV[4], 'session', ARGV[5], 'redirect', ARGV[6],
  'challenge', ARGV[7], 'expires', ARGV[8], 'deadline', ARGV[9], 'extra', ARGV[10], 'used', ARGV[11])
redis.call('HSET', P .. 'as:' .. id, unpack(ARGV, 12))
local goes = string.sub(ARGV[11], 1, 1) == 'r' and ARGV[9] or ARGV[8]
local life = math.max(tonumber(goes) - born(id), 0)
redis.call('ZADD', P .. 'a:deadlines', goes, id)
for _, name in ipairs({key, P .. 'as:' .. id, P .. 'a:deadlines'}) do keep(name, life) end
return {'inserted'}
