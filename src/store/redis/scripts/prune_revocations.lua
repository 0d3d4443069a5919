-- Removes records and marks that have expired, and goes on with a sweep whose caller is gone.
-- ARGV: prefix, now, limit.
local gone = redis.call('ZRANGEBYSCORE', P .. 'feed:expiry', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, number in ipairs(gone) do
  redis.call('ZREMRANGEBYSCORE', P .. 'feed', number, number)
  redis.call('ZREM', P .. 'feed:expiry', number)
end
for _, owner in ipairs(redis.call('ZRANGEBYSCORE', P .. 'marks', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])) do
  redis.call('DEL', P .. 'm:' .. owner)
  redis.call('ZREM', P .. 'marks', owner)
end
local begun = redis.call('HKEYS', P .. 'sweeps')
if begun[1] then sweep_on(begun[1]) end
return {'done', #gone}
