-- Applies `decide` to the row: the decision table, its lines tried from the top. The hottest script: it packs and unpacks
-- numbers rather than text, and answers a plain rotation with no more than what its caller cannot know.
-- ARGV: prefix, id, what is packed below, then client and proof where one was given.
local P, id, client, proof = ARGV[1], ARGV[2], ARGV[4] or '', ARGV[5] or ''
local presented, sealing_key, fast_forward, now, attempt = struct.unpack('>I4BBi8c8', ARGV[3])
local key = P .. 's:' .. id

local row = redis.call('HMGET', key, 'fixed', 'state')
if not (row[1] and row[2]) then
  if redis.call('EXISTS', key) == 0 then return {'rollback', -1} end
  return {'corrupt'}
end
local well, version, rotates, strict, client_proof, retry_window, retry_after_loss, idle_time, max_skew, _, absolute,
  of_client, cnf, subject = pcall(struct.unpack, FIXED, row[1])
local good, generation, key_now, rotated, confirmed, idle, ended, attempt_now, reason, stop =
  pcall(struct.unpack, STATE, row[2])
if not (well and good) or version ~= 1 or stop ~= #row[2] + 1 or (ended >= 0) ~= (reason ~= '')
  or rotates > 1 or strict > 1 or client_proof > 1 or (attempt_now ~= '' and #attempt_now ~= 8)
  or (cnf ~= '' and not string.match(cnf, '^jkt:') and not string.match(cnf, '^x5t#S256:')) then
  return {'corrupt'}
end

-- Who may present the token at all.
if client ~= '' then
  if client ~= of_client then return {'refused', 'other_client'} end
elseif client_proof == 1 then
  return {'refused', 'client_required'}
end
if cnf ~= '' and cnf ~= proof then return {'refused', 'proof_required'} end

if ended < 0 and redis.call('EXISTS', P .. 'sweeps') == 1 then
  local swept = seldom()
  local at, why = swept('s', id, subject, of_client)
  if at then ended, reason = tonumber(at), why end
end
local age = rotated >= 0 and rotated < now and now - rotated or 0

-- This very attempt again: its first outcome.
if attempt_now == attempt then
  if ended >= 0 then
    if reason == 'reused' then return {'reused', math.max(generation - presented, 0), age, -1} end
  elseif now < absolute then
    return {'granted', 'rotated', -1, row}
  end
end

if ended >= 0 then return {'refused', 'ended', reason, string.format('%d', ended)} end
if now >= absolute then return {'refused', 'expired'} end

local behind = generation - presented
if (behind == 0 or behind == 1) and now >= idle then return {'refused', 'idle'} end

-- How far the row is ahead of this caller's clock, if that is more than clocks may differ.
local ahead = rotated >= 0 and rotated - now > max_skew and rotated - now
local slid = now + idle_time
if slid > absolute then slid = absolute end

-- What becomes of it: an answer that changes no state returns at once.
local reuse = false
if behind == 0 then
  if rotates == 0 then
    local gain = slid - idle
    if gain > 0 and gain * 20 >= idle_time then
      row[2] = struct.pack(STATE, generation, key_now, rotated, confirmed, slid, -1, #attempt_now, attempt_now, 0, '')
      redis.call('HSET', key, 'state', row[2])
    end
    return {'granted', 'kept', -1, row}
  end
  if rotated >= 0 and not ahead and strict == 0 and age < retry_window then
    if confirmed < 0 then
      row[2] = struct.pack(STATE, generation, key_now, rotated, now, idle, -1, #attempt_now, attempt_now, 0, '')
      redis.call('HSET', key, 'state', row[2])
    end
    return {'granted', 'coalesced', -1, row}
  end
elseif behind == 1 then
  if ahead then return {'refused', 'clock_skew', string.format('%d', ahead)} end
  if rotated >= 0 and strict == 0 and (age < retry_window or (confirmed < 0 and age < retry_after_loss)) then
    return {'granted', 'replayed', -1, row}
  end
  reuse = true
elseif behind > 1 then
  reuse = true
else
  -- Ahead of the row: the store lost state.
  if fast_forward == 0 then return {'rollback', generation} end
  if now >= idle then return {'refused', 'idle'} end
  ahead = false
end

if reuse then
  local _, record = seldom()
  local expires = record('session', id, now, now)
  redis.call('HSET', key, 'state',
    struct.pack(STATE, generation, key_now, rotated, confirmed, idle, now, 8, attempt, 6, 'reused'))
  return {'reused', behind, age, expires}
end

if presented >= 4294967295 then return {'refused', 'expired'} end
local state = struct.pack(STATE, presented + 1, sealing_key, now, -1, slid, -1, 8, attempt, 0, '')
redis.call('HSET', key, 'state', state)
if ahead then return {'granted', 'rotated', ahead, {row[1], state}} end
-- The caller can tell the new state from this and its own call.
return row[1]
