-- Reads on in the feed. ARGV: prefix, run of the server, number, limit.
-- A server that started again may have lost its last records, and others may have taken their place: from the start.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local last = tonumber(redis.call('GET', P .. 'number') or '0')
local after, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
if ARGV[2] ~= run or after > last then after = 0 end
local records = redis.call('ZRANGEBYSCORE', P .. 'feed', '(' .. whole(after), '+inf', 'LIMIT', 0, limit + 1)
if #records <= limit then return {'read', records, run, whole(last), 1} end
records[#records] = nil
return {'read', records, run, string.match(records[#records], '^%d+'), 0}
