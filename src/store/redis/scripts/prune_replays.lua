-- Forgets used values whose time has passed. ARGV: prefix, now, limit.
local gone = redis.call('ZRANGEBYSCORE', P .. 'o:deadlines', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, value in ipairs(gone) do
  redis.call('DEL', P .. 'o:' .. value)
  redis.call('ZREM', P .. 'o:deadlines', value)
end
return {'done', #gone}
