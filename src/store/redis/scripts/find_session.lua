-- The session as it is. ARGV: prefix, id.
local row = read_session(ARGV[2])
if row == nil then return {'none'} end
if not row then return {'corrupt'} end
return {'found', row}
