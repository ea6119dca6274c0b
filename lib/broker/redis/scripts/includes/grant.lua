-- Takes messages off the queue for a consumer, bounded by count and by bytes.

local MAX_BYTES = 4194304
local STRANGE = '{"reason":"malformed","error":{"name":"Error","message":"the id is not 22 letters and digits long"}}'

-- Ids travel joined, and the client must be able to cut them apart: 22 bytes that are fewer characters would shift all
-- that follow. One look at all of them together is cheap (it ends at a NUL, though); one at each is not.
local function are_plain(ids)
  local joined = table.concat(ids)
  return tonumber(joined, 36) and not string.find(joined, '\0', 1, true)
end

-- The plain ones with their envelopes; the others are added to `strange`.
local function part_strange(ids, envelopes, strange)
  local plain, plain_envelopes = {}, {}
  for i = 1, #ids do
    if string.find(ids[i], '^%w+$') then
      plain[#plain + 1] = ids[i]
      plain_envelopes[#plain] = envelopes[i]
    else
      strange[#strange + 1] = ids[i]
    end
  end
  return plain, plain_envelopes
end

-- The first look is small, the next ones as large as the sizes seen allow: a thousand envelopes of a megabyte
-- must not be read to find out that they are too many.
local function take(keys, source, want, ms)
  local ids, envelopes, count, bytes, size = {}, {}, 0, 0, 16
  local strange = {}
  while want > 0 and bytes < MAX_BYTES do
    local popped = redis.call('LPOP', source, math.min(size, want))
    if not popped then break end
    local found = redis.call('HMGET', keys.messages, unpack(popped))
    for i = 1, #popped do
      local id, envelope = popped[i], found[i]
      if envelope and #id == ID_LENGTH then
        count = count + 1
        ids[count], envelopes[count], bytes = id, envelope, bytes + #envelope
      elseif envelope then
        strange[#strange + 1] = id
      end
      -- An id without an envelope was removed meanwhile, or never was one: it is dropped.
    end
    want = want - #popped
    size = math.max(1, math.min(500, 2 * size, math.floor((MAX_BYTES - bytes) * (count + 1) / (bytes + 1))))
  end
  if count > 0 and not are_plain(ids) then ids, envelopes = part_strange(ids, envelopes, strange) end
  if #ids > 0 then redis.call('SADD', keys.active, unpack(ids)) end
  local records = {}
  for i = 1, #strange do records[i] = STRANGE end
  return ids, envelopes, bury(keys, strange, records, ms)
end

-- Those of `ids` that have a history, as "index history" in lines; usually none.
local function histories_of(keys, ids)
  if #ids == 0 or redis.call('EXISTS', keys.histories) == 0 then return '' end
  local entries, lines = redis.call('HMGET', keys.histories, unpack(ids)), {}
  for i = 1, #ids do
    if entries[i] then lines[#lines + 1] = table.concat({ i - 1, parse_history(entries[i]) }, ' ') end
  end
  return table.concat(lines, '\n')
end
