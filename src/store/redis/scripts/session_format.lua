-- A session row has three fields. `bound` never changes and is what scripts decide by, a line each: version, policy,
-- absolute deadline, client, proof key, subject. `fixed` never changes and no script looks into it. `state` is what
-- changes: generation, sealing key, attempt, rotated, confirmed, idle deadline, ended, reason, each after a space.
local BOUND = '^1\n%d+ (%d+) (%d+) (%d+) (%d+) ([01])([01])([01])\n(%d+)\n([^\n]*)\n([^\n]*)\n([^\n]+)$'
local STATE = '^(%d+) (%d+) (%x*) (%d*) (%d*) (%d+) (%d*) ([%l_]*)$'
