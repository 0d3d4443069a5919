-- Remembers a consent, if the one before still has the scope that the caller has read.
-- ARGV: prefix, subject, client, scope before ('-' for none, else '+' and the scope), text, whether it narrows, now.
local subject, client, now = ARGV[2], ARGV[3], tonumber(ARGV[7])
local known = redis.call('HGET', P .. 'consents:' .. client, subject)
local before = '-'
if known then
  local scope = string.match(known, '^1 %d+ (.*)$')
  if not scope then return {'corrupt'} end
  before = '+' .. scope
end
if before ~= ARGV[4] then return {'conflict'} end
local ended = {}
if ARGV[6] == '1' then
  ended = end_owner('B:' .. client .. '\n' .. subject, 'subject_at_client', client .. '\n' .. subject, true,
    'consent_withdrawn', now)
end
redis.call('HSET', P .. 'consents:' .. client, subject, ARGV[5])
redis.call('ZADD', P .. 'consented:' .. subject, 0, client)
return {'done', ended}
