-- Writes one record. ARGV: prefix, kind, target, now.
local now = tonumber(ARGV[4])
return {'done', record(ARGV[2], ARGV[3], now, now)}
