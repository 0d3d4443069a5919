-- Ends everything an owner has, with one record and a mark. Answers how many sessions and keys were live, the record's
-- times, and whether the rows of either kind are all written.
local function end_owner(owner, kind, target, everything, reason, now)
  -- The latest birth of a row that has not ended, where that is ahead of this caller's clock.
  local not_before = now
  local function look(rows)
    local ids = redis.call('ZREVRANGEBYLEX', P .. rows .. 'o:' .. owner, '+', '[' .. string.format('%012x', now + 1))
    for _, id in ipairs(ids) do
      local ended
      if rows == 's' then
        ended = end_of(redis.call('HGET', P .. 's:' .. id, 'state')) ~= -1
      else
        ended = redis.call('HGET', P .. 'k:' .. id, 'ended') ~= ''
      end
      if not ended then
        not_before = math.max(not_before, born(id))
        return
      end
    end
  end
  look('s')
  if everything then look('k') end

  local expires = record(kind, target, not_before, now)
  local mark = math.max(tonumber(redis.call('GET', P .. 'm:' .. owner) or '0'), not_before)
  local until_when = math.max(tonumber(redis.call('ZSCORE', P .. 'marks', owner) or '0'), expires)
  redis.call('SET', P .. 'm:' .. owner, whole(mark), 'PX', whole(math.max(until_when - now, 0) + MARGIN))
  redis.call('ZADD', P .. 'marks', whole(until_when), owner)
  keep(P .. 'marks', until_when - now)

  -- A sweep under way is taken over: it began with older rows, and so does this one.
  local sessions, sessions_done = sweep('s', owner, not_before, now, reason, '-')
  local api_keys, api_keys_done = 0, 1
  if everything then api_keys, api_keys_done = sweep('k', owner, not_before, now, reason, '-') end
  return {sessions, api_keys, not_before, expires, sessions_done, api_keys_done}
end
