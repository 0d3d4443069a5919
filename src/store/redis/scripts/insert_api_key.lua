-- Remembers a new key, unless its birth is revoked.
-- ARGV: prefix, id, subject, client, then the fields and their values.
local id, subject, client = ARGV[2], ARGV[3], ARGV[4]
local mark = marked(subject, client)
if mark and born(id) <= mark then return {'revoked', whole(mark)} end
if redis.call('EXISTS', P .. 'k:' .. id) == 1 then return {'conflict'} end
write_api_key(id, subject, client, 5)
return {'inserted'}
