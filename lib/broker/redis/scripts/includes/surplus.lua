-- `ready` is as long as its entries are many, but a span is more than one message: `surplus` in `meta` is by how much.
local function add_surplus(keys, surplus)
  if surplus ~= 0 then redis.call('HINCRBY', keys.meta, 'surplus', surplus) end
end

local function surplus_of(entries)
  local surplus = 0
  for i = 1, #entries do
    local span = #entries[i] == SPAN_LENGTH and span_of(entries[i])
    if span then surplus = surplus + count_of(span) - 1 end
  end
  return surplus
end
