-- Replaces the signing keys, if nobody else has. ARGV: prefix, version, next version, keys, now, then withdrawn kids.
local key, now = P .. 'signing_keys', tonumber(ARGV[5])
local known = redis.call('HMGET', key, 'v', 'version')
if known[1] and known[1] ~= '1' then return {'corrupt'} end
if (known[2] or '0') ~= ARGV[2] then return {'other'} end
local expires = {}
for i = 6, #ARGV do expires[#expires + 1] = record('signing_key', ARGV[i], now, now) end
redis.call('HSET', key, 'v', '1', 'version', ARGV[3], 'keys', ARGV[4])
return {'done', expires}
