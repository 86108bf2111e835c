-- A connection for each request.
require("report")

wrk.headers["Connection"] = "close"
