-- Notes that a generation was seen in use. ARGV: prefix, id, generation, now.
local row = read_session(ARGV[2])
if row == false then return {'corrupt'} end
if row and row[GENERATION] == ARGV[3] and row[ENDED] == '' and row[CONFIRMED] == '' then
  redis.call('HSET', P .. 's:' .. ARGV[2], 'confirmed', ARGV[4])
end
return {'done'}
