-- The signing keys as they are. ARGV: prefix.
local row = redis.call('HMGET', P .. 'signing_keys', 'v', 'version', 'keys')
if not row[1] and redis.call('EXISTS', P .. 'signing_keys') == 0 then return {'none'} end
if row[1] ~= '1' or not row[2] or not row[3] then return {'corrupt'} end
return {'found', row[2], row[3]}
