-- Forgets codes that can say nothing more. ARGV: prefix, now, limit.
local gone = redis.call('ZRANGEBYSCORE', P .. 'a:deadlines', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(gone) do
  redis.call('DEL', P .. 'a:' .. id, P .. 'as:' .. id)
  redis.call('ZREM', P .. 'a:deadlines', id)
end
return {'done', #gone}
