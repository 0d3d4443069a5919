-- The consent as it is. ARGV: prefix, subject, client.
local known = redis.call('HGET', P .. 'consents:' .. ARGV[3], ARGV[2])
if not known then return {'none'} end
return {'found', known}
