-- The row of a registered client: version of the row, count of changes, settings, secrets, when disabled.
local function read_client(id)
  local row = redis.call('HMGET', P .. 'c:' .. id, 'v', 'version', 'settings', 'secrets', 'disabled')
  if row[1] ~= '1' then
    if not row[1] and redis.call('EXISTS', P .. 'c:' .. id) == 0 then return nil end
    return false
  end
  for i = 2, 5 do
    if not row[i] then return false end
  end
  return row
end
