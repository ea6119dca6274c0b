-- A page is one field of `messages`: the envelopes of messages that were stored together, joined by ",\n". A span names
-- a run of messages by 26 letters and digits: the id of the first (22: page and index), how many (2), how many the page
-- holds (2). A message with a field of its own is a span "0101", and lies in lists and sets as its id alone.
local ID_LENGTH, PAGE_LENGTH, SPAN_LENGTH = 22, 20, 26
local ALONE = '0101'
local find, sub = string.find, string.sub

-- Spans travel joined: one long argument costs less than a thousand short ones, here and in the client.
local function split_spans(joined)
  local spans = {}
  for i = 1, #joined / SPAN_LENGTH do spans[i] = sub(joined, (i - 1) * SPAN_LENGTH + 1, i * SPAN_LENGTH) end
  return spans
end

local function is_alone(span)
  return sub(span, -4) == ALONE
end

local function count_of(span)
  return tonumber(sub(span, 23, 24))
end

-- As it lies in lists and sets.
local function entry_of(span)
  return is_alone(span) and sub(span, 1, ID_LENGTH) or span
end

local function entries_of(spans)
  local entries = {}
  for i = 1, #spans do entries[i] = entry_of(spans[i]) end
  return entries
end

-- Nil for what can't be one.
local function span_of(entry)
  if #entry == ID_LENGTH then return entry .. ALONE end
  if #entry ~= SPAN_LENGTH or not find(entry, '^%w+%d%d%d%d%d%d$') then return nil end
  local first, count, total = tonumber(sub(entry, 21, 22)), count_of(entry), tonumber(sub(entry, 25, 26))
  return count > 0 and total > 1 and first + count <= total and entry or nil
end

-- Where its envelopes are.
local function field_of(span)
  return sub(span, 1, is_alone(span) and ID_LENGTH or PAGE_LENGTH)
end

-- `count` messages of a span, from its message `skipped` (0: the first).
local function part_of(span, skipped, count)
  local first = tonumber(sub(span, 21, 22)) + skipped
  return string.format('%s%02d%02d%s', sub(span, 1, PAGE_LENGTH), first, count, sub(span, 25, 26))
end

-- The envelopes of a span, joined, out of the text of its field.
local function envelopes_of(span, text)
  if is_alone(span) then return text end
  local first, count = tonumber(sub(span, 21, 22)), count_of(span)
  if count == tonumber(sub(span, 25, 26)) then return text end
  local from = 1
  for _ = 1, first do
    local feed = find(text, '\n', from, true)
    if not feed then return '' end
    from = feed + 1
  end
  local feed = from - 1
  for _ = 1, count do
    feed = find(text, '\n', feed + 1, true)
    if not feed then return sub(text, from) end
  end
  return sub(text, from, feed - 2)
end

local function read_envelopes(keys, spans)
  if #spans == 0 then return {} end
  local fields = {}
  for i = 1, #spans do fields[i] = field_of(spans[i]) end
  local found = redis.call('HMGET', keys.messages, unpack(fields))
  for i = 1, #spans do found[i] = found[i] and envelopes_of(spans[i], found[i]) or '' end
  return found
end
