-- A session row has two fields, packed as `struct.unpack` reads them. `fixed` never changes: version; the flags rotation,
-- strict, client proof; retry window, retry after loss, idle time, skew allowed, access lifetime, absolute deadline; client,
-- proof key, subject; then a JSON text that no script looks into. `state` is what changes: generation, sealing key,
-- rotated, confirmed, idle deadline, ended, attempt, reason. Times that are none are -1, texts come after their length.
local FIXED = '>BBBBi8i8i8i8i8i8I2c0I2c0I2c0'
local STATE = '>I4Bi8i8i8i8Bc0Bc0'
