-- Makes the functions that stand between here and `seldom_end.lua`, when one is needed.
local function seldom()
