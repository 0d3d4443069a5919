-- Remembers a new client. ARGV: prefix, id, settings, secrets, disabled, now.
local id, now = ARGV[2], tonumber(ARGV[6])
if redis.call('EXISTS', P .. 'c:' .. id) == 1 then return {'taken'} end
redis.call('HSET', P .. 'c:' .. id, 'v', '1', 'version', '1', 'settings', ARGV[3], 'secrets', ARGV[4],
  'disabled', ARGV[5])
redis.call('ZADD', P .. 'clients', 0, id)
return {'done', record('registration', id, now, now)}
