-- Leaves a token for an idle consumer. One is enough: the caller has seen that none lies there.
local function ring(wake)
  redis.call('RPUSH', wake, '1')
end
