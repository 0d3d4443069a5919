-- Writes one record to the revocation feed, and returns when it expires.
local function record(kind, target, not_before, now)
  -- A script that has begun with a write which takes no memory is not stopped when memory is full: a full server can
  -- still revoke.
  redis.call('DEL', P .. 'none')
  local retention = tonumber(redis.call('GET', P .. 'retention') or '86460000')
  local expires = math.min(math.max(now, not_before) + retention, LATEST)
  -- Numbers grow with the server's clock, so that a server which lost its last writes never gives a number twice.
  local time = redis.call('TIME')
  local last = tonumber(redis.call('GET', P .. 'number') or '0')
  local number = whole(math.max(last + 1, time[1] * 1000000 + time[2]))
  redis.call('SET', P .. 'number', number)
  local text = table.concat({number, kind, whole(not_before), whole(expires), target}, '\n')
  redis.call('ZADD', P .. 'feed', number, text)
  redis.call('ZADD', P .. 'feed:expiry', whole(expires), number)
  keep(P .. 'feed', expires - now)
  keep(P .. 'feed:expiry', expires - now)
  redis.call('PUBLISH', P .. 'changed', number)
  return expires
end
