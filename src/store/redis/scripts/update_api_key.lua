-- Changes a live key, with its revocation record. ARGV: prefix, id, now, then the fields that change and their values.
local id, now = ARGV[2], tonumber(ARGV[3])
local row = read_api_key(id)
if row == false then return {'corrupt'} end
if not row or not api_key_lives(row, now) then return {'none'} end
local expires = record('api_key', id, now, now)
if #ARGV > 3 then redis.call('HSET', P .. 'k:' .. id, unpack(ARGV, 4)) end
row = read_api_key(id)
index_stop(id, row[EXPIRES], row[ENDED])
return {'found', row, expires}
