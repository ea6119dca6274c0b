-- Takes messages off the queue for a consumer, bounded by count and by bytes.

local MAX_BYTES = 4194304
-- So many fields are read at a time: nobody knows how long the next envelope is, and a thousand of a megabyte must not be
-- read to find out that they are too many.
local MOST_FIELDS = 20
-- A page holds about so many messages: what the first look goes by.
local USUAL_PAGE = 50
local STRANGE = '{"reason":"malformed","error":{"name":"Error","message":"the id is not 22 letters and digits long"}}'

-- Spans travel joined, and the client must be able to cut them apart: 26 bytes that are fewer characters would shift
-- all that follow. One look at all of them together is cheap (it ends at a NUL, though); one at each is not.
local function are_plain(spans)
  local joined = table.concat(spans)
  return tonumber(joined, 36) and not find(joined, '\0', 1, true)
end

-- The plain ones with their envelopes; the others, which have fields of their own, are added to `strange`.
local function part_strange(spans, envelopes, strange)
  local plain, plain_envelopes = {}, {}
  for i = 1, #spans do
    if find(spans[i], '^%w+$') then
      plain[#plain + 1] = spans[i]
      plain_envelopes[#plain] = envelopes[i]
    else
      strange[#strange + 1] = sub(spans[i], 1, ID_LENGTH)
    end
  end
  return plain, plain_envelopes
end

-- Pops entries: spans, what they hold, and their fields. An entry that is no span has a field of its own name, if any.
local function pop(keys, source, count)
  local popped = redis.call('LPOP', source, count) or {}
  local spans, fields = {}, {}
  for i = 1, #popped do
    spans[i] = span_of(popped[i]) or false
    fields[i] = spans[i] and field_of(spans[i]) or popped[i]
  end
  return popped, spans, #popped > 0 and redis.call('HMGET', keys.messages, unpack(fields)) or {}
end

-- Spans may hold more than is wanted: what is left over goes back to the front.
local function give_back(source, entries)
  for i = #entries, 1, -1 do redis.call('LPUSH', source, entries[i]) end
end

-- What is granted as it is answered: some spans, joined, and their envelopes, joined by commas; then the next, and so on.
-- A page goes as it is: each string that a script makes costs it for each byte. Single messages are joined up to 4 KiB,
-- as each element of a reply costs the client.
local SHEAF_BYTES, SHEAF_COUNT = 4096, 10
local function bind(reply, spans, envelopes)
  local first, bytes = 1, 0
  for i = 1, #spans do
    bytes = bytes + #envelopes[i]
    local next_one = spans[i + 1]
    local is_full = bytes >= SHEAF_BYTES or count_of(spans[i]) >= SHEAF_COUNT
    if is_full or not next_one or count_of(next_one) >= SHEAF_COUNT then
      reply[#reply + 1] = first == i and spans[i] or table.concat(spans, '', first, i)
      reply[#reply + 1] = first == i and envelopes[i] or table.concat(envelopes, ',', first, i)
      first, bytes = i + 1, 0
    end
  end
  return reply
end

-- How many entries to pop: as many as hold `want` messages, by what was seen so far.
local function portion(want, seen)
  local of_each = seen.entries == 0 and USUAL_PAGE or seen.messages / seen.entries
  return math.min(MOST_FIELDS, math.ceil(want / of_each))
end

local function take(keys, source, want, ms)
  local granted, envelopes, strange, surplus = {}, {}, {}, 0
  local seen = { entries = 0, messages = 0, bytes = 0 }
  while want > 0 and seen.bytes < MAX_BYTES do
    local popped, spans, found = pop(keys, source, portion(want, seen))
    if #popped == 0 then break end
    local left_over = {}
    for i = 1, #popped do
      local span, text = spans[i], found[i]
      seen.entries, seen.messages = seen.entries + 1, seen.messages + (span and count_of(span) or 1)
      if want == 0 then
        left_over[#left_over + 1] = popped[i]
      elseif span and text then
        local count = count_of(span)
        if count > want then
          left_over[1] = part_of(span, want, count - want)
          surplus = surplus - want
          span, count = part_of(span, 0, want), want
        else
          surplus = surplus - count + 1
        end
        local envelope = envelopes_of(span, text)
        granted[#granted + 1], envelopes[#envelopes + 1] = span, envelope
        seen.bytes, want = seen.bytes + #envelope, want - count
      else
        -- Its envelope was removed meanwhile, or never was one: it is dropped. A long id may look like a span, though.
        if span then surplus = surplus - count_of(span) + 1 end
        if text or redis.call('HEXISTS', keys.messages, popped[i]) == 1 then strange[#strange + 1] = popped[i] end
        want = want - 1
      end
    end
    give_back(source, left_over)
  end
  if #granted > 0 and not are_plain(granted) then granted, envelopes = part_strange(granted, envelopes, strange) end
  if #granted > 0 then redis.call('SADD', keys.active, unpack(entries_of(granted))) end
  if redis.call('LLEN', keys.ready) > 0 then
    add_surplus(keys, surplus)
  elseif seen.entries > 0 then
    redis.call('HDEL', keys.meta, 'surplus')
  end
  local records = {}
  for i = 1, #strange do records[i] = STRANGE end
  return granted, envelopes, bury(keys, strange, records, ms)
end
