-- Notes that a key was used. ARGV: prefix, id, now, step.
local row = read_api_key(ARGV[2])
if row == false then return {'corrupt'} end
if row and (row[USED] == '' or math.min(tonumber(row[USED]) + tonumber(ARGV[4]), LATEST) <= tonumber(ARGV[3])) then
  redis.call('HSET', P .. 'k:' .. ARGV[2], 'used', ARGV[3])
end
return {'done'}
