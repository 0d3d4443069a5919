-- An owner's live sessions, oldest first; looks at no more than 256 rows. ARGV: prefix, owner, after, limit, now.
-- Answers where to go on, '' at the end.
local limit, now = tonumber(ARGV[4]), tonumber(ARGV[5])
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local ids = redis.call('ZRANGEBYLEX', P .. 'so:' .. ARGV[2], from, '+', 'LIMIT', 0, 256)
local rows = {}
for _, id in ipairs(ids) do
  local row = read_session(id)
  if row == false then return {'corrupt'} end
  if row and session_lives(row, now) then
    rows[#rows + 1] = {id, row}
    if #rows == limit then return {'found', rows, ''} end
  end
end
return {'found', rows, #ids == 256 and ids[256] or ''}
