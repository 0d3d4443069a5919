-- Notes that a generation was seen in use. ARGV: prefix, id, generation, now.
local row = read_session(ARGV[2])
if row == false then return {'corrupt'} end
if row then
  local generation, sealing_key, rotated, confirmed, idle, ended, attempt = struct.unpack(STATE, row[2])
  if generation == tonumber(ARGV[3]) and confirmed < 0 and ended < 0 then
    redis.call('HSET', P .. 's:' .. ARGV[2], 'state',
      struct.pack(STATE, generation, sealing_key, rotated, ARGV[4], idle, -1, #attempt, attempt, 0, ''))
  end
end
return {'done'}
