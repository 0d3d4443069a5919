-- Makes the functions that stand between here and `seldom_end.lua`, when one is needed: making one costs as much as
-- reading a field.
local function seldom()
