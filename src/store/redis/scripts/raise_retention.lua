-- Keeps the highest retention ever told. ARGV: prefix, milliseconds.
local known = tonumber(redis.call('GET', P .. 'retention') or '0')
if known >= tonumber(ARGV[2]) then return {'done', known} end
redis.call('SET', P .. 'retention', ARGV[2])
return {'done', tonumber(ARGV[2])}
