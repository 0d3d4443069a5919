-- Ends everything an owner has. ARGV: prefix, owner, kind of record, target of record, reach, reason, now.
return {'done', end_owner(ARGV[2], ARGV[3], ARGV[4], ARGV[5] == 'everything', ARGV[6], tonumber(ARGV[7]))}
