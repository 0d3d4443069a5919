-- Takes a consent back, and ends all that the client holds for the subject. ARGV: prefix, subject, client, now.
local subject, client = ARGV[2], ARGV[3]
local ended = end_owner('B:' .. client .. '\n' .. subject, 'subject_at_client', client .. '\n' .. subject, true,
  'consent_withdrawn', tonumber(ARGV[4]))
redis.call('HDEL', P .. 'consents:' .. client, subject)
redis.call('ZREM', P .. 'consented:' .. subject, client)
return {'done', ended}
