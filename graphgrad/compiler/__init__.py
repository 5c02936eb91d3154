"""Floor 5: graphs become source text in another language, and the text becomes functions.

From below: `source` (statements, languages, modules), `passes` (on graphs), `backend` (the record, and the table of
them), `arrays` (statements on arrays), `compiled` (text becomes a function), `steps` (whole training steps), `backends`
(a file and a row each, imported when asked for), `door` (what is given is looked at), `compile` and `compile_step`,
`explain`. `library` has functions that emitted code calls.
"""

ORDER = (  # from the bottom up: what stands here imports from earlier lines alone
    "library source",
    "passes",
    "arrays backend compiled",
    "steps",
    "backends",
    "door",
    "compile compile_step",
    "explain",
)
