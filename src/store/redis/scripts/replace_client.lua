-- Replaces a client of this version; one that is disabled loses all it holds.
-- ARGV: prefix, id, version, next version, settings, secrets, disabled, now.
local id, now = ARGV[2], tonumber(ARGV[8])
local row = read_client(id)
if row == nil then return {'unknown'} end
if not row then return {'corrupt'} end
if row[2] ~= ARGV[3] then return {'conflict', row[2]} end
local expires = record('registration', id, now, now)
redis.call('HSET', P .. 'c:' .. id, 'version', ARGV[4], 'settings', ARGV[5], 'secrets', ARGV[6], 'disabled', ARGV[7])
if ARGV[7] == '' then return {'done', expires, {}} end
return {'done', expires, end_owner('C:' .. id, 'client', id, true, 'client_revoked', now)}
