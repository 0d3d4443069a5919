-- Goes on with the sweep of an owner's rows. ARGV: prefix, kind of row and owner.
local lived, done = sweep_on(ARGV[2])
return {'done', lived, done}
