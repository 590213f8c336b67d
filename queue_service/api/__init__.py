"""The ledger's door over HTTP: thin handlers, one ledger call each.

schemas     what goes in and out
problems    every refusal as RFC 9457
guard       who may do what: each handler names its roles
request     the intent behind a request
deadline    an answer in time, whatever the engine does
openapi     what the description says beyond the handlers' types
offices  tickets  desks  board  events  health      the handlers
app         puts them together
serve       runs them
"""
