-- Asks for the lines of the file LOAD in turns: METHOD, path, token and body, separated by tabs.
local requests = {}

function init(args)
   for line in io.lines(os.getenv("LOAD")) do
      local method, path, token, body = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)")
      local headers = {["Authorization"] = "Bearer " .. token, ["X-Forwarded-Proto"] = "https", ["X-Forwarded-For"] = "10.1.2.3"}
      if body ~= "" then headers["Content-Type"] = "application/json" end
      requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
   end
   math.randomseed(os.time())
end

local number = 0
function request()
   number = number + 1
   return requests[(number % #requests) + 1]
end

function done(summary, latency, requests)
   local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
   io.write(string.format("RESULT %d %d %d %.3f %.3f\n", summary.requests, summary.duration, failed + summary.errors.timeout,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
