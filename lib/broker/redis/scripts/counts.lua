--[[
  KEYS  1 ready  2 suspects  3 delayed  4 consumers  5 recovering  6 dead
  ARGV  1 base ("prefix:{queue}:")
  Reply {ready, delayed, on loan, dead}
]]
local on_loan = 0
for _, consumer in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  on_loan = on_loan + redis.call('SCARD', ARGV[1] .. 'active:' .. consumer)
end
for _, consumer in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
  on_loan = on_loan + redis.call('SCARD', ARGV[1] .. 'recovering:' .. consumer)
end
return {
  redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2]), redis.call('ZCARD', KEYS[3]), on_loan,
  redis.call('ZCARD', KEYS[6]),
}
