-- Ends one key with its revocation record. ARGV: prefix, id, reason, now.
local id, now = ARGV[2], tonumber(ARGV[4])
local row = read_api_key(id)
if row == nil then return {'none'} end
if not row then return {'corrupt'} end
if row[ENDED] ~= '' then return {'ended', row[ENDED]} end
local lived = api_key_lives(row, now)
local expires = record('api_key', id, now, now)
redis.call('HSET', P .. 'k:' .. id, 'ended', ARGV[4], 'reason', ARGV[3])
index_stop(id, row[EXPIRES], ARGV[4])
return {'done', lived and 1 or 0, expires}
