-- Uses up a value, and says whether this was its first use. ARGV: prefix, value, attempt, expiry, now.
local key, now = P .. 'o:' .. ARGV[2], tonumber(ARGV[5])
local known = redis.call('GET', key)
if known then
  local by, expires = string.match(known, '^(%x+) (%d+)$')
  if not by then return {'corrupt'} end
  if now < tonumber(expires) then return {'done', by == ARGV[3] and 1 or 0} end
end
local life = math.max(tonumber(ARGV[4]) - now, 0)
redis.call('SET', key, ARGV[3] .. ' ' .. ARGV[4], 'PX', whole(life + MARGIN))
redis.call('ZADD', P .. 'o:deadlines', ARGV[4], ARGV[2])
keep(P .. 'o:deadlines', life)
return {'done', 1}
