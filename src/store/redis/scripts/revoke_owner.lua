-- Ends everything an owner has. ARGV: prefix, owner, kind of record, target of record, reach, reason, now.
local owner, reason, now = ARGV[2], ARGV[6], tonumber(ARGV[7])
local everything = ARGV[5] == 'everything'

-- The latest birth of a row that has not ended, where that is ahead of this caller's clock.
local not_before = now
local function look(kind)
  local ids = redis.call('ZREVRANGEBYLEX', P .. kind .. 'o:' .. owner, '+', '[' .. string.format('%012x', now + 1))
  for _, id in ipairs(ids) do
    if redis.call('HGET', P .. kind .. ':' .. id, 'ended') == '' then
      not_before = math.max(not_before, born(id))
      return
    end
  end
end
look('s')
if everything then look('k') end

local expires = record(ARGV[3], ARGV[4], not_before, now)
local mark = math.max(tonumber(redis.call('GET', P .. 'm:' .. owner) or '0'), not_before)
local until_when = math.max(tonumber(redis.call('ZSCORE', P .. 'marks', owner) or '0'), expires)
redis.call('SET', P .. 'm:' .. owner, whole(mark), 'PX', whole(until_when - now + MARGIN))
redis.call('ZADD', P .. 'marks', whole(until_when), owner)
keep(P .. 'marks', until_when - now)

local function begin(kind)
  -- A sweep under way is taken over: it began with older rows, and so does this one.
  return sweep(kind, owner, not_before, now, reason, '-')
end
local sessions, sessions_done = begin('s')
local api_keys, api_keys_done = 0, 1
if everything then api_keys, api_keys_done = begin('k') end
return {'done', sessions, api_keys, not_before, expires, sessions_done, api_keys_done}
