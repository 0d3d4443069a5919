-- Clients by id. ARGV: prefix, after, limit.
local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
local rows = {}
for _, id in ipairs(redis.call('ZRANGEBYLEX', P .. 'clients', from, '+', 'LIMIT', 0, ARGV[3])) do
  local row = read_client(id)
  if not row then return {'corrupt'} end
  rows[#rows + 1] = {id, row}
end
return {'found', rows}
