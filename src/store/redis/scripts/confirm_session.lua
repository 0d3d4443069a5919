-- Notes that a generation was seen in use. ARGV: prefix, id, generation, now.
local row = read_session(ARGV[2])
if row == false then return {'corrupt'} end
if row then
  local generation, sealing_key, attempt, rotated, confirmed, idle, ended = string.match(row[3], STATE)
  if generation == ARGV[3] and confirmed == '' and ended == '' then
    redis.call('HSET', P .. 's:' .. ARGV[2], 'state',
      table.concat({generation, sealing_key, attempt, rotated, ARGV[4], idle, '', ''}, ' '))
  end
end
return {'done'}
