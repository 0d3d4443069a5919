-- Remembers a new session, unless its birth is revoked.
-- ARGV: prefix, id, subject, client, deadline for pruning, then the fields and their values.
local id, subject, client = ARGV[2], ARGV[3], ARGV[4]
local deadline = tonumber(ARGV[5])
local mark = marked(subject, client)
if mark and born(id) <= mark then return {'revoked', whole(mark)} end
local key = P .. 's:' .. id
if redis.call('EXISTS', key) == 1 then return {'conflict'} end
redis.call('HSET', key, unpack(ARGV, 6))
-- The life is told from the birth, in the server's own time: a caller's clock may be off by the skew allowed.
local life = math.max(deadline - born(id), 0)
redis.call('PEXPIRE', key, whole(life + MARGIN))
for _, owner in ipairs({owners(subject, client)}) do
  local index = P .. 'so:' .. owner
  redis.call('ZADD', index, 0, id)
  keep(index, life)
end
redis.call('ZADD', P .. 's:deadlines', whole(deadline), id .. client .. '\n' .. subject)
keep(P .. 's:deadlines', life)
return {'inserted'}
