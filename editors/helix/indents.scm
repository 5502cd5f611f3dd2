; Inside of brackets a line stands one step further; what closes them stands where they began.
[
  (block)
  (layer_body)
  (optimizer_body)
  (train_body)
  (list)
  (arguments)
  (parameters)
  (record)
] @indent

["}" "]" ")"] @outdent
