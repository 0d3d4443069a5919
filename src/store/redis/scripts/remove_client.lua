-- Forgets a client with its consents, and ends all it holds. ARGV: prefix, id, now.
local id, now = ARGV[2], tonumber(ARGV[3])
if redis.call('EXISTS', P .. 'c:' .. id) == 0 then return {'none'} end
local expires = record('registration', id, now, now)
redis.call('DEL', P .. 'c:' .. id)
redis.call('ZREM', P .. 'clients', id)
redis.call('UNLINK', P .. 'consents:' .. id)
return {'done', expires, end_owner('C:' .. id, 'client', id, true, 'client_revoked', now)}
