-- Events as the drop-in script of a site sends them, one a request or an array of several. wrk runs this for every request, on the cores that
-- are measured: everything that can be is made in init(), a request joins a few ready pieces.
-- arguments: seed, pause in ms before each request (0: none), events a request

require "report"

local threads = {}
local nextThread = 1

function setup(thread)
  thread:set("number", nextThread)
  nextThread = nextThread + 1
  table.insert(threads, thread)
end

local random, floor, concat = math.random, math.floor, table.concat
local hex = {}      -- all 16-bit numbers in hexadecimal
local visitors = {} -- ends of bodies: who it was
local pages = {}    -- middles of bodies: what was seen
local heads = {}    -- request lines and headers up to the length of the body
local parts = {}
local previous
local now

-- of one thread; there are two
local visitorCount, activeVisitors, eventsPerVisitor = 10000, 1000, 12

local function word() return hex[random(0, 65535)] end

-- version 4 and 7 differ in the first twelve digits; the variant digit is always 8
local function uuid(start, version)
  return start:sub(1, 8) .. "-" .. start:sub(9, 12) .. "-" .. version .. word():sub(2) .. "-8" .. word():sub(2) ..
    "-" .. word() .. word() .. word()
end

local function clock()
  local ok, ffi = pcall(require, "ffi")
  if not ok then
    -- whole seconds only: the thousandths are counted up, a millisecond for every 25 requests
    local second, count = 0, 0
    return function()
      local t = os.time()
      if t ~= second then second, count = t, 0 else count = count + 1 end
      return t * 1000 + math.min(999, floor(count / 25))
    end
  end
  ffi.cdef "struct bench_time { long seconds; long micros; }; int gettimeofday(struct bench_time *, void *);"
  local t = ffi.new("struct bench_time")
  return function()
    ffi.C.gettimeofday(t, nil)
    return tonumber(t.seconds) * 1000 + floor(tonumber(t.micros) / 1000)
  end
end

local systems = {
  "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64",
  "Linux; Android 10; K", "X11; CrOS x86_64 14541.0.0",
}

local function makeHeads()
  local languages = { "en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.8", "fr-FR,fr;q=0.9", "es-ES,es;q=0.9" }
  for _, system in ipairs(systems) do
    for version = 126, 135 do
      local mobile = system:find("Android") and "Mobile " or ""
      heads[#heads + 1] = concat({
        "POST /tr/v1/ HTTP/1.1\r\nHost: collect.example\r\nUser-Agent: Mozilla/5.0 (", system,
        ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/", version, ".0.0.0 ", mobile, "Safari/537.36\r\n",
        "Accept: */*\r\nAccept-Language: ", languages[version % 4 + 1], "\r\n",
        "Content-Type: text/plain;charset=UTF-8\r\nOrigin: https://shop.example\r\n",
        "Referer: https://shop.example/\r\nSec-Fetch-Site: cross-site\r\nContent-Length: ",
      })
    end
  end
end

local function makePages()
  local referrers = { "https://www.google.com/", "https://shop.example/", "https://t.co/k3jf0s", "https://news.example.org/a/17" }
  for i = 0, 199 do
    for j = 0, 3 do
      local query = j == 0 and "?utm_source=news&utm_medium=email&utm_campaign=spring" or "?color=" .. j .. "&page=" .. i % 7
      local what = i % 50 == 0 and '"ename":"purchase","value":49.9,"currency":"EUR","url"' or '"ename":"page_view","type":"page","url"'
      pages[#pages + 1] = concat({
        what, ':"https://shop.example/catalog/item-', i, query,
        '","title":"Item ', i, ' · The Shop","last":"', referrers[(i + j) % 4 + 1],
        '","w":', 1280 + j * 160, ',"h":', 720 + j * 90, ',"tz":"Europe/Berlin","vid":"',
      })
    end
  end
end

local wait, batch = 0, 1
function init(args)
  wait = tonumber(args[2]) or 0
  batch = tonumber(args[3]) or 1
  if wait == 0 then delay = nil end
  for i = 0, 65535 do hex[i] = string.format("%04x", i) end
  now = clock()
  makeHeads()
  makePages()
  -- the same visitors in every run, other ids of events
  math.randomseed(number)
  for i = 0, visitorCount - 1 do
    visitors[i] = uuid(string.format("%012x", 1790000000000 + i), "7") .. '"}'
  end
  math.randomseed(tonumber(args[1]) + number * 7919)
  sent, resent = 0, 0
end

-- Most events come from visitors who came lately, the others from anybody.
local function visitor()
  if random(10) > 8 then return visitors[random(0, visitorCount - 1)] end
  return visitors[(floor(sent / eventsPerVisitor) + random(0, activeVisitors - 1)) % visitorCount]
end

local lastMs, lastHex
local function event()
  sent = sent + 1
  local id, created
  if random(3) == 1 then
    id, created = uuid(word() .. word() .. word(), "4"), ","
  else
    local ms = now()
    if ms ~= lastMs then lastMs, lastHex = ms, string.format("%012x", ms) end
    id, created = uuid(lastHex, "7"), ',"created":' .. ms .. ","
  end
  parts[1], parts[2], parts[3], parts[4], parts[5] = '{"eid":"', id, '"', created, pages[random(#pages)]
  parts[6] = visitor()
  return concat(parts)
end

local several = {}
function request()
  if previous and random(20) == 1 then
    sent, resent = sent + batch, resent + batch
    return previous
  end
  local body
  if batch == 1 then
    body = event()
  else
    for i = 1, batch do several[i] = event() end
    body = "[" .. concat(several, ",") .. "]"
  end
  previous = heads[random(#heads)] .. #body .. "\r\n\r\n" .. body
  return previous
end

-- Called by wrk before each request only while it exists. Spread out, so that connections do not march in step.
function delay()
  return random(0, 2 * wait)
end

function done(summary, latency)
  local all, again = 0, 0
  for _, thread in ipairs(threads) do
    all = all + thread:get("sent")
    again = again + thread:get("resent")
  end
  report(summary, latency, string.format(',"sent":%d,"resent":%d', all, again))
end
