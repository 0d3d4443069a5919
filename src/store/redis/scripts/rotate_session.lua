-- Applies `decide` to the row: the decision table, its lines tried from the top.
-- ARGV: prefix, id, presented generation, client, proof, sealing key, attempt, fast forward, now.
-- What is seldom needed is made by `seldom`: making a function costs as much as reading a field.
local id, presented, client, proof = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local sealing_key, attempt, fast_forward, now = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
local key = P .. 's:' .. id

local row = redis.call('HMGET', key, 'bound', 'fixed', 'state')
if not (row[1] and row[2] and row[3]) then
  if redis.call('EXISTS', key) == 0 then return {'rollback', -1} end
  return {'corrupt'}
end
local retry_window, retry_after_loss, idle_time, max_skew, rotates, strict, client_proof, absolute, of_client, cnf,
  subject = string.match(row[1], BOUND)
local generation, key_now, attempt_now, rotated, confirmed, idle, ended, reason = string.match(row[3], STATE)
if not retry_window or not generation or (attempt_now ~= '' and #attempt_now ~= 16)
  or (cnf ~= '' and not string.match(cnf, '^jkt:') and not string.match(cnf, '^x5t#S256:')) then
  return {'corrupt'}
end
absolute, generation, rotated, idle = tonumber(absolute), tonumber(generation), tonumber(rotated), tonumber(idle)

-- Who may present the token at all.
if client ~= '' then
  if client ~= of_client then return {'refused', 'other_client'} end
elseif client_proof == '1' then
  return {'refused', 'client_required'}
end
if cnf ~= '' and cnf ~= proof then return {'refused', 'proof_required'} end

if ended == '' and redis.call('EXISTS', P .. 'sweeps') == 1 then
  local swept = seldom()
  local at, why = swept('s', id, subject, of_client)
  if at then ended, reason = at, why end
end
local distance = math.max(generation - presented, 0)
local age = rotated and math.max(now - rotated, 0) or 0

-- This very attempt again: its first outcome.
if attempt_now == attempt then
  if ended ~= '' then
    if reason == 'reused' then return {'reused', distance, age, -1} end
  elseif now < absolute then
    return {'granted', 'rotated', -1, row}
  end
end

if ended ~= '' then return {'refused', 'ended', reason, ended} end
if now >= absolute then return {'refused', 'expired'} end

local behind = generation - presented
if (behind == 0 or behind == 1) and now >= idle then return {'refused', 'idle'} end

-- How far the row is ahead of this caller's clock, if that is more than clocks may differ.
local ahead = rotated and rotated - now > tonumber(max_skew) and rotated - now

-- What becomes of it: an answer that changes no state returns at once.
local reuse, skew = false, nil
if behind == 0 then
  if rotates == '0' then
    local slid = math.min(now + idle_time, absolute)
    local gain = slid - idle
    if gain > 0 and gain * 20 >= tonumber(idle_time) then
      row[3] = string.format('%d %s %s %s %s %d  ', generation, key_now, attempt_now,
        rotated and whole(rotated) or '', confirmed, slid)
      redis.call('HSET', key, 'state', row[3])
    end
    return {'granted', 'kept', -1, row}
  end
  if rotated and not ahead and strict == '0' and age < tonumber(retry_window) then
    if confirmed == '' then
      row[3] = string.format('%d %s %s %d %s %d  ', generation, key_now, attempt_now, rotated, ARGV[9], idle)
      redis.call('HSET', key, 'state', row[3])
    end
    return {'granted', 'coalesced', -1, row}
  end
  skew = ahead
elseif behind == 1 then
  if ahead then return {'refused', 'clock_skew', whole(ahead)} end
  if rotated and strict == '0' and (age < tonumber(retry_window)
    or (confirmed == '' and age < tonumber(retry_after_loss))) then
    return {'granted', 'replayed', -1, row}
  end
  reuse = true
elseif behind > 1 then
  reuse = true
else
  -- Ahead of the row: the store lost state.
  if fast_forward == '0' then return {'rollback', generation} end
  if now >= idle then return {'refused', 'idle'} end
end

if reuse then
  local _, record = seldom()
  local expires = record('session', id, now, now)
  redis.call('HSET', key, 'state', string.format('%d %s %s %s %s %d %s reused', generation, key_now, attempt,
    rotated and whole(rotated) or '', confirmed, idle, ARGV[9]))
  return {'reused', distance, age, expires}
end

if presented >= 4294967295 then return {'refused', 'expired'} end
row[3] = string.format('%d %s %s %s  %d  ', presented + 1, sealing_key, attempt, ARGV[9],
  math.min(now + idle_time, absolute))
redis.call('HSET', key, 'state', row[3])
return {'granted', 'rotated', skew or -1, row}
