-- Forgets keys that stopped working. ARGV: prefix, before, limit.
local gone = redis.call('ZRANGEBYSCORE', P .. 'k:deadlines', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(gone) do
  local row = redis.call('HMGET', P .. 'k:' .. id, 'subject', 'client')
  if row[1] and row[2] then
    for _, owner in ipairs({owners(row[1], row[2])}) do redis.call('ZREM', P .. 'ko:' .. owner, id) end
  end
  redis.call('DEL', P .. 'k:' .. id)
  redis.call('ZREM', P .. 'k:deadlines', id)
end
return {'done', #gone}
