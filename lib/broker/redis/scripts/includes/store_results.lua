-- Items: id, time to live (ms), result. Stored for those who come late, published for those who wait. A user without
-- the right to publish must not fail here, after the first writes: what is stored is the truth.
local function store_results(base, at, count)
  for i = 0, count - 1 do
    local id, ttl, result = ARGV[at + 3 * i], ARGV[at + 3 * i + 1], ARGV[at + 3 * i + 2]
    redis.call('SET', base .. 'result:' .. id, result, 'PX', ttl)
    redis.pcall('PUBLISH', base .. 'results', id .. result)
  end
end
