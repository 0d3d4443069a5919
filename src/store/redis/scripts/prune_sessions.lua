-- Forgets sessions whose deadline has passed. ARGV: prefix, now, limit.
local gone = redis.call('ZRANGEBYSCORE', P .. 's:deadlines', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, member in ipairs(gone) do
  local id = string.sub(member, 1, 36)
  local client, subject = string.match(member, '^([^\n]*)\n(.*)$', 37)
  for _, owner in ipairs({owners(subject, client)}) do redis.call('ZREM', P .. 'so:' .. owner, id) end
  redis.call('DEL', P .. 's:' .. id)
  redis.call('ZREM', P .. 's:deadlines', member)
end
return {'done', #gone}
