-- Remembers a new session, unless its birth is revoked.
-- ARGV: prefix, id, subject, client, deadline for pruning, then the fields and their values.
local id, subject, client = ARGV[2], ARGV[3], ARGV[4]
local mark = marked(subject, client)
if mark and born(id) <= mark then return {'revoked', whole(mark)} end
if not open_session(id, subject, client, tonumber(ARGV[5]), {unpack(ARGV, 6)}) then return {'conflict'} end
return {'inserted'}
