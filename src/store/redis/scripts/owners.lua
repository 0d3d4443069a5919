-- The owners that reach a row, and what was revoked of them.
local function owners(subject, client)
  return 'S:' .. subject, 'C:' .. client, 'B:' .. client .. '\n' .. subject
end

-- Up to which birth the owners of a new row are revoked, if at all.
local function marked(subject, client)
  local s, c, b = owners(subject, client)
  local latest
  for _, mark in ipairs(redis.call('MGET', P .. 'm:' .. s, P .. 'm:' .. c, P .. 'm:' .. b)) do
    local at = tonumber(mark or nil)
    if at and (not latest or at > latest) then latest = at end
  end
  return latest
end

-- When and why a row of kind 's' or 'k' ended by a revocation of its owner that has not reached the row itself yet.
local function swept(kind, id, subject, client)
  if redis.call('EXISTS', P .. 'sweeps') == 0 then return nil end
  local s, c, b = owners(subject, client)
  for _, sweep in ipairs(redis.call('HMGET', P .. 'sweeps', kind .. s, kind .. c, kind .. b)) do
    if sweep then
      local not_before, at, reason = string.match(sweep, '^(%d+) (%d+) ([%l_]+) ')
      if born(id) <= tonumber(not_before) then return at, reason end
    end
  end
  return nil
end
