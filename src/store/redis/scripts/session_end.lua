-- The state with an end written into it, if there was none.
local function with_end(state, at, reason)
  local generation, sealing_key, rotated, confirmed, idle, ended, attempt = struct.unpack(STATE, state)
  if ended >= 0 then return state end
  return struct.pack(STATE, generation, sealing_key, rotated, confirmed, idle, at, #attempt, attempt, #reason, reason)
end

-- When a session ended, by its state as it is stored: -1 if it did not, nil where it cannot be read.
local function end_of(state)
  local well, _, _, _, _, _, ended = pcall(struct.unpack, STATE, state or '')
  if well then return ended end
end
