-- A subject's consents by client; looks at no more than 256. ARGV: prefix, subject, after, limit.
-- Answers where to go on, '' at the end. A client that was removed took its consents with it, and leaves its name here.
local limit = tonumber(ARGV[4])
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local clients = redis.call('ZRANGEBYLEX', P .. 'consented:' .. ARGV[2], from, '+', 'LIMIT', 0, 256)
local rows = {}
for _, client in ipairs(clients) do
  local known = redis.call('HGET', P .. 'consents:' .. client, ARGV[2])
  if known then
    rows[#rows + 1] = {client, known}
    if #rows == limit then return {'found', rows, ''} end
  end
end
return {'found', rows, #clients == 256 and clients[256] or ''}
