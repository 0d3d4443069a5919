-- Applies `decide` to the row: the decision table, its lines tried from the top.
-- ARGV: prefix, id, presented generation, client, proof, sealing key, attempt, fast forward, now.
local id, presented, client, proof = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local sealing_key, attempt, fast_forward, now = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9])
local key = P .. 's:' .. id

local row = read_session(id)
if row == nil then return {'rollback', -1} end
if not row then return {'corrupt'} end
local retry_window, retry_after_loss, idle_time, max_skew, rotates, strict, client_proof =
  string.match(row[POLICY], '^%d+ (%d+) (%d+) (%d+) (%d+) ([01])([01])([01])$')
local generation, absolute, idle = tonumber(row[GENERATION]), tonumber(row[ABSOLUTE]), tonumber(row[IDLE])
if not (retry_window and generation and absolute and idle) then return {'corrupt'} end
if row[ATTEMPT] ~= '' and #row[ATTEMPT] ~= 8 then return {'corrupt'} end
if row[CNF] ~= '' and not string.match(row[CNF], '^jkt:') and not string.match(row[CNF], '^x5t#S256:') then
  return {'corrupt'}
end
idle_time = tonumber(idle_time)
local rotated = row[ROTATED] ~= '' and tonumber(row[ROTATED])

local function granted(how, skew) return {'granted', how, skew or -1, row} end
local function refused(why, detail, at) return {'refused', why, detail or '', at or ''} end
local function reused(expires)
  local age = rotated and math.max(now - rotated, 0) or 0
  return {'reused', math.max(generation - presented, 0), age, expires}
end

-- Who may present the token at all.
if client ~= '' then
  if client ~= row[CLIENT] then return refused('other_client') end
elseif client_proof == '1' then
  return refused('client_required')
end
if row[CNF] ~= '' and row[CNF] ~= proof then return refused('proof_required') end

-- This very attempt again: its first outcome.
if row[ATTEMPT] == attempt then
  if row[ENDED] ~= '' then
    if row[REASON] == 'reused' then return reused(-1) end
  elseif now < absolute then
    return granted('rotated')
  end
end

if row[ENDED] ~= '' then return refused('ended', row[REASON], row[ENDED]) end
if now >= absolute then return refused('expired') end

local function reuse()
  local expires = record('session', id, now, now)
  redis.call('HSET', key, 'attempt', attempt, 'ended', whole(now), 'reason', 'reused')
  return reused(expires)
end

local function advance(from, skew)
  if from >= 4294967295 then return refused('expired') end
  row[GENERATION], row[SEALING_KEY], row[ATTEMPT] = whole(from + 1), sealing_key, attempt
  row[ROTATED], row[CONFIRMED], row[IDLE] = whole(now), '', whole(math.min(now + idle_time, absolute))
  redis.call('HSET', key, 'generation', row[GENERATION], 'sealing_key', sealing_key, 'attempt', attempt,
    'rotated', row[ROTATED], 'confirmed', '', 'idle', row[IDLE])
  return granted('rotated', skew)
end

local behind = generation - presented
if (behind == 0 or behind == 1) and now >= idle then return refused('idle') end

-- Time since the last rotation, and how far the row is ahead if that is more than clocks may differ.
local since, ahead
if rotated then
  since = math.max(now - rotated, 0)
  if rotated - now > tonumber(max_skew) then ahead = rotated - now end
end

if behind == 0 then
  if rotates == '0' then
    local slid = math.min(now + idle_time, absolute)
    local gain = math.max(slid - idle, 0)
    if gain > 0 and gain * 20 >= idle_time then
      row[IDLE] = whole(slid)
      redis.call('HSET', key, 'idle', row[IDLE])
    end
    return granted('kept')
  end
  if since and not ahead and strict == '0' and since < tonumber(retry_window) then
    if row[CONFIRMED] == '' then
      row[CONFIRMED] = whole(now)
      redis.call('HSET', key, 'confirmed', row[CONFIRMED])
    end
    return granted('coalesced')
  end
  return advance(presented, ahead)
end

if behind == 1 then
  if ahead then return refused('clock_skew', whole(ahead)) end
  if since and strict == '0' and (since < tonumber(retry_window)
    or (row[CONFIRMED] == '' and since < tonumber(retry_after_loss))) then
    return granted('replayed')
  end
  return reuse()
end

if behind > 1 then return reuse() end

-- Ahead of the row: the store lost state.
if fast_forward == '0' then return {'rollback', generation} end
if now >= idle then return refused('idle') end
return advance(presented)
