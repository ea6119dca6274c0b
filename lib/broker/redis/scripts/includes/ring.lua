-- Leaves a token for an idle consumer, unless one lies there already.
local function ring(wake)
  if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '1') end
end
