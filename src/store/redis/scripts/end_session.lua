-- Ends one session. ARGV: prefix, id, reason, now.
return close_session(ARGV[2], ARGV[3], tonumber(ARGV[4]))
