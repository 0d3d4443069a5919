-- Replaces a live key by its successor.
-- ARGV: prefix, id, overlap until, now, successor's id, subject, client, then its fields and their values.
local id, overlap, now, successor = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local row = read_api_key(id)
if row == nil then return {'not_live'} end
if not row then return {'corrupt'} end
if row[REPLACED] == successor then return {'rotated', -1} end
if row[REPLACED] ~= '' then return {'replaced', row[REPLACED]} end
if not api_key_lives(row, now) then return {'not_live'} end
local mark = marked(ARGV[6], ARGV[7])
if mark and born(successor) <= mark then return {'revoked', whole(mark)} end
if redis.call('EXISTS', P .. 'k:' .. successor) == 1 then return {'taken'} end
-- The successor first: where memory is full nothing has been written yet.
write_api_key(successor, ARGV[6], ARGV[7], 8)
local until_when = whole(math.min(tonumber(row[EXPIRES]) or overlap, overlap))
redis.call('HSET', P .. 'k:' .. id, 'replaced', successor, 'expires', until_when)
index_stop(id, until_when, row[ENDED])
return {'rotated', record('api_key', id, now, now)}
