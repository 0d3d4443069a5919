-- Ends one session with its revocation record. ARGV: prefix, id, reason, now.
local id, now = ARGV[2], tonumber(ARGV[4])
local row = read_session(id)
if row == nil then return {'none'} end
if not row then return {'corrupt'} end
if row[ENDED] ~= '' then return {'ended', row[ENDED]} end
local lived = session_lives(row, now)
local expires = record('session', id, now, now)
redis.call('HSET', P .. 's:' .. id, 'ended', ARGV[4], 'reason', ARGV[3])
return {'done', lived and 1 or 0, expires}
